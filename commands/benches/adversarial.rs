//! Comments written to be slow: each is one idea, repeated until it has the wanted size. All hold
//! a command at their end, so that nothing may stop reading early.

/// A comment to be slow on.
pub(crate) struct Comment {
    /// What it is made of.
    pub(crate) name: &'static str,
    /// The text, at most as long as asked for.
    pub(crate) body: String,
}

/// Pieces that are repeated as they are.
const REPEATED: &[(&str, &str)] = &[
    (
        "prose",
        "The quick brown fox and/or the lazy dog.\nSee src/main.rs for more.\n\n",
    ),
    ("one long line", "word "),
    ("slashes", "/"),
    ("slash lines", "/a\n"),
    ("letters", "a"),
    ("blank lines", "\n"),
    ("indented slashes", "   /a\n"),
    ("commands", "/refire\n"),
    ("commands in paragraphs", "/refire\n\n"),
    ("commands with CR LF", "/refire qa\r\n"),
    (
        "declarations",
        "/sop-n/a qa-review @91bc0d2 - docs *only*, `x` & [y](z)\n",
    ),
    ("unknown gates", "/refire securty\n"),
    ("slips", "/refrie\n"),
    ("slips of a long name", "/secxrity-rechexk\n"),
    ("paths", "/usr/share/doc/refire\n"),
    ("foreign commands", "/refresh now\n"),
    ("open links", "[a]("),
    ("open brackets", "["),
    ("closed brackets", "[a]"),
    ("link texts", "[/refire](x)\n"),
    ("images", "![a](b) "),
    ("autolinks", "<https://a.b/c> "),
    ("open emphasis", "*a "),
    ("closed emphasis", "*a* **b** _c_ "),
    ("emphasis over lines", "*a\n/refire qa\nb* "),
    ("strikethrough", "~~a ~b "),
    ("backticks", "`a ``b "),
    ("growing backticks", "` `` ``` "),
    ("fences", "```\n/refire\n```\n"),
    ("math", "$$\n/refire\n$$\n"),
    ("open math", "a\n\n$$\n\n"),
    ("quotes", "> /refire\n"),
    ("nested quotes", "> > > > > > > > a\n"),
    ("lists", "- /refire\n"),
    ("nested lists", "- - - - - - - - a\n"),
    ("tables", "| /refire | b |\n|---|---|\n| /refire | d |\n\n"),
    ("table rows", "|/refire|\n|-|\n"),
    ("headings", "# /refire\n"),
    ("underlined", "/refire\n---\n"),
    ("definitions", "/refire\n: /refire\n\n"),
    ("references", "[a]: /refire\n\n"),
    ("footnotes", "[^a]: /refire\n\nb[^a]\n\n"),
    ("HTML", "<div>\n/refire\n</div>\n\n"),
    ("open tags", "<a>"),
    ("open tags over commands", "x <a>\n/refire\n"),
    ("closed tags", "x <b>y\n/refire\n</b>\n"),
    ("unmatched tags", "<a></b>"),
    ("nested tags", "x <b><i><u>y\n/refire\n</u></i></b>\n"),
    ("declarations in tags", "x <b>y\n/sop-n/a qa docs\n</b>\n"),
    ("folded commands", "<details>\n\n/refire\n\n</details>\n\n"),
    ("open comments", "<!-- "),
    ("entities", "&amp;&#47;refire "),
    ("escapes", "\\/\\*\\["),
    ("zero width", "\u{200B}"),
    (
        "zero width in commands",
        "\u{200B}/\u{2060}re\u{FEFF}fire\u{A0}qa\n",
    ),
    ("no-break spaces", "\u{A0}/refire\u{202F}qa\n"),
    ("tabs", "\t/refire\n"),
    ("carriage returns", "/refire\r"),
    ("emoji", "🦀 "),
    ("hard breaks", "/refire\\\n/refire  \n"),
];

/// All comments, each of `size` bytes or a little less.
pub(crate) fn comments(size: usize) -> Vec<Comment> {
    let mut comments: Vec<_> = REPEATED
        .iter()
        .map(|(name, piece)| Comment {
            name,
            body: ended(piece.repeat(size / piece.len()), size),
        })
        .collect();
    comments.push(numbered("distinct slips", "/ref", size));
    comments.push(numbered("distinct gates", "/refire q", size));
    comments.push(numbered("distinct reasons", "/sop-n/a qa r", size));
    comments.push(Comment {
        name: "one carriage return",
        body: ended("a\r".to_owned() + &"a".repeat(size), size),
    });
    comments.push(Comment {
        name: "closing tags after a command",
        body: ended(
            "/refire security\n\n<pre>\n".to_owned() + &"</b".repeat(size),
            size,
        ),
    });
    for (name, letter) in [
        ("a reason of one long line", "é"),
        ("a reason that cannot be seen", "\u{200b}"),
    ] {
        comments.push(Comment {
            name,
            body: ended("/sop-n/a qa ".to_owned() + &letter.repeat(size / 2), size),
        });
    }
    comments.push(Comment {
        name: "deep quotes",
        body: ended("> ".repeat(size / 2), size),
    });
    comments.push(Comment {
        name: "deep lists",
        body: ended(
            (0..)
                .map(|depth| " ".repeat(2 * depth) + "- a\n")
                .take_while_total(size),
            size,
        ),
    });
    comments
}

/// A line per number, in letters so that words differ where slips are looked for.
fn numbered(name: &'static str, start: &str, size: usize) -> Comment {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    let line = |n: usize| {
        let word: String = [n / 676, n / 26, n].map(letter).iter().collect();
        format!("{start}{word}\n")
    };
    Comment {
        name,
        body: ended((0..).map(line).take_while_total(size), size),
    }
}

/// Makes room for a command in a paragraph of its own and puts it there.
fn ended(mut body: String, size: usize) -> String {
    const END: &str = "\n\n/refire security\n";
    body.truncate(body.floor_char_boundary(size - END.len()));
    body + END
}

trait TakeWhileTotal {
    fn take_while_total(self, size: usize) -> String;
}

impl<I: Iterator<Item = String>> TakeWhileTotal for I {
    fn take_while_total(self, size: usize) -> String {
        let mut all = String::new();
        for line in self {
            all.push_str(&line);
            if all.len() >= size {
                break;
            }
        }
        all
    }
}
