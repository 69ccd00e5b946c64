//! What the process shows of itself over HTTP. Deliveries come in through `intake::webhook`.

pub mod health;
pub mod server;

pub use health::Health;
