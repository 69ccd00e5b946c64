//! The secret that a webhook is made with: the one that the configuration names, or a fresh one
//! where its file holds none yet.

use rand::Rng as _;
use secrecy::{ExposeSecret as _, SecretString};
use std::fs::{OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Only its owner reads and writes it.
const MODE: u32 = 0o600;

/// Where the webhook's secret comes from. `Debug` shows no secret.
#[derive(Debug)]
pub struct Seal {
    /// What is configured and can be read.
    known: Option<SecretString>,
    /// The file that the configuration names.
    file: Option<PathBuf>,
    written: OnceLock<SecretString>,
}

impl Seal {
    /// From what could be read of the configured secrets, the first of which is the newest, and
    /// the file that may be written.
    #[must_use]
    pub fn new(known: Option<SecretString>, file: Option<PathBuf>) -> Self {
        Self {
            known,
            file,
            written: OnceLock::new(),
        }
    }

    /// The secret, and in words where it is. A fresh one is written down before anybody else
    /// hears of it.
    pub(super) fn secret(&self) -> Result<(SecretString, String), String> {
        if let Some(known) = &self.known {
            return Ok((
                known.clone(),
                String::from("it has the secret that is configured"),
            ));
        }
        let Some(file) = &self.file else {
            return Err(String::from(
                "a variable cannot be written: put a long random text into it, or name a file by `webhook.secret_file`",
            ));
        };
        let place = format!(
            "its secret is in {}; restart the bot so that it reads it",
            file.display()
        );
        if let Some(written) = self.written.get() {
            return Ok((written.clone(), place));
        }
        let fresh = generate();
        write(file, &fresh)
            .map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
        Ok((self.written.get_or_init(|| fresh).clone(), place))
    }
}

/// 256 bits of the system's randomness.
fn generate() -> SecretString {
    let bytes: [u8; 32] = rand::rng().random();
    hex::encode(bytes).into()
}

/// The file is empty or not there; the mode is set before the secret is in it.
fn write(path: &Path, secret: &SecretString) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(MODE)
        .open(path)?;
    if file.metadata()?.len() > 1 {
        return Err(io::Error::other("it holds something already"));
    }
    file.set_permissions(Permissions::from_mode(MODE))?;
    file.set_len(0)?;
    writeln!(file, "{}", secret.expose_secret())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_secret_is_written_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let seal = Seal::new(None, Some(path.clone()));
        let (first, place) = seal.secret().unwrap();
        let (second, _) = seal.secret().unwrap();
        assert_eq!(first.expose_secret(), second.expose_secret());
        let written = std::fs::read_to_string(&path).unwrap();
        assert_eq!(written.trim_end(), first.expose_secret());
        assert_eq!(first.expose_secret().len(), 64);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!place.contains(first.expose_secret()));
        assert!(!format!("{seal:?}").contains(first.expose_secret()));
    }

    #[test]
    fn an_empty_file_that_others_may_read_is_closed_before_it_is_filled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "\n").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        Seal::new(None, Some(path.clone())).secret().unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_is_there_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, "somebody's").unwrap();
        assert!(Seal::new(None, Some(path.clone())).secret().is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "somebody's");
        let known = Seal::new(Some("known".into()), Some(path));
        assert_eq!(known.secret().unwrap().0.expose_secret(), "known");
        assert!(Seal::new(None, None).secret().is_err());
    }
}
