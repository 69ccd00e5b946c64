//! Which file is read, and reading it.

use super::{Config, Environment, Mistake, Mistakes, Origin, bounded, env};
use std::path::{Path, PathBuf};

/// Read when nobody names another file, if it exists.
const USUAL: &str = "refire.toml";
/// No configuration is larger, and no file is read further: in KiB.
const LARGEST: u64 = 1024;

impl Config {
    /// Reads the configuration. `file` is what `--config` named; without it `REFIRE_CONFIG` names
    /// the file; without both `refire.toml` is read if it exists, and otherwise the environment
    /// must say everything.
    ///
    /// # Errors
    /// The file cannot be read, or everything that is wrong in it and in the variables, at once.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, Mistakes> {
        let Some(path) = locate(file, environment)? else {
            return Self::from_toml(None, "", environment);
        };
        let name = path.display().to_string();
        let text = bounded::read(&path, LARGEST).map_err(|error| {
            Mistake::new(
                Origin::Default,
                name.as_str(),
                format!("this configuration file cannot be read: {error}"),
            )
        })?;
        Self::from_toml(Some(&name), &text, environment)
    }
}

fn locate(file: Option<&Path>, environment: &Environment) -> Result<Option<PathBuf>, Mistakes> {
    if let Some(file) = file {
        return Ok(Some(file.to_owned()));
    }
    match environment.get(env::CONFIG) {
        Some(Ok(path)) if !path.is_empty() => Ok(Some(path.into())),
        Some(Err(_)) => Err(Mistake::new(
            Origin::Variable(env::CONFIG.to_owned()),
            "",
            "is not a text in UTF-8",
        )
        .into()),
        // Anything but a clear "there is none" is reported when the file is read.
        _ => Ok(Path::new(USUAL)
            .try_exists()
            .unwrap_or(true)
            .then(|| USUAL.into())),
    }
}
