//! Patterns of contexts and branches as Gitea matches them (gitea-facts §2.3).
//!
//! `*` and `**` match anything, `/` included unless it separates; `?` one character; `[ab]`,
//! `[a-z]` and `[!a]` one of a set; `{a,b}` one of several; `\` takes the next character as it is.
//! A pattern that cannot be understood matches nothing: Gitea logs it and goes on without it.
//! **Invariant:** pure, and as large as the pattern.

use regex::Regex;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    regex: Option<Regex>,
}

/// The characters that mean something in a pattern.
const SPECIAL: [char; 7] = ['*', '?', '\\', '[', ']', '{', '}'];

impl Glob {
    /// A pattern of contexts: nothing separates.
    #[must_use]
    pub fn of_contexts(text: &str) -> Self {
        Self::compile(text, ".")
    }

    /// A pattern of branches: `*` and `?` stay within a part.
    #[must_use]
    pub fn of_branches(text: &str) -> Self {
        Self::compile(text, "[^/]")
    }

    fn compile(text: &str, one: &str) -> Self {
        let mut reader = Reader {
            left: text.chars().collect::<Vec<_>>().into_iter(),
            one,
        };
        let inner = reader.read(false);
        let regex = inner.and_then(|inner| Regex::new(&format!("^(?s:{inner})$")).ok());
        Self {
            text: text.to_owned(),
            regex,
        }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether Gitea understands it.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        self.regex.is_some()
    }

    /// Whether it is nothing but the name of one thing.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.text.contains(SPECIAL)
    }

    /// Whether it matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.regex
            .as_ref()
            .is_some_and(|regex| regex.is_match(text))
    }
}

/// The text as a pattern that matches it and nothing else.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        if SPECIAL.contains(&c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// From a pattern to a regular expression. `None`: it ends too early.
struct Reader<'a> {
    left: std::vec::IntoIter<char>,
    /// What one character is that does not separate.
    one: &'a str,
}

impl Reader<'_> {
    fn read(&mut self, inside: bool) -> Option<String> {
        let mut out = String::new();
        while let Some(c) = self.left.next() {
            match c {
                '}' if inside => return Some(format!("(?:{out})")),
                ',' if inside => out.push('|'),
                '*' => out.push_str(&self.star()),
                '?' => out.push_str(self.one),
                '[' => out.push_str(&self.set()?),
                '{' => out.push_str(&self.read(true)?),
                '\\' => out.push_str(&regex::escape(&self.left.next()?.to_string())),
                c => out.push_str(&regex::escape(&c.to_string())),
            }
        }
        (!inside).then_some(out)
    }

    fn star(&mut self) -> String {
        if self.left.as_slice().first() == Some(&'*') {
            self.left.next();
            return ".*".to_owned();
        }
        format!("{}*", self.one)
    }

    fn set(&mut self) -> Option<String> {
        let mut out = String::from("[");
        if self.left.as_slice().first() == Some(&'!') {
            self.left.next();
            out.push('^');
        }
        loop {
            match self.left.next()? {
                ']' => return Some(out + "]"),
                '\\' => {
                    out.push('\\');
                    out.push(self.left.next()?);
                }
                // To a regular expression these begin or join sets; to Gitea they are characters.
                c @ ('[' | '&' | '~') => {
                    out.push('\\');
                    out.push(c);
                }
                c => out.push(c),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_contexts_match_as_gitea_does() {
        let qa = "qa-review / approved (pull_request)";
        for (pattern, text, matches) in [
            (qa, qa, true),
            ("qa-review / approved (pull_request_target)", qa, false),
            ("*", qa, true),
            ("**", qa, true),
            ("qa-review / *", qa, true),
            ("qa-review/*", "qa-review/a/b", true),
            ("qa-review*", qa, true),
            ("Qa-review / *", qa, false),
            ("q?-review / *", qa, true),
            ("[pq]a-review / *", qa, true),
            ("[!q]a-review / *", qa, false),
            ("[a-z]a-review / *", qa, true),
            ("{qa,security}-review / *", qa, true),
            ("{qa,security}-review / *", "docs-review / x", false),
            ("build [1]", "build [1]", false),
            ("build [1]", "build 1", true),
            (r"build \[1\]", "build [1]", true),
            ("a.c", "abc", false),
            ("a+c", "a+c", true),
            ("a]", "a]", true),
            ("", "", true),
            ("", "a", false),
        ] {
            let glob = Glob::of_contexts(pattern);
            assert_eq!(glob.matches(text), matches, "{pattern:?} {text:?}");
        }
    }

    #[test]
    fn a_pattern_that_ends_too_early_matches_nothing() {
        for pattern in ["build [1", "{a,b", r"a\", "[z-a]"] {
            let glob = Glob::of_contexts(pattern);
            assert!(!glob.is_valid() && !glob.matches(pattern), "{pattern:?}");
        }
    }

    #[test]
    fn an_escaped_text_matches_itself_alone() {
        for text in ["plain", "build [1]", r"a\b", "{x}?*", "qa / ok (push)"] {
            let glob = Glob::of_contexts(&escaped(text));
            assert!(glob.matches(text), "{text:?}");
            assert!(!glob.matches(&format!("{text}x")), "{text:?}");
        }
        assert!(Glob::of_contexts("qa / ok (push)").is_exact());
    }

    #[test]
    fn patterns_of_branches_stay_within_a_part() {
        assert!(Glob::of_branches("release/*").matches("release/1.0"));
        assert!(!Glob::of_branches("release/*").matches("release/1/x"));
        assert!(Glob::of_branches("release/**").matches("release/1/x"));
        assert!(!Glob::of_branches("*").matches("a/b"));
    }
}
