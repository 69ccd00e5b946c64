//! What the process shows of itself over HTTP. Deliveries come in through `intake::webhook`.

mod door;
pub mod health;
pub mod metrics;
pub mod pages;
pub mod server;

pub use health::{Health, Ready};
pub use metrics::Metrics;
