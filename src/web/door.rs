//! Who may be connected: so many, and whoever has said nothing makes room for whoever comes.
//!
//! A place belongs to its connection until that is closed, or until it is given to another because
//! nothing was said from it. **Invariant:** whoever has said anything keeps the place. Called by `server`.

use axum_server::accept::Accept;
use futures::task::AtomicWaker;
use std::collections::VecDeque;
use std::future::{Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets in, or turns away at once.
#[derive(Clone)]
pub(super) struct Door {
    places: Arc<Semaphore>,
    most: usize,
    /// Those that had said nothing when they were last looked at, the oldest first.
    silent: Arc<Mutex<VecDeque<Weak<Seat>>>>,
}

impl Door {
    /// For so many connections at the same time.
    pub(super) fn new(most: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            most,
            silent: Arc::default(),
        }
    }

    /// A free place, or that of whoever has said nothing for the longest time. `None`: everybody speaks.
    fn seat(&self) -> Option<Arc<Seat>> {
        let free = Arc::clone(&self.places).try_acquire_owned().ok();
        let mut silent = lock(&self.silent);
        let place = free.or_else(|| given_up(&mut silent))?;
        let seat = Arc::new(Seat {
            place: Mutex::new(Some(place)),
            spoke: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        });
        if silent.len() > 2 * self.most {
            silent.retain(|seat| seat.upgrade().is_some_and(|seat| !seat.has_spoken()));
        }
        silent.push_back(Arc::downgrade(&seat));
        Some(seat)
    }
}

impl<I, S> Accept<I, S> for Door {
    type Stream = Seated<I>;
    type Service = S;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        ready(match self.seat() {
            Some(seat) => Ok((Seated { stream, seat }, service)),
            None => Err(io::Error::other("too many connections")),
        })
    }
}

/// The place of the first who has said nothing.
fn given_up(silent: &mut VecDeque<Weak<Seat>>) -> Option<OwnedSemaphorePermit> {
    while let Some(seat) = silent.pop_front() {
        let place = seat.upgrade().and_then(|seat| seat.give_up());
        if place.is_some() {
            return place;
        }
    }
    None
}

/// What one connection has.
struct Seat {
    /// `None`: it was given to another.
    place: Mutex<Option<OwnedSemaphorePermit>>,
    spoke: AtomicBool,
    /// Who waits for something to be said.
    reader: AtomicWaker,
}

impl Seat {
    fn has_spoken(&self) -> bool {
        self.spoke.load(Ordering::Acquire)
    }

    fn is_lost(&self) -> bool {
        lock(&self.place).is_none()
    }

    /// The place for somebody else, unless something was said from it.
    fn give_up(&self) -> Option<OwnedSemaphorePermit> {
        let mut place = lock(&self.place);
        let place = if self.has_spoken() {
            None
        } else {
            place.take()
        };
        self.reader.wake();
        place
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection that has a place.
pub(super) struct Seated<I> {
    stream: I,
    seat: Arc<Seat>,
}

impl<I: AsyncRead + Unpin> AsyncRead for Seated<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if this.seat.has_spoken() {
            return read;
        }
        if buffer.filled().len() > before {
            this.seat.spoke.store(true, Ordering::Release);
            return read;
        }
        this.seat.reader.register(context.waker());
        if this.seat.is_lost() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        read
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Seated<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, slices)
    }
}
