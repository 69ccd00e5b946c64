//! The story of the mission, played on the terminal: the stand-in Gitea and the bot in one process.
//!
//! `cargo run --release --example demo` plays it and checks what it shows; with `--serve` everything
//! stays running afterwards, to be talked to with curl.

mod paper;
mod scene;
mod story;

use clap::Parser;
use scene::Scene;
use std::process::ExitCode;

/// Plays the story of the mission.
#[derive(Debug, Parser)]
struct Demo {
    /// Leave everything running afterwards and say how to talk to it
    #[arg(long)]
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let demo = Demo::parse();
    let played = async {
        let scene = Scene::set().await?;
        let pull = story::play(&scene).await?;
        if demo.serve {
            scene.stay(&pull).await?;
        }
        scene.end().await
    };
    match played.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("demo: {why}");
            ExitCode::FAILURE
        }
    }
}
