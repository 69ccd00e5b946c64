//! The server that everything is answered from, and what nobody may do to it.
//!
//! **Invariant:** a connection costs nothing for long and there are never many: of those who say nothing
//! the oldest makes room for whoever comes, whoever finds no room is turned away at once, and whoever
//! does not say what is wanted is turned away soon. Called by `app`.

use super::door::Door;
use axum::Router;
use axum_server::{Handle, Server};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What a connection may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at the same time. Each holds a file, as the store and the calls to Gitea do.
    pub connections: usize,
    /// The head of a request has to arrive within this time, also after an earlier request.
    pub head: Duration,
    /// What is under way when the server is to end may take so long.
    pub end: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            head: Duration::from_secs(5),
            end: Duration::from_secs(10),
        }
    }
}

/// Serves until `stop`, and then what is under way.
///
/// # Errors
/// The listener cannot be used any more.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
) -> io::Result<()> {
    let handle = Handle::new();
    let mut server = Server::<SocketAddr>::from_listener(listener)
        .http1_only()
        .handle(handle.clone())
        .first_request_timeout(limits.head)
        .acceptor(Door::new(limits.connections))
        .accept_error_handler(|_, error| {
            tracing::debug!(%error, "a connection was not accepted");
        });
    server
        .http_builder()
        .http1()
        .header_read_timeout(limits.head);
    let serving = server.serve(router.into_make_service());
    tokio::pin!(serving);
    tokio::select! {
        ended = &mut serving => return ended,
        () = stop.cancelled() => handle.graceful_shutdown(Some(limits.end)),
    }
    serving.await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    const FEW: Limits = Limits {
        connections: 8,
        head: Duration::from_millis(300),
        end: Duration::from_secs(10),
    };

    async fn start(limits: Limits) -> (SocketAddr, CancellationToken) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let router = Router::new().route("/", get(async || "here"));
        tokio::spawn(serve(listener, router, limits, stop.clone()));
        (address, stop)
    }

    /// What comes back until the server closes.
    async fn rest(connection: &mut TcpStream) -> String {
        let mut answer = Vec::new();
        // Being cut off is one of the ways to be turned away.
        let _ = connection.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn asks(address: SocketAddr) -> String {
        let mut connection = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let _ = connection.write_all(request).await;
        rest(&mut connection).await
    }

    #[tokio::test]
    async fn whoever_says_nothing_is_turned_away() {
        let (address, _stop) = start(FEW).await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        assert_eq!(rest(&mut silent).await, "");
    }

    #[tokio::test]
    async fn a_head_that_comes_byte_by_byte_is_not_waited_for() {
        let (address, _stop) = start(FEW).await;
        let (mut reads, mut writes) = TcpStream::connect(address).await.unwrap().into_split();
        let slowly = async {
            for byte in b"GET / HTTP/1.1\r\nhost: ".iter().chain(&[b'x'; 10_000]) {
                if writes.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            panic!("it was listened to all the time");
        };
        let read = async {
            let mut answer = Vec::new();
            let _ = reads.read_to_end(&mut answer).await;
            assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
        };
        tokio::join!(slowly, read);
    }

    #[tokio::test]
    async fn a_connection_that_is_kept_without_a_further_request_is_closed() {
        let (address, _stop) = start(FEW).await;
        let mut kept = TcpStream::connect(address).await.unwrap();
        kept.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            .await
            .unwrap();
        assert!(rest(&mut kept).await.ends_with("here"));
    }

    #[tokio::test]
    async fn silent_connections_keep_nobody_out_for_long() {
        let (address, _stop) = start(FEW).await;
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        // Those that found no place are gone at once, the others when their time is over.
        for connection in &mut silent {
            assert_eq!(rest(connection).await, "");
        }
        assert!(asks(address).await.ends_with("here"));
    }

    /// Nobody's time is over in these.
    const PATIENT: Limits = Limits {
        head: Duration::from_secs(600),
        ..FEW
    };

    #[tokio::test]
    async fn who_says_nothing_makes_room_for_who_comes_the_oldest_first() {
        let (address, _stop) = start(PATIENT).await;
        let mut silent = Vec::new();
        for _ in 0..PATIENT.connections {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        assert!(asks(address).await.ends_with("here"));
        assert_eq!(rest(&mut silent[0]).await, "");
        for connection in &mut silent[1..] {
            let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
            connection.write_all(request).await.unwrap();
            assert!(rest(connection).await.ends_with("here"));
        }
    }

    #[tokio::test]
    async fn who_has_said_something_keeps_the_place() {
        let (address, _stop) = start(PATIENT).await;
        let mut speaking = Vec::new();
        for _ in 0..PATIENT.connections {
            let mut connection = TcpStream::connect(address).await.unwrap();
            let request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
            connection.write_all(request).await.unwrap();
            let mut first = [0; 12];
            connection.read_exact(&mut first).await.unwrap();
            assert_eq!(&first, b"HTTP/1.1 200");
            speaking.push(connection);
        }
        assert_eq!(asks(address).await, "");
        drop(speaking.pop());
        while !asks(address).await.ends_with("here") {}
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        speaking[0].write_all(request).await.unwrap();
        assert!(rest(&mut speaking[0]).await.ends_with("here"));
    }

    #[tokio::test]
    async fn what_is_under_way_ends_in_order() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let slow = async move || {
            asked.cancel();
            tokio::time::sleep(Duration::from_millis(100)).await;
            "late"
        };
        let router = Router::new().route("/", get(slow));
        let serving = tokio::spawn(serve(listener, router, FEW, stop));
        assert!(asks(address).await.ends_with("late"));
        serving.await.unwrap().unwrap();
    }
}
