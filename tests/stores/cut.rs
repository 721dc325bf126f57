//! A proxy before PostgreSQL that cuts a connection at a request that is chosen.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The moment at which the connection breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The request does not arrive.
    Before,
    /// Half of it does.
    Within,
    /// It is carried out, and its answer is lost.
    After,
    /// It is carried out, and nothing is heard any more; the connection stays open.
    Silence,
}

impl Cut {
    pub(crate) const BREAKS: [Self; 3] = [Self::Before, Self::Within, Self::After];
}

/// The requests that are still let through until the cut; none for no cut.
type Plan = Arc<Mutex<Option<(usize, Cut)>>>;

/// Listens on loopback as long as it is there.
#[derive(Debug)]
pub(crate) struct Proxy {
    port: u16,
    plan: Plan,
    listening: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn before(server: (&'static str, u16)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("its address").port();
        let plan = Plan::default();
        let listening = tokio::spawn({
            let plan = Arc::clone(&plan);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let plan = Arc::clone(&plan);
                    tokio::spawn(async move {
                        let server = TcpStream::connect(server).await.expect("the server");
                        // How a connection ends is what these tests are about.
                        let _ = Relay { client, server, plan }.run().await;
                    });
                }
            }
        });
        Self { port, plan, listening }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Lets so many requests through from now on, and cuts at the next.
    pub(crate) fn cut(&self, after_requests: usize, cut: Cut) {
        *self.plan.lock().unwrap() = Some((after_requests, cut));
    }

    /// Returns true if the cut has happened. Takes away a cut that has not happened yet.
    pub(crate) fn has_cut(&self) -> bool {
        self.plan.lock().unwrap().take().is_none()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

struct Relay {
    client: TcpStream,
    server: TcpStream,
    plan: Plan,
}

impl Relay {
    /// A request is what the client sends until it has to wait: until `Sync` or `Query`, and each message of the log-in.
    async fn run(mut self) -> io::Result<()> {
        let mut request = start_up(&mut self.client).await?;
        let mut logged_in = false;
        loop {
            // A statement that is closed is closed in passing: nobody waits for the answer, nor says when.
            let due = if request.first() == Some(&b'C') { None } else { self.due() };
            match due {
                None => self.server.write_all(&request).await?,
                Some(Cut::Before) => return Ok(()),
                Some(Cut::Within) => return self.server.write_all(&request[..request.len() / 2]).await,
                Some(cut @ (Cut::After | Cut::Silence)) => {
                    self.server.write_all(&request).await?;
                    self.answer(logged_in).await?;
                    if cut == Cut::Silence {
                        // Until the client has had enough of it.
                        self.client.read_to_end(&mut Vec::new()).await?;
                    }
                    return Ok(());
                }
            }
            let answer = self.answer(logged_in).await?;
            logged_in |= answer.ready;
            self.client.write_all(&answer.bytes).await?;
            request.clear();
            loop {
                let (kind, message) = message(&mut self.client).await?;
                request.extend(message);
                if matches!(kind, b'S' | b'Q' | b'p') {
                    break;
                }
            }
        }
    }

    fn due(&self) -> Option<Cut> {
        let mut plan = self.plan.lock().unwrap();
        match &mut *plan {
            Some((0, cut)) => {
                let cut = *cut;
                *plan = None;
                Some(cut)
            }
            Some((requests, _)) => {
                *requests -= 1;
                None
            }
            None => None,
        }
    }

    /// Reads the server's messages until it waits for the client: `ReadyForQuery`, and before that each question of the
    /// log-in.
    async fn answer(&mut self, logged_in: bool) -> io::Result<Answer> {
        let mut bytes = Vec::new();
        loop {
            let (kind, message) = message(&mut self.server).await?;
            bytes.extend(&message);
            let asks = kind == b'R' && matches!(message.get(5..9), Some([0, 0, 0, 3..=11]));
            match kind {
                b'Z' => return Ok(Answer { bytes, ready: true }),
                b'R' if asks && !logged_in => return Ok(Answer { bytes, ready: false }),
                _ => {}
            }
        }
    }
}

struct Answer {
    bytes: Vec<u8>,
    ready: bool,
}

/// The first message has no kind, only a length.
async fn start_up(from: &mut TcpStream) -> io::Result<Vec<u8>> {
    let length = from.read_u32().await?;
    body(from, length.to_be_bytes().to_vec(), length).await
}

async fn message(from: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let kind = from.read_u8().await?;
    let length = from.read_u32().await?;
    let mut head = vec![kind];
    head.extend(length.to_be_bytes());
    Ok((kind, body(from, head, length).await?))
}

async fn body(from: &mut TcpStream, mut head: Vec<u8>, length: u32) -> io::Result<Vec<u8>> {
    let begin = head.len();
    head.resize(begin + (length as usize).saturating_sub(4), 0);
    from.read_exact(&mut head[begin..]).await?;
    Ok(head)
}
