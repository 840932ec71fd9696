//! **Serve** puts an index on the network: an HTTP API for programs and pages for people. In: requests. Out: the same JSON as the
//! command line, or HTML that says the same.
//!
//! ```text
//! connection ─ observe (log, metrics, headers) ─ guard (token, host, admission) ─ api | pages ─ work (a thread for each core) ─> answer
//! ```
//!
//! Reading is all that it does: nothing here writes to an index. When a writer commits, the next request sees the new state
//! (`live`). Questions are health data, so no log line and no metric holds one.

mod access;
mod api;
mod asked;
mod assets;
mod describe;
mod embed;
mod limits;
mod listen;
mod live;
mod metrics;
mod observe;
mod pages;
mod parameters;
mod problem;
mod server;

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::http::HeaderValue;

pub use access::{Access, AccessError};

use crate::index::IndexError;

/// How to serve.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub address: SocketAddr,
    pub access: Access,
    /// Origins whose pages may read answers; `*` is any.
    pub cors: Vec<HeaderValue>,
    /// For a request's head, its body, its answer, and for an answer to be taken: each may last so long.
    pub timeout: Duration,
    /// Requests under way at most; beyond it a request is refused with 503.
    pub concurrency: usize,
}

/// Why serving did not begin.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error("cannot listen on {address}: {reason}; name another address with --addr")]
    Listen { address: SocketAddr, reason: io::Error },
    #[error("cannot start the server's threads: {0}")]
    Threads(io::Error),
}

/// Serves the index until SIGINT or SIGTERM, then lets the requests under way end. `listening` is called with the address once
/// connections are accepted.
///
/// # Errors
/// Only before the first connection: no index, an address that others reach without a token, an address in use.
pub fn serve(index: &Path, options: Options, listening: impl FnOnce(SocketAddr)) -> Result<(), ServeError> {
    options.access.check(options.address)?;
    let live = live::Live::open(index)?;
    // Half of the cores take in and hand out; what computes has threads of its own, one for each core, and under overload must not
    // be starved by refusing.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(cores.div_ceil(2)).enable_all().build().map_err(ServeError::Threads)?;
    let served = runtime.block_on(async {
        let address = options.address;
        let listener = listen::bind(address).await.map_err(|reason| ServeError::Listen { address, reason })?;
        listening(listener.local_addr().unwrap_or(address));
        let server = server::Server::new(live, options);
        listen::run(listener, server).await;
        Ok(())
    });
    // A search that outlived its request must not hold up the end of the process.
    runtime.shutdown_background();
    served
}
