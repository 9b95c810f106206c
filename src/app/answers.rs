//! What the server below refuses before anything here is asked, said as every refusal is said: what is not HTTP, a head
//! that is too large, a first head that does not come.
//!
//! The server below writes a bare head then, and nothing above it is asked. So each caller's stream is wrapped: what
//! ends like a bare head is kept back, and at the end of the same step the server below tells by how it ends whether
//! that was its last word. If it was, the refusal is said in its place; if not, it was the end of somebody's file, and
//! goes out as it is. Never here: reading what callers send, since two readers of one stream disagree some day.

use super::connections::{Connection, DISCONNECT_WAIT};
use super::observe::Marks;
use crate::core::problem::{Code, Problem};
use actix_http::error::DispatchError;
use actix_web::ResponseError;
use actix_web::http::header::{CONNECTION, HttpDate};
use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::timeout;
use uuid::Uuid;

/// More bytes than a bare head has.
const BARE_HEAD: usize = 192;
/// What is read at once of what nobody wants any more, in bytes.
const IGNORED: usize = 16 * 1_024;

/// What the server below says with a bare head, in its words and in ours.
struct Bare {
    status: &'static str,
    code: Code,
    detail: &'static str,
}

/// All that it says so and closes the connection after.
static BARE: [Bare; 3] = [
    Bare {
        status: " 400 ",
        code: Code::Malformed,
        detail: "This is not HTTP/1.1: its head, or the length of its body, cannot be read. Mend it and send it again.",
    },
    Bare {
        status: " 408 ",
        code: Code::TooSlow,
        detail: "The head of the request did not come in time. Send it again.",
    },
    Bare {
        status: " 431 ",
        code: Code::HeadTooLarge,
        detail: "The head of the request is too large. Send fewer and shorter headers.",
    },
];

/// A caller's stream, which the server below holds as well as whoever waits for it.
pub(super) struct Caller<S>(Rc<RefCell<Outgoing<S>>>);

struct Outgoing<S> {
    stream: S,
    connection: Arc<Connection>,
    has_written: bool,
    kept: Option<Kept>,
}

/// The end of what was written, not sent yet.
struct Kept {
    bare: &'static Bare,
    /// Before it nothing was written, so it is no part of anything.
    is_first: bool,
    text: Vec<u8>,
}

impl<S> Clone for Caller<S> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Caller<S> {
    /// Nothing written yet.
    pub(super) fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self(Rc::new(RefCell::new(Outgoing { stream, connection, has_written: false, kept: None })))
    }

    /// Whose stream it is.
    pub(super) fn connection(&self) -> Arc<Connection> {
        Arc::clone(&self.0.borrow().connection)
    }

    /// Waits until the server below is done, and says its refusal where it ends with one.
    ///
    /// # Errors
    /// What the server below says.
    pub(super) async fn until_done(
        mut self,
        serving: impl Future<Output = Result<(), DispatchError>>,
        marks: Arc<Marks>,
    ) -> Result<(), DispatchError> {
        let mut serving = pin!(serving);
        let ended = poll_fn(|context| {
            let ended = serving.as_mut().poll(context);
            if ended.is_pending() {
                self.0.borrow_mut().go_on(context);
            }
            ended
        })
        .await;
        if self.0.borrow_mut().conclude(&ended, &marks) {
            // Whoever takes nothing and does not hang up has had time enough.
            drop(timeout(DISCONNECT_WAIT, self.part()).await);
        }
        ended
    }

    /// Sends what is kept and hangs up. What still comes is read, because a connection that is closed over unread bytes
    /// is reset, and the answer is lost with it.
    async fn part(&mut self) -> io::Result<()> {
        poll_fn(|context| self.0.borrow_mut().release(context)).await?;
        self.shutdown().await?;
        let mut ignored = vec![0; IGNORED];
        while self.read(&mut ignored).await? > 0 {}
        Ok(())
    }
}

impl<S: AsyncWrite + Unpin> Outgoing<S> {
    /// The server below goes on, so what is kept was part of an answer; but what was written first may still be its
    /// last word, which it is about to say.
    fn go_on(&mut self, context: &mut Context<'_>) {
        if self.kept.as_ref().is_some_and(|kept| !kept.is_first) {
            // Where it fails the server below finds the same.
            drop(self.release(context));
        }
    }

    /// The server below is done: what is kept was its refusal, or the end of an answer. Whether anything is kept.
    fn conclude(&mut self, ended: &Result<(), DispatchError>, marks: &Marks) -> bool {
        let Some(kept) = &mut self.kept else { return false };
        if kept.is_first || matches!(ended, Err(DispatchError::Parse(_))) {
            kept.text = refusal(kept.bare, marks);
        }
        true
    }

    /// Sends what is kept.
    fn release(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(kept) = &mut self.kept else { return Poll::Ready(Ok(())) };
        while !kept.text.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(context, &kept.text))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            kept.text.drain(..sent);
        }
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.kept = None;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Caller<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Caller<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut outgoing = self.0.borrow_mut();
        // More follows, so what is kept was part of an answer.
        ready!(outgoing.release(context))?;
        let before = match bare_end(bytes) {
            None => bytes,
            Some((0, bare)) => {
                let is_first = !outgoing.has_written;
                outgoing.kept = Some(Kept { bare, is_first, text: bytes.to_vec() });
                return Poll::Ready(Ok(bytes.len()));
            }
            // The rest comes again, alone.
            Some((start, _)) => bytes.get(..start).unwrap_or(bytes),
        };
        outgoing.has_written = true;
        Pin::new(&mut outgoing.stream).poll_write(context, before)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut outgoing = self.0.borrow_mut();
        if outgoing.kept.is_some() {
            // It is sent, and the stream ended, by whoever waits for the server below.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut outgoing.stream).poll_shutdown(context)
    }
}

/// Where a bare head begins that these bytes end with, and what it says.
fn bare_end(bytes: &[u8]) -> Option<(usize, &'static Bare)> {
    let head = bytes.strip_suffix(b"\r\n\r\n")?;
    let from = head.len().saturating_sub(BARE_HEAD);
    let start = from + head.get(from..)?.windows(7).rposition(|word| word == b"HTTP/1.")?;
    let mut lines = std::str::from_utf8(head.get(start..)?).ok()?.split("\r\n");
    let status = lines.next()?.get(8..13)?;
    let bare = BARE.iter().find(|bare| bare.status == status)?;
    // Whatever is answered here has further headers.
    let is_bare = lines.next()? == "content-length: 0"
        && lines.all(|line| line.starts_with("connection: ") || line.starts_with("date: "));
    is_bare.then_some((start, bare))
}

/// A refusal as it goes out.
fn refusal(bare: &Bare, marks: &Marks) -> Vec<u8> {
    let problem = Problem::new(bare.code, bare.detail);
    let (body, mut response) = (problem.to_json().to_string(), problem.error_response());
    let id = Uuid::now_v7().to_string();
    tracing::info!(request_id = %id, status = bare.code.status(), "refused by what it is");
    marks.put(response.headers_mut(), Some(&id), false);
    let date = HttpDate::from(SystemTime::now());
    let mut text = format!(
        "HTTP/1.1 {}\r\ncontent-length: {}\r\nconnection: close\r\ndate: {date}\r\n",
        response.status(),
        body.len()
    )
    .into_bytes();
    for (name, value) in response.headers().iter().filter(|(name, _)| **name != CONNECTION) {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            text.extend_from_slice(part);
        }
    }
    text.extend_from_slice(b"\r\n");
    text.extend_from_slice(body.as_bytes());
    text
}
