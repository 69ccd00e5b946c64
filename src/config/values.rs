//! What a single text of the configuration means. Each error is the rest of a sentence that
//! begins with the key and ends with what would be right.

use super::words::quoted;
use jiff::SignedDuration;
use std::{net::SocketAddr, path::PathBuf, time::Duration};

/// Longer than this no duration makes sense here, and none can overflow a clock.
const LONGEST: SignedDuration = SignedDuration::from_hours(366 * 24);
/// The largest body that may be asked for.
const LARGEST: u64 = 64 * 1024 * 1024;

/// `10s`, `2m`, `1h 30m`; nothing at all (`0s`) too.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let length: SignedDuration = text.trim().parse().map_err(|_| {
        format!(
            "{} is not a duration; write for example \"2m\"",
            quoted(text)
        )
    })?;
    if length > LONGEST {
        return Err(format!(
            "{} is longer than a year; write for example \"24h\"",
            quoted(text)
        ));
    }
    Duration::try_from(length)
        .map_err(|_| format!("{} is negative; write for example \"2m\"", quoted(text)))
}

/// A duration that is longer than nothing.
pub(super) fn some_time(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err(format!(
            "{} is no time at all; write for example \"10s\"",
            quoted(text)
        )),
        length => Ok(length),
    }
}

/// A number of whole days.
pub(super) fn days(text: &str) -> Result<u16, String> {
    let days = text.trim().parse().ok().filter(|days| *days > 0);
    days.ok_or_else(|| {
        format!(
            "{} is not a number of days; write for example 400, at most {}",
            quoted(text),
            u16::MAX
        )
    })
}

/// `1 MiB`, `512 KiB`, or a number of bytes.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let wrong = || {
        format!(
            "{} is not a size; write for example \"1 MiB\"",
            quoted(text)
        )
    };
    let trimmed = text.trim();
    let digits = trimmed
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let unit: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1024,
        "mib" => 1024 * 1024,
        _ => return Err(wrong()),
    };
    let bytes = number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .ok_or_else(wrong)?;
    match usize::try_from(bytes) {
        Ok(size) if (1024..=LARGEST).contains(&bytes) => Ok(size),
        _ => Err(format!(
            "{} is out of bounds; write a size from \"1 KiB\" to \"64 MiB\"",
            quoted(text)
        )),
    }
}

/// An address with a port, where deliveries come in.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    address(text, 8087)
}

/// An address with a port, where only numbers are asked for.
pub(super) fn listen_for_scrapes(text: &str) -> Result<SocketAddr, String> {
    address(text, 9187)
}

fn address(text: &str, usual: u16) -> Result<SocketAddr, String> {
    text.trim()
        .parse()
        .map_err(|_| format!("{} is not an address with a port; write for example \"127.0.0.1:{usual}\" or \"[::]:{usual}\"", quoted(text)))
}

/// What a header may carry.
pub(super) fn header(text: &str) -> Result<String, String> {
    let fits = !text.trim().is_empty() && text.chars().all(|c| matches!(c, ' '..='~'));
    if fits {
        Ok(text.trim().to_owned())
    } else {
        Err("must be visible ASCII, for example \"refire/0.1\"".to_owned())
    }
}

/// A path of the file system.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    if text.trim().is_empty() {
        Err("is empty; write a path, for example \"refire.db\"".to_owned())
    } else {
        Ok(text.into())
    }
}

/// A name or login: one word.
pub(super) fn word(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && !c.is_control());
    if fits {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "{} is not one word; write for example \"refire\"",
            quoted(text)
        ))
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices
        .iter()
        .find(|(word, _)| *word == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let known: Vec<_> = choices.iter().map(|(word, _)| quoted(word)).collect();
            let known: Vec<_> = known.iter().map(String::as_str).collect();
            format!(
                "{} is not known; write {}",
                quoted(text),
                super::words::alternatives(&known)
            )
        })
}
