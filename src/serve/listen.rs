//! **Listening**: connections in, each held to limits of time and size, until a signal ends it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;

use super::server::Server;
use super::{api, limits, observe};

/// Bytes of a request's first line and headers.
const LONGEST_HEAD: usize = 32 << 10;

/// Connections that may wait to be accepted: a burst of thousands must not be lost.
const BACKLOG: u32 = 4096;

pub async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A server that is started again takes its port back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts until SIGINT or SIGTERM, then waits for the requests under way.
pub async fn run(listener: TcpListener, server: Arc<Server>) {
    let metrics = Arc::clone(&server);
    let follow = tokio::spawn(Arc::clone(&server.live).follow(move |opened| metrics.metrics.reloaded(opened)));
    let router = observe::around(api::routes(), Arc::clone(&server));
    let connections = Arc::new(Semaphore::new(limits::connections()));
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stopped());
    loop {
        let accepted = tokio::select! {
            accepted = async {
                // At the limit, clients wait in the backlog until a connection ends; slow ones are ended by their timeouts.
                let permit = connections.clone().acquire_owned().await.expect("the semaphore is never closed");
                listener.accept().await.map(|(stream, _)| (stream, permit))
            } => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, permit)) => {
                let connection = graceful.watcher().watch(connection(stream, router.clone(), server.options.timeout));
                let server = Arc::clone(&server);
                tokio::spawn(async move {
                    server.metrics.connections.inc();
                    // How a client broke off concerns nobody.
                    let _ = connection.await;
                    server.metrics.connections.dec();
                    drop(permit);
                });
            }
            Err(error) => {
                // Out of descriptors, mostly: others end soon, and trying again at once would take a whole core.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    tracing::info!("stopping: no new connections, requests under way are answered");
    server.stop();
    follow.abort();
    drop(listener);
    if tokio::time::timeout(server.options.timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time and are cut");
    }
}

type Served = http1::Connection<TokioIo<std::pin::Pin<Box<TimeoutStream<TcpStream>>>>, TowerToHyperService<Router>>;

fn connection(stream: TcpStream, router: Router, timeout: Duration) -> Served {
    // Answers are written whole; waiting for more to send would only delay them.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeout));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeout)
        .max_header_size(LONGEST_HEAD)
        .max_buf_size(2 * LONGEST_HEAD)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(router))
}

/// SIGINT or SIGTERM.
async fn stopped() {
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(_) => std::future::pending::<()>().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
}
