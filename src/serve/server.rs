//! The **server** is what all requests share: the live index, the options, the counters, and how much may go on at once.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::Options;
use super::live::{Live, Opened};
use super::metrics::Metrics;
use super::problem::Problem;

/// A request that cannot begin to be answered within this time is refused: whoever waits longer has gone, or asks again.
const PATIENCE: Duration = Duration::from_secs(2);

type Job = Box<dyn FnOnce() + Send>;

pub struct Server {
    pub live: Arc<Live>,
    pub options: Options,
    pub metrics: Metrics,
    /// One permit for each request under way.
    admission: Arc<Semaphore>,
    /// What is to be computed, in order. Each core has a thread that takes from it: more searches at once would only slow each other,
    /// and a thread that waited to be handed its next would wait behind every refusal.
    jobs: crossbeam_channel::Sender<Job>,
    stopping: AtomicBool,
}

impl Server {
    pub fn new(live: Live, options: Options) -> Arc<Server> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (jobs, to_do) = crossbeam_channel::unbounded::<Job>();
        for _ in 0..cores {
            let to_do = to_do.clone();
            std::thread::spawn(move || {
                for job in to_do {
                    // Whoever asked is told; the thread goes on.
                    if std::panic::catch_unwind(AssertUnwindSafe(job)).is_err() {
                        tracing::error!("a request failed");
                    }
                }
            });
        }
        Arc::new(Server {
            live: Arc::new(live),
            metrics: Metrics::new(),
            admission: Arc::new(Semaphore::new(options.concurrency)),
            jobs,
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
    /// answered without: it goes on to its end.
    pub async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Opened) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let opened = self.now();
        let (answer, answered) = oneshot::channel();
        let asked = Instant::now();
        let job = Box::new(move || {
            // Who has gone needs no answer.
            if !answer.is_closed() {
                let _ = answer.send(if asked.elapsed() > PATIENCE { Err(Problem::busy()) } else { job(&opened) });
            }
        });
        let failed = || {
            let detail = "The request could not be answered; the server's log says why.";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        };
        self.jobs.send(job).map_err(|_| failed())?;
        match tokio::time::timeout(self.options.timeout, answered).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(failed())),
            Err(_) => Err(Problem::busy()),
        }
    }
}
