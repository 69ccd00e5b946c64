//! Addresses for programs that are started with one.

use std::net::{SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the ports that the system hands out by itself, for connections too.
const FIRST: u16 = 20_000;
/// So many are tried in turn.
const COUNT: u16 = 12_000;

/// Which is tried next, in this process.
static NEXT: AtomicU16 = AtomicU16::new(0);

/// An address of this machine on which nothing listens. A port that the system chose would be free to be
/// chosen again, for somebody's connection, before the program listens on it.
///
/// # Panics
/// When all of them are taken.
#[must_use]
pub fn free_address() -> SocketAddr {
    // Processes that run beside each other begin at different places.
    let place = std::process::id().wrapping_mul(257) % u32::from(COUNT);
    let place = u16::try_from(place).unwrap_or_default();
    let mut ports = (0..COUNT).map(|_| {
        let next = NEXT.fetch_add(1, Ordering::Relaxed) % COUNT;
        FIRST + (place + next) % COUNT
    });
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let port = ports.find(is_free);
    let port = port.unwrap_or_else(|| panic!("no port from {FIRST} on is free"));
    SocketAddr::from(([127, 0, 0, 1], port))
}
