//! How one reply answers several comments: a sentence for people, and a marker for the bot.

use super::{CLOSES, Letter, OPENS};
use crate::decide::alike::Joined;
use crate::model::CommentId;

const ALSO: &str = "<!-- refire: also answers ";

/// The sentence about those that are answered with it.
pub(super) fn render(letter: &Letter) -> Option<String> {
    let all = letter.also.len().saturating_add(1);
    (all > 1).then(|| format!("This answers {all} comments that ask the same."))
}

/// The line that stands right before the reply's own marker. Empty: it answers one comment.
pub(super) fn marker(also: &[Joined]) -> String {
    if also.is_empty() {
        return String::new();
    }
    let joined = also
        .iter()
        .map(|joined| format!("{}:{}", joined.comment, joined.text));
    let joined: Vec<String> = joined.collect();
    format!("{ALSO}{}{CLOSES}\n", joined.join(" "))
}

/// The comments that a body of our own answers beside the one that its marker names. What stands
/// anywhere else in it may be a stranger's.
#[must_use]
pub fn joined_in(body: &str) -> Vec<Joined> {
    let before = body.rsplit_once(OPENS).map(|(before, _)| before);
    let line = before.and_then(|before| before.strip_suffix('\n'));
    let line = line.and_then(|line| line.strip_suffix(CLOSES));
    let joined = line.and_then(|line| line.rsplit_once(ALSO));
    let joined = joined.map(|(_, joined)| joined).unwrap_or_default();
    joined.split(' ').filter_map(parse).collect()
}

fn parse(joined: &str) -> Option<Joined> {
    let (id, text) = joined.split_once(':')?;
    let text = Some(text).filter(|text| text.chars().all(|c| c.is_ascii_hexdigit()));
    Some(Joined {
        comment: CommentId::new(id.parse().ok()?),
        text: text.filter(|text| !text.is_empty())?.to_owned(),
    })
}
