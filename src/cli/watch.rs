//! `index --watch`: a run whenever something under the paths has changed and then been quiet, until a signal ends it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use crossbeam_channel::Receiver;
use notify::{Event, EventKind, RecursiveMode, Watcher};

/// So long nothing must have changed before a run begins: a file that is being copied changes all the time.
const QUIET: Duration = Duration::from_millis(400);

/// So long a run is put off at most, where something always changes.
const LONGEST: Duration = Duration::from_secs(10);

enum News {
    Changed,
    Signal,
}

/// Runs at once, then whenever something changed; `ours` is what the runs themselves write.
pub(super) fn keep_up(
    paths: &[PathBuf],
    ours: &[Option<PathBuf>],
    stop: Arc<AtomicBool>,
    mut run: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let (send, news) = crossbeam_channel::unbounded();
    let signalled = send.clone();
    let stopped = stop.clone();
    ctrlc::set_handler(move || {
        stopped.store(true, Ordering::Relaxed);
        _ = signalled.send(News::Signal);
    })
    .context("cannot wait for signals")?;

    let ours: Vec<PathBuf> = ours.iter().flatten().map(|path| absolute(path)).collect();
    let tell = move |event: notify::Result<Event>| {
        // An error says that events were lost: all must be looked at.
        if event.map_or(true, |event| concerns_us(&event, &ours)) {
            _ = send.send(News::Changed);
        }
    };
    let mut watcher = notify::recommended_watcher(tell).context("cannot watch for changes")?;
    for path in paths {
        watch(&mut watcher, path)?;
    }

    // What changes from here on is noticed, so that nothing is missed between two runs.
    run()?;
    while !stop.load(Ordering::Relaxed) && next_change(&news) {
        run()?;
    }
    Ok(())
}

fn watch(watcher: &mut impl Watcher, path: &Path) -> anyhow::Result<()> {
    if path == Path::new("-") {
        bail!("standard input cannot be watched; name files and folders");
    }
    let whole = absolute(path);
    // A file that is replaced is another one: its folder is watched.
    let (folder, mode) = match whole.parent() {
        Some(parent) if whole.is_file() => (parent, RecursiveMode::NonRecursive),
        _ => (whole.as_path(), RecursiveMode::Recursive),
    };
    watcher.watch(folder, mode).with_context(|| format!("cannot watch {}", path.display()))
}

/// As events name it; what is not there yet keeps its place in its folder.
fn absolute(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    whole.canonicalize().unwrap_or_else(|_| {
        match (whole.parent().and_then(|parent| parent.canonicalize().ok()), whole.file_name()) {
            (Some(parent), Some(name)) => parent.join(name),
            _ => whole,
        }
    })
}

/// Reading is no change, and neither is what a run writes: the index, and those that stand in for it beside it.
fn concerns_us(event: &Event, ours: &[PathBuf]) -> bool {
    let own = |path: &PathBuf| {
        ours.iter().any(|own| {
            let rest = path.as_os_str().as_encoded_bytes().strip_prefix(own.as_os_str().as_encoded_bytes());
            rest.is_some_and(|rest| {
                rest.is_empty() || [&b"/"[..], b".anew", b".replaced"].iter().any(|begin| rest.starts_with(begin))
            })
        })
    };
    let touched = !matches!(event.kind, EventKind::Access(_));
    touched && (event.need_rescan() || !event.paths.iter().all(own))
}

/// Waits for a change and then for quiet; `false` when a signal came instead.
fn next_change(news: &Receiver<News>) -> bool {
    let Ok(News::Changed) = news.recv() else { return false };
    let latest = Instant::now() + LONGEST;
    while Instant::now() < latest {
        match news.recv_timeout(QUIET) {
            Ok(News::Changed) => {}
            Ok(News::Signal) => return false,
            Err(_) => break,
        }
    }
    true
}
