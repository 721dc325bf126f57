//! A proxy between a client and the emulator that strikes writes: with errors, with answers that are lost, or with the death of the
//! process that asked.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, HOST};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use super::wire::Call;

type Body = BoxBody<Bytes, io::Error>;

/// The strike on a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strike {
    /// An internal error in the service's own words. The write is not carried out.
    InternalError,
    /// A load balancer's page instead of the service's answer. The write is not carried out.
    Unavailable,
    /// A throttle in the service's own words. The write is not carried out.
    Throttled,
    /// The write is carried out, and the connection closes without an answer.
    AnswerLost,
    /// The write is carried out, and the connection closes in the middle of the answer.
    AnswerBroken,
    /// The caller is killed, and the write is not carried out.
    DeathBefore,
    /// The write is carried out, and the caller is killed before the answer.
    DeathAfter,
}

/// The writes that are struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Each {
    /// Every write, the first time that it comes. A repetition of it passes.
    Write,
    /// Every operation, the first time that it comes.
    Operation,
}

/// The proxy. It ends when this is dropped.
pub(crate) struct Proxy {
    endpoint: String,
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

type OnDeath = Box<dyn Fn() + Send + Sync>;

struct State {
    upstream: Uri,
    client: Client<HttpConnector, Full<Bytes>>,
    rule: Mutex<Option<(Strike, Each)>>,
    struck: Mutex<BTreeSet<String>>,
    operations: Mutex<BTreeSet<String>>,
    on_death: Mutex<Option<OnDeath>>,
    writes: watch::Sender<usize>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Proxy {
    /// A proxy on a free port of loopback before this endpoint, that strikes nothing yet.
    pub(crate) fn before(endpoint: &str) -> Result<Self> {
        let state = Arc::new(State {
            upstream: endpoint.parse().context("the endpoint")?,
            client: Client::builder(TokioExecutor::new()).build_http(),
            rule: Mutex::default(),
            struck: Mutex::default(),
            operations: Mutex::default(),
            on_death: Mutex::default(),
            writes: watch::Sender::new(0),
        });
        let (stop, stopped) = oneshot::channel();
        let (sender, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn({
            let state = Arc::clone(&state);
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
                runtime.block_on(async {
                    tokio::select! {
                        () = serve(state, sender) => {}
                        _ = stopped => {}
                    }
                });
            }
        });
        let address: SocketAddr = address.recv().context("the proxy's address")?;
        Ok(Self { endpoint: format!("http://{address}"), state, stop: Some(stop), thread: Some(thread) })
    }

    /// The address, `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Strikes from now on. What was struck before is struck again.
    pub(crate) fn strike(&self, strike: Strike, each: Each) {
        locked(&self.state.struck).clear();
        *locked(&self.state.rule) = Some((strike, each));
    }

    /// The number of strikes.
    pub(crate) fn struck(&self) -> usize {
        locked(&self.state.struck).len()
    }

    /// The operations of which a write was struck.
    pub(crate) fn operations(&self) -> BTreeSet<String> {
        locked(&self.state.operations).clone()
    }

    /// The number of writes that have come, struck or not, as a value to watch.
    pub(crate) fn writes(&self) -> watch::Receiver<usize> {
        self.state.writes.subscribe()
    }

    /// Sets the function that kills the caller.
    pub(crate) fn on_death(&self, kill: impl Fn() + Send + Sync + 'static) {
        *locked(&self.state.on_death) = Some(Box::new(kill));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // An error means that it has already ended.
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

async fn serve(state: Arc<State>, address: std::sync::mpsc::Sender<SocketAddr>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port of loopback");
    address.send(listener.local_addr().expect("its address")).expect("somebody waits for the address");
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(&state, request));
            // A connection that ends in the middle is what this is for.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

/// An error closes the connection without an answer.
async fn answer(state: &State, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let call = Call::of(&parts, &body);
    let strike = state.decide(&call);
    match strike {
        Some(Strike::InternalError) => return Ok(call.internal_error().map(whole)),
        Some(Strike::Throttled) => return Ok(call.throttled().map(whole)),
        Some(Strike::Unavailable) => {
            let page = Bytes::from_static(b"<html><body>503 Service Temporarily Unavailable</body></html>");
            let answer = Response::builder().status(503).header("content-type", "text/html").body(page);
            return Ok(answer.expect("a response").map(whole));
        }
        Some(Strike::DeathBefore) => return state.die().await,
        _ => {}
    }
    let forwarded = state.forward(parts, body).await.map_err(io::Error::other)?;
    match strike {
        None => Ok(forwarded.map(whole)),
        Some(Strike::DeathAfter) => state.die().await,
        Some(Strike::AnswerBroken) => Ok(broken(forwarded)),
        Some(_) => Err(io::Error::other("the answer is lost")),
    }
}

fn whole(body: Bytes) -> Body {
    Full::new(body).map_err(|never| match never {}).boxed()
}

/// The first half, under the length of the whole. An empty body has no half: it is lost with its head.
fn broken(answer: Response<Bytes>) -> Response<Body> {
    let (mut parts, body) = answer.into_parts();
    let length = body.len().max(1);
    parts.headers.insert(CONTENT_LENGTH, length.into());
    let frames = [Ok(Frame::data(body.slice(..body.len() / 2))), Err(io::Error::other("the answer is broken"))];
    Response::from_parts(parts, StreamBody::new(futures::stream::iter(frames)).boxed())
}

impl State {
    fn decide(&self, call: &Call) -> Option<Strike> {
        if !call.writes() {
            return None;
        }
        self.writes.send_modify(|writes| *writes += 1);
        let (strike, each) = (*locked(&self.rule))?;
        let key = match each {
            Each::Write => call.identity().to_owned(),
            Each::Operation => call.operation().to_owned(),
        };
        let first = locked(&self.struck).insert(key);
        first.then(|| locked(&self.operations).insert(call.operation().to_owned()));
        first.then_some(strike)
    }

    async fn die<T>(&self) -> T {
        if let Some(kill) = &*locked(&self.on_death) {
            kill();
        }
        std::future::pending().await
    }

    async fn forward(&self, mut parts: hyper::http::request::Parts, body: Bytes) -> Result<Response<Bytes>> {
        let mut uri = parts.uri.into_parts();
        uri.scheme = self.upstream.scheme().cloned();
        uri.authority = self.upstream.authority().cloned();
        parts.uri = Uri::from_parts(uri)?;
        // The host that was signed stays: the emulator finds the bucket of a request by it.
        parts.headers.entry(HOST).or_insert(hyper::header::HeaderValue::from_static("127.0.0.1"));
        let (parts, body) = self.client.request(Request::from_parts(parts, Full::new(body))).await?.into_parts();
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }
}
