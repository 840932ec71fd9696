//! **Live** is the index as of its last commit, opened anew when a writer commits.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::Xxh3;

use crate::index::{Index, IndexError, META, Stats, View};
use crate::search::Completer;

/// How often to look whether a writer has committed. One look is a read of a file of a few kilobytes.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// One commit, open.
pub struct Opened {
    pub view: View,
    pub stats: Stats,
    pub completer: Completer,
    /// Changes with every commit and with every version of this program; the part of an `ETag` that tells states apart.
    pub generation: u64,
    pub committed: SystemTime,
}

/// The last commit that could be opened.
pub struct Live {
    path: PathBuf,
    opened: RwLock<Arc<Opened>>,
}

impl Live {
    pub fn open(path: &Path) -> Result<Live, IndexError> {
        let opened = Opened::open(path)?;
        Ok(Live { path: path.to_path_buf(), opened: RwLock::new(Arc::new(opened)) })
    }

    pub fn now(&self) -> Arc<Opened> {
        self.opened.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Watches for commits until it is dropped. A state that cannot be opened leaves the last one in place.
    pub async fn follow(self: Arc<Live>, reloaded: impl Fn(bool)) {
        let mut refused = None;
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let live = Arc::clone(&self);
            let next = tokio::task::spawn_blocking(move || live.look(refused)).await;
            match next {
                Ok(Look::Unchanged) | Err(_) => {}
                Ok(Look::New(opened)) => {
                    tracing::info!(threads = opened.view.len(), generation = %format_args!("{:016x}", opened.generation), "index reloaded");
                    *self.opened.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(*opened);
                    refused = None;
                    reloaded(true);
                }
                Ok(Look::Refused(generation, error)) => {
                    tracing::warn!(%error, "the new state of the index cannot be opened; the last one goes on being served");
                    refused = Some(generation);
                    reloaded(false);
                }
            }
        }
    }

    fn look(&self, refused: Option<u64>) -> Look {
        let Ok((found, _)) = generation(&self.path) else { return Look::Unchanged };
        if found == self.now().generation || Some(found) == refused {
            return Look::Unchanged;
        }
        match Opened::open(&self.path) {
            Ok(opened) => Look::New(Box::new(opened)),
            Err(error) => Look::Refused(found, error),
        }
    }
}

enum Look {
    Unchanged,
    New(Box<Opened>),
    Refused(u64, IndexError),
}

impl Opened {
    fn open(path: &Path) -> Result<Opened, IndexError> {
        // Read before opening: a commit in between is then seen as new at the next look.
        let known = generation(path);
        let view = Index::open(path)?.view()?;
        let (generation, committed) = known.map_err(|error| view.damaged(error))?;
        // Now, and not within the first request.
        view.concept_idf()?;
        let stats = Stats::of(&view)?;
        let completer = Completer::new(&view)?;
        Ok(Opened { view, stats, completer, generation, committed })
    }
}

/// What tells one commit from another: the content of [`META`].
fn generation(path: &Path) -> std::io::Result<(u64, SystemTime)> {
    let meta = path.join(META);
    let mut hasher = Xxh3::new();
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.update(&std::fs::read(&meta)?);
    Ok((hasher.digest(), std::fs::metadata(&meta)?.modified()?))
}
