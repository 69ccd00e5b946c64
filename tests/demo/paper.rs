//! How the story looks: comments and replies as a reader sees them, colours only on a terminal.

use std::io::IsTerminal as _;

fn paint(text: &str, code: &str) -> String {
    if std::io::stdout().is_terminal() {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

/// The title of a step.
pub(crate) fn heading(title: &str) {
    println!("\n{}", paint(&format!("── {title} "), "1;36"));
}

/// What somebody wrote.
pub(crate) fn comment(who: &str, what: &str) {
    println!("  {}: {what}", paint(who, "1"));
}

/// A reply of the bot, without what a reader does not see: the marker, and what is folded.
pub(crate) fn reply(body: &str) {
    println!("  {}:", paint("refire", "1"));
    let shown = body.split("<!--").next().unwrap_or(body);
    let (told, folded) = match shown.split_once("<details>") {
        Some((told, _)) => (told, Some("▸ How this was checked")),
        None => (shown, None),
    };
    for line in told.trim().lines().chain(folded) {
        println!("  │ {}", render_line(line));
    }
}

/// Bold words bold, code spans in a colour; on paper the plain words.
fn render_line(line: &str) -> String {
    let rule = line.starts_with('|') && line.chars().all(|c| matches!(c, '|' | '-'));
    if rule {
        return line.to_owned();
    }
    let bold = spans(line, "**", "1");
    spans(&bold, "`", "33")
}

fn spans(line: &str, mark: &str, code: &str) -> String {
    let parts = line.split(mark).enumerate();
    parts
        .map(|(at, part)| {
            if at % 2 == 1 {
                paint(part, code)
            } else {
                part.to_owned()
            }
        })
        .collect()
}

/// The table of statuses of a commit.
pub(crate) fn statuses(head: &str, rows: &[[String; 3]]) {
    println!("  statuses of {}:", head.get(..7).unwrap_or(head));
    let width = rows
        .iter()
        .map(|[context, ..]| context.chars().count())
        .max()
        .unwrap_or_default();
    for [context, state, description] in rows {
        let colour = match state.as_str() {
            "success" => "32",
            "failure" => "31",
            _ => "33",
        };
        let state = paint(&format!("{state:8}"), colour);
        println!("    {context:width$}  {state} {description}");
    }
}
