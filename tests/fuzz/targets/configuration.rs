//! Any file and any variables at all: a configuration or its mistakes, never a panic, and what holds
//! can be shown. What follows a NUL are variables, one a line.

#![no_main]

use libfuzzer_sys::fuzz_target;
use refire::config::{Config, Environment};

fuzz_target!(|input: &str| {
    let (text, variables) = input.split_once('\0').unwrap_or((input, ""));
    let pairs = variables.lines().filter_map(|line| line.split_once('='));
    let environment = Environment::of(pairs);
    match Config::from_toml(Some("refire.toml"), text, &environment) {
        Ok(config) => {
            assert!(!config.identities.is_empty() && !config.forge.repositories.is_empty());
            for setting in config.settings() {
                assert!(!setting.key().is_empty());
                let _shown = setting.value(&environment);
            }
        }
        Err(mistakes) => {
            assert!(mistakes.iter().count() > 0);
            assert!(
                mistakes
                    .iter()
                    .all(|mistake| !mistake.to_string().is_empty())
            );
        }
    }
});
