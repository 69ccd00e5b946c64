//! Slips of the pen: which word somebody may have meant.
//!
//! **Invariant:** words longer than [`LONGEST`] are nobody's slip, so that every comparison is
//! bounded.

use std::borrow::Cow;

/// Edits (insertion, deletion, substitution, swap of neighbours) that are a slip.
const SLIP: usize = 2;

/// Bytes of a word that is compared: a gate's name has at most 64, and a slip adds two characters.
const LONGEST: usize = 72;

/// A word that somebody may have meant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'n> {
    /// The word itself, in ASCII.
    pub(crate) text: &'n str,
    letters: u64,
}

impl<'n> Name<'n> {
    pub(crate) const fn new(text: &'n str) -> Self {
        let mut letters = 0;
        let mut at = 0;
        while at < text.len() {
            letters |= letter(text.as_bytes()[at].to_ascii_lowercase() as u32);
            at += 1;
        }
        Self { text, letters }
    }
}

/// The set that holds one letter. Letters that share a bit are taken for the same.
const fn letter(letter: u32) -> u64 {
    1 << (letter % 64)
}

/// The meaning of the nearest of `names` that is at most two edits away, without regard to case.
/// A word that would have to be replaced altogether is no slip.
pub(crate) fn nearest<'n, T>(word: &str, names: impl Iterator<Item = (Name<'n>, T)>) -> Option<T> {
    let word = comparable(word)?;
    let letters = word.chars().fold(0, |set, c| set | letter(c.into()));
    let length = word.chars().count();
    names
        .filter(|(name, _)| name.text.len().abs_diff(length) <= SLIP)
        .filter(|(name, _)| may_be_near(letters, name.letters))
        .filter_map(|(name, meaning)| {
            Some((edits(&word, &in_lower_case(name.text), SLIP)?, meaning))
        })
        .filter(|(edits, _)| *edits < length)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, meaning)| meaning)
}

/// Whether [`SLIP`] edits may be enough, which is far cheaper to know than how many are needed: a
/// letter that only one of the words has costs an edit.
fn may_be_near(word: u64, name: u64) -> bool {
    let only = (word & !name).count_ones().max((name & !word).count_ones());
    only as usize <= SLIP
}

/// The edits from `word` to `name` if at most `most` are needed, which must be few: all ways are
/// tried. What was swapped is not edited again.
fn edits(word: &str, name: &str, most: usize) -> Option<usize> {
    let Some(left) = most.checked_sub(1) else {
        return (word == name).then_some(0);
    };
    let (word, name) = differing(word, name);
    if word.is_empty() && name.is_empty() {
        return Some(0);
    }
    let (first, word_rest) = split_first(word);
    let (wanted, name_rest) = split_first(name);
    let (second, word_end) = split_first(word_rest);
    let (next_wanted, name_end) = split_first(name_rest);
    let swapped = first == next_wanted && second == wanted;
    [
        edits(word_rest, name, left),
        edits(word, name_rest, left),
        edits(word_rest, name_rest, left),
        swapped.then(|| edits(word_end, name_end, left)).flatten(),
    ]
    .into_iter()
    .flatten()
    .min()
    .map(|further| 1 + further)
}

fn split_first(word: &str) -> (Option<char>, &str) {
    let mut rest = word.chars();
    (rest.next(), rest.as_str())
}

/// The words without what both begin or end with, which needs no edits.
fn differing<'a>(word: &'a str, name: &'a str) -> (&'a str, &'a str) {
    let begin = bytes_alike(word.chars(), name.chars());
    let (word, name) = (&word[begin..], &name[begin..]);
    let end = bytes_alike(word.chars().rev(), name.chars().rev());
    (&word[..word.len() - end], &name[..name.len() - end])
}

/// Bytes of the characters that both have in front.
fn bytes_alike(word: impl Iterator<Item = char>, name: impl Iterator<Item = char>) -> usize {
    std::iter::zip(word, name)
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum()
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
            name.len().min(word.len()) > 1 && (name.starts_with(&*word) || word.starts_with(&name))
        })
        .map(|(_, meaning)| meaning);
    let first = alike.next()?;
    alike.all(|other| other == first).then_some(first)
}

fn comparable(word: &str) -> Option<Cow<'_, str>> {
    (word.len() <= LONGEST).then(|| in_lower_case(word))
}

/// The word in lower case, as it mostly is already.
fn in_lower_case(word: &str) -> Cow<'_, str> {
    let is_lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
    if word.bytes().all(is_lower) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(word: &str) -> Option<&'static str> {
        nearest(
            word,
            ["refire", "retire", "qa"]
                .map(|name| (Name::new(name), name))
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
    fn the_case_of_a_name_makes_no_difference() {
        let names = || [(Name::new("QA-REVIEW"), 1), (Name::new("Docs"), 2)].into_iter();
        assert_eq!(nearest("qa-reviw", names()), Some(1));
        assert_eq!(nearest("DOSC", names()), Some(2));
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

    /// All words of at most `length` of three letters, one of them longer than a byte.
    fn words(length: usize) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut from = 0;
        for _ in 0..length {
            let longer = words[from..].iter();
            let longer = longer.flat_map(|word| ["a", "b", "é"].map(|c| format!("{word}{c}")));
            let longer: Vec<_> = longer.collect();
            from = words.len();
            words.extend(longer);
        }
        words
    }

    #[test]
    fn edits_are_counted_as_the_textbook_counts_them() {
        let words = words(5);
        for (word, name) in words.iter().flat_map(|a| words.iter().map(move |b| (a, b))) {
            let distance = strsim::osa_distance(word, name);
            let expected = (distance <= SLIP).then_some(distance);
            assert_eq!(edits(word, name, SLIP), expected, "{word} {name}");
        }
    }
}
