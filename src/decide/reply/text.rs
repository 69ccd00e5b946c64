//! How words of strangers and our own are put side by side safely.
//!
//! **Invariant:** whatever a stranger wrote stands in a code span without backticks, line breaks or
//! invisible characters, so that it is neither Markdown nor HTML, mentions nobody, and is no command.

/// A stranger's words in a code span, at most `most` characters long.
#[must_use]
pub fn quoted(text: &str, most: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain: String = one_line.chars().filter_map(harmless).collect();
    let plain = cut(&plain, most);
    if plain.is_empty() {
        String::from("` `")
    } else {
        format!("`{plain}`")
    }
}

fn harmless(c: char) -> Option<char> {
    match c {
        '`' => Some('\''),
        '|' => Some('¦'),
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => None,
        c if c.is_control() => None,
        c => Some(c),
    }
}

/// A login, gate, team, context or command of ours, in a code span so that nobody is mailed.
#[must_use]
pub fn code(text: impl ToString) -> String {
    quoted(&text.to_string(), 200)
}

/// A login that is mentioned for real, so that its owner is told.
#[must_use]
pub fn mention(login: &str) -> String {
    let plain: String = login
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .collect();
    format!("@{plain}")
}

/// The text, cut at a word so that no more than `most` characters are left.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most.saturating_sub(1)).collect();
    let at_word = head
        .rfind(' ')
        .filter(|at| *at > most / 2)
        .unwrap_or(head.len());
    let kept = head.get(..at_word).unwrap_or(&head);
    format!("{}…", kept.trim_end_matches([' ', ',', ';', ':']))
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn listed(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

/// `1 review`, `2 reviews`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {many}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_cannot_leave_the_code_span() {
        assert_eq!(
            quoted("a`b\n/refire qa | @quinn", 80),
            "`a'b /refire qa ¦ @quinn`"
        );
        assert_eq!(quoted("\u{feff}\u{200b}", 80), "` `");
    }

    #[test]
    fn texts_are_cut_at_a_word() {
        assert_eq!(cut("one two three", 13), "one two three");
        assert_eq!(cut("one two three", 10), "one two…");
        assert!(cut(&"x".repeat(300), 140).chars().count() <= 140);
    }

    #[test]
    fn lists_read_like_sentences() {
        let words = ["a", "b", "c"].map(String::from);
        assert_eq!(listed(&words, "or"), "a, b or c");
        assert_eq!(listed(words.get(..1).unwrap_or_default(), "or"), "a");
    }
}
