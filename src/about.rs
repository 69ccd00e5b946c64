//! Which build of the program this is.

/// The version, as in `Cargo.toml`.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The commit that it was built from; whoever builds says so in `REFIRE_COMMIT`.
pub const COMMIT: &str = match option_env!("REFIRE_COMMIT") {
    Some(commit) => commit,
    None => "unknown",
};
