//! `refire health`: does the bot that runs here answer? For supervisors, and for images without a
//! shell.
//!
//! It needs no configuration and no store. The question is written by hand: only `gitea` has an HTTP
//! client, and the bot's own door speaks plain HTTP.

use super::{Exit, output};
use crate::web::health::PATIENCE;
use clap::Args;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use url::Url;

/// Store and forge are waited for side by side; whoever asks has to wait a little longer.
const LONGEST: Duration = PATIENCE.saturating_add(Duration::from_secs(1));

/// More than the bot ever says here.
const LARGEST: u64 = 64 * 1024;

/// What `health` takes.
#[derive(Clone, Debug, Args)]
pub struct HealthArgs {
    /// What to ask; `/healthz` asks for the process alone, `/readyz` for its store and Gitea too
    #[arg(long, value_name = "URL", value_parser = plain_http, default_value = "http://127.0.0.1:8087/readyz")]
    pub url: Url,
}

/// Asks once.
pub(super) fn run(args: &HealthArgs) -> Exit {
    match ask(&args.url) {
        Ok(answer) if status(&answer) == Some(200) => output::answer(body(&answer)),
        Ok(answer) => {
            let line = answer.lines().next().unwrap_or_default();
            let says = body(&answer).trim_end();
            output::complain(&format!("refire: {} answers {line:?}: {says}", args.url));
            Exit::NotSatisfied
        }
        Err(error) => {
            output::complain(&format!("refire: {} does not answer: {error}", args.url));
            Exit::NotSatisfied
        }
    }
}

fn plain_http(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "http" && url.has_host() => Ok(url),
        _ => Err("must be an address that begins with http://".to_owned()),
    }
}

/// Everything that comes back until the server closes.
fn ask(url: &Url) -> io::Result<String> {
    let mut stream = connect(&url.socket_addrs(|| None)?)?;
    stream.set_read_timeout(Some(LONGEST))?;
    stream.set_write_timeout(Some(LONGEST))?;
    let host = url.host_str().unwrap_or_default();
    let query = url.query().map(|query| format!("?{query}"));
    let target = format!("{}{}", url.path(), query.unwrap_or_default());
    // 1.0, so that the server closes and nothing comes in chunks.
    stream.write_all(format!("GET {target} HTTP/1.0\r\nHost: {host}\r\n\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LARGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// The first of the addresses that takes a connection; a name can have several.
fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "its name has no address");
    for address in addresses {
        match TcpStream::connect_timeout(address, LONGEST) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn status(answer: &str) -> Option<u16> {
    let line = answer.strip_prefix("HTTP/1.")?.lines().next()?;
    line.split(' ').nth(1)?.parse().ok()
}

fn body(answer: &str) -> &str {
    answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_body_are_found_in_an_answer() {
        let answer = "HTTP/1.0 503 Service Unavailable\r\nretry-after: 5\r\n\r\nnot ready\n";
        assert_eq!((status(answer), body(answer)), (Some(503), "not ready\n"));
        for broken in [
            "",
            "hello",
            "HTTP/1.1",
            "HTTP/1.1 two",
            "SSH-2.0-OpenSSH\r\n",
        ] {
            assert_eq!((status(broken), body(broken)), (None, ""), "{broken}");
        }
    }

    #[test]
    fn only_plain_http_is_asked() {
        for wrong in ["https://localhost/", "localhost:8087", "/readyz", "http://"] {
            assert!(plain_http(wrong).is_err(), "{wrong}");
        }
        assert!(plain_http("http://[::1]:8087/healthz").is_ok());
    }
}
