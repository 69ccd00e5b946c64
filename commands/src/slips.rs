//! Slips of the pen: which word somebody may have meant.
//!
//! **Invariant:** words longer than [`LONGEST`] are nobody's slip, so that every comparison is
//! bounded.

use strsim::osa_distance;

/// Edits (insertion, deletion, substitution, swap of neighbours) that are a slip.
const SLIP: usize = 2;

/// Bytes of a word that is compared: a gate's name has at most 64, and a slip adds two characters.
const LONGEST: usize = 72;

/// The meaning of the nearest of `names` that is at most two edits away, without regard to case.
/// A word that would have to be replaced altogether is no slip.
pub(crate) fn nearest<'n, T>(word: &str, names: impl Iterator<Item = (&'n str, T)>) -> Option<T> {
    let word = comparable(word)?;
    let length = word.chars().count();
    names
        .filter(|(name, _)| name.len().abs_diff(length) <= SLIP)
        .filter(|(name, _)| may_be_near(&word, name))
        .map(|(name, meaning)| (distance(&word, &name.to_ascii_lowercase()), meaning))
        .filter(|(distance, _)| *distance <= SLIP && *distance < length)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, meaning)| meaning)
}

/// Whether the distance may be within [`SLIP`], which is far cheaper to know than the distance: a
/// letter that only one of the words has costs an edit. Letters that share a bit only hide this.
fn may_be_near(word: &str, name: &str) -> bool {
    let letters = |word: &str| {
        word.chars()
            .fold(0_u64, |set, c| set | 1 << (u32::from(c) % 64))
    };
    let (word, name) = (letters(word), letters(name));
    let only = (word & !name).count_ones().max((name & !word).count_ones());
    only as usize <= SLIP
}

/// The edits from one word to the other. What both begin with needs none, and is not compared.
fn distance(word: &str, name: &str) -> usize {
    let pairs = std::iter::zip(word.char_indices(), name.chars());
    let alike = pairs
        .take_while(|((_, a), b)| a == b)
        .last()
        .map_or(0, |((at, c), _)| at + c.len_utf8());
    osa_distance(&word[alike..], &name[alike..])
}

/// The meaning of the names that begin with `word`, or with which it begins, if they all mean the
/// same. One letter is too little to go by.
pub(crate) fn by_beginning<'n, T: PartialEq>(
    word: &str,
    names: impl Iterator<Item = (&'n str, T)>,
) -> Option<T> {
    let word = comparable(word)?;
    let mut alike = names
        .filter(|(name, _)| {
            let name = name.to_ascii_lowercase();
            name.len().min(word.len()) > 1 && (name.starts_with(&word) || word.starts_with(&name))
        })
        .map(|(_, meaning)| meaning);
    let first = alike.next()?;
    alike.all(|other| other == first).then_some(first)
}

fn comparable(word: &str) -> Option<String> {
    (word.len() <= LONGEST).then(|| word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(word: &str) -> Option<&'static str> {
        nearest(
            word,
            ["refire", "retire", "qa"]
                .map(|name| (name, name))
                .into_iter(),
        )
    }

    #[test]
    fn two_edits_are_a_slip_and_three_are_another_word() {
        for (word, meant) in [
            ("refier", Some("refire")),
            ("Refiree", Some("refire")),
            ("rfie", Some("refire")),
            ("retir", Some("retire")),
            ("refresh", None),
            ("q", None),
            ("aq", Some("qa")),
            ("zz", None),
            ("", None),
        ] {
            assert_eq!(near(word), meant, "{word}");
        }
    }

    #[test]
    fn a_long_word_is_compared_with_nothing() {
        assert_eq!(near(&"refire".repeat(1000)), None);
    }

    #[test]
    fn a_beginning_must_mean_one_thing() {
        let names = || [("qa", 1), ("qa-review", 1), ("quick", 2)].into_iter();
        assert_eq!(by_beginning("qa-re", names()), Some(1));
        assert_eq!(by_beginning("qu", names()), Some(2));
        assert_eq!(by_beginning("q", names()), None);
        assert_eq!(by_beginning("xx", names()), None);
    }
}
