//! Logs: on standard error, so that standard output carries answers only.
//!
//! **Invariant:** no body, no token and no secret is ever logged; calls are named by route, status
//! and Gitea's own message (of a 401 not even that).

use crate::config::Environment;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// The scheduler tells of its own coming and going, which is no news to an operator.
const QUIET: &str = "tokio_cron_scheduler=warn";

/// Starts logging. `usual` is what is logged where `REFIRE_LOG` says nothing, for example `info`.
pub fn start(environment: &Environment, usual: &str) {
    let usual = format!("{usual},{QUIET}");
    let asked = environment.log_filter().unwrap_or(&usual);
    let filter = EnvFilter::try_new(asked).unwrap_or_else(|_| EnvFilter::new(&usual));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // A second start within one process keeps the first, as in tests.
    let _ = log.try_init();
}
