//! Logs: on standard error, so that standard output carries answers only.
//!
//! **Invariant:** no body, no token and no secret is ever logged; calls are named by route, status
//! and Gitea's own message (of a 401 not even that).

use crate::config::Environment;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// The scheduler tells of its own coming and going, which is no news to an operator.
const QUIET: &str = "tokio_cron_scheduler=warn";

/// sled also tells something while a thread ends, when nothing can be logged any more: trying to would
/// end the process. What matters of it comes back as an error of the store.
const MUTE: &str = "sled=off";

/// Starts logging. `usual` is what is logged where `REFIRE_LOG` says nothing, for example `info`.
pub fn start(environment: &Environment, usual: &str) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(environment.log_filter(), usual))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        // Told of on the very stream that failed, a line that cannot be written would end its thread.
        .log_internal_errors(false);
    // A second start within one process keeps the first, as in tests.
    let _ = log.try_init();
}

fn filter(asked: Option<&str>, usual: &str) -> EnvFilter {
    let usual = format!("{usual},{QUIET}");
    let filter = EnvFilter::try_new(asked.unwrap_or(&usual));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(&usual));
    match MUTE.parse() {
        Ok(mute) => filter.add_directive(mute),
        Err(_) => filter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_asked_for_sled_is_not_logged() {
        for asked in [None, Some("trace"), Some("sled=trace"), Some("=nonsense=")] {
            let told = filter(asked, "info").to_string();
            let of_sled: Vec<_> = told.split(',').filter(|d| d.contains("sled")).collect();
            assert_eq!(of_sled, ["sled=off"], "{asked:?}");
        }
    }
}
