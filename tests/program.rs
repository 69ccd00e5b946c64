//! The program as it is started beside a forge.

use forge::{Forge, PullHandle, Version};
use std::path::Path;
use std::process::{Command, Output};

/// A forge with a pull request of alice's.
pub(crate) async fn opened() -> (Forge, PullHandle) {
    let forge = Forge::start(Version::V1_26).await;
    forge.standard_world();
    let pull = forge.pull("alice");
    (forge, pull)
}

/// Starts the program in this folder and waits for its end.
pub(crate) async fn refire(forge: &Forge, folder: &Path, arguments: &[&str]) -> Output {
    let arguments: Vec<String> = arguments.iter().map(|&word| word.to_owned()).collect();
    let (url, token, folder) = (forge.url(), forge.token("bot"), folder.to_owned());
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_refire"))
            .args(arguments)
            .env_clear()
            .env("REFIRE_FORGE__URL", url)
            .env("REFIRE_FORGE__REPOSITORIES", "[\"acme/*\"]")
            .env("REFIRE_TOKEN", token)
            .current_dir(folder)
            .output()
            .expect("the program starts")
    };
    tokio::task::spawn_blocking(run).await.expect("it ends")
}
