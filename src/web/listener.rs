//! The accept loop: connections in, requests to a service, each phase of a connection within its time.
//!
//! Our own, since `axum::serve` has neither a time limit on headers nor a bound on a graceful stop. It carries any hyper
//! service, so that a benchmark can put a handler that does nothing behind the very same loop.
//!
//! Time limits cost a request two stores into an atomic and no timer: a connection has one slow tick, which looks whether
//! the connection still is in the phase in which the last tick saw it.

use std::convert::Infallible;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::pulse::{Pulse, Watch};

/// Limits of a listener; times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections open at once; more wait in the system's queue.
    pub connections_max: usize,
    /// To the first byte of a connection.
    pub first_byte_ms: u64,
    /// From the first byte of a request to the end of its headers.
    pub header_read_ms: u64,
    /// For an answer to be taken away.
    pub answer_write_ms: u64,
    /// That a connection without a request is kept.
    pub idle_ms: u64,
    /// That a stop waits for requests under way.
    pub stop_ms: u64,
}

/// Headers of one request at most: gateways send a dozen.
const HEADERS_MAX: usize = 64;
/// Bytes of one request's head at most, which is also what a connection buffers.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The wait after a connection could not be taken (no descriptors left): trying at once would only burn time.
const ACCEPT_FAULT_WAIT: Duration = Duration::from_millis(100);

/// Where connections come from.
pub trait Accept {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// The next one.
    fn accept(&self) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<TcpStream> {
        let (stream, _) = TcpListener::accept(self).await?;
        // A screen is one small packet: to wait for a second one to share it with would cost 40 ms.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl Accept for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<UnixStream> {
        Ok(UnixListener::accept(self).await?.0)
    }
}

/// Serves `service` until `stop` becomes true or its sender is gone: then nothing more is accepted, requests under way
/// are finished, and after [`Limits::stop_ms`] the rest is cut.
pub async fn serve<A, S, B>(listener: A, service: S, limits: Limits, mut stop: watch::Receiver<bool>)
where
    A: Accept,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let drain = watch::Sender::new(false);
    let mut stopping = pin!(async move { stop.wait_for(|stop| *stop).await.map(|_| ()) });
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (stream, place) = tokio::select! {
            biased;
            _ = &mut stopping => break,
            accepted = accepted => accepted,
        };
        match (stream, place) {
            (Ok(stream), Ok(place)) => {
                let connection = connection(stream, service.clone(), limits, drain.subscribe());
                tokio::spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            (Err(error), _) => {
                tracing::warn!(%error, "a connection could not be taken");
                sleep(ACCEPT_FAULT_WAIT).await;
            }
            (_, Err(_)) => break,
        }
    }
    drop(listener);
    drain.send_replace(true);
    let all = u32::try_from(limits.connections_max).unwrap_or(u32::MAX);
    if timeout(Duration::from_millis(limits.stop_ms), places.acquire_many(all)).await.is_err() {
        tracing::warn!("requests were still under way when the time to stop was up");
    }
}

async fn connection<T, S, B>(stream: T, service: S, limits: Limits, mut stop: watch::Receiver<bool>)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let pulse = Arc::new(Pulse::default());
    let io = TokioIo::new(Watched { stream, pulse: Arc::clone(&pulse) });
    let answering = Arc::clone(&pulse);
    let service = service_fn(move |request| {
        answering.request_came();
        let (answer, pulse) = (service.call(request), Arc::clone(&answering));
        async move {
            let answer = answer.await;
            pulse.answered();
            answer
        }
    });
    let mut builder = http1::Builder::new();
    builder.max_headers(HEADERS_MAX).max_buf_size(HEAD_BYTES_MAX);
    let mut serving = pin!(builder.serve_connection(io, service));

    let mut watch = Watch::new(&limits);
    let mut ticks = interval(watch.tick());
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = pin!(async move { stop.wait_for(|stop| *stop).await.map(|_| ()) });
    let mut draining = false;
    loop {
        tokio::select! {
            biased;
            // What goes wrong here is the peer's: it hung up, or sent what is not HTTP.
            _ = &mut serving => return,
            _ = ticks.tick() => if watch.is_over(&pulse) { return },
            _ = &mut stopping, if !draining => {
                draining = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A stream that tells the pulse when a request begins to arrive and when an answer has left.
struct Watched<T> {
    stream: T,
    pulse: Arc<Pulse>,
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.pulse.bytes_came();
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            self.pulse.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
