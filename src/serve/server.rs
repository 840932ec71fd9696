//! The **server** is what all requests share: the live index, the options, the counters, and how much may go on at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Options;
use super::live::{Live, Opened};
use super::metrics::Metrics;
use super::problem::Problem;

/// A request that cannot begin to be answered within this time is refused: whoever waits longer has gone, or asks again.
const PATIENCE: Duration = Duration::from_secs(2);

pub struct Server {
    pub live: Arc<Live>,
    pub options: Options,
    pub metrics: Metrics,
    /// One permit for each request under way.
    admission: Arc<Semaphore>,
    /// One permit for each core: more searches at once would only slow each other.
    work: Arc<Semaphore>,
    stopping: AtomicBool,
}

impl Server {
    pub fn new(live: Live, options: Options) -> Arc<Server> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Server {
            live: Arc::new(live),
            metrics: Metrics::new(),
            admission: Arc::new(Semaphore::new(options.concurrency)),
            work: Arc::new(Semaphore::new(cores)),
            stopping: AtomicBool::new(false),
            options,
        })
    }

    pub fn now(&self) -> Arc<Opened> {
        self.live.now()
    }

    /// A permit to handle one request, or the answer that there are too many.
    pub fn admit(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.admission.clone().try_acquire_owned().map_err(|_| Problem::busy())
    }

    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Runs what computes on a thread where that is allowed, with the index as of now. What takes longer than the timeout is
    /// answered without: it goes on to its end, and counts as going on until then.
    pub async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Opened) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let opened = self.now();
        let work = self.work.clone();
        let done = async move {
            let turn = tokio::time::timeout(PATIENCE, work.acquire_owned()).await;
            let permit = turn.map_err(|_| Problem::busy())?.expect("the semaphore is never closed");
            let job = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                job(&opened)
            });
            job.await.unwrap_or_else(|error| {
                tracing::error!(%error, "a request failed");
                Err(Problem::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The request could not be answered; the server's log says why.",
                ))
            })
        };
        tokio::time::timeout(self.options.timeout, done).await.unwrap_or_else(|_| Err(Problem::busy()))
    }
}
