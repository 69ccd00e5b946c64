//! What holds for every comment: no panic, bounds, printed commands parse to themselves, and
//! nothing inside of code, quotes, lists, HTML, headings, tables, footnotes or links is a command.

#![expect(
    clippy::unwrap_used,
    reason = "what the strategies make is well formed"
)]

use commands::{
    Command, CommitPrefix, GateName, MAX_COMMANDS, MAX_MISUSES, Person, Reading, Reason, Selection,
    parse,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::gates;

/// What comments are made of, as far as it can matter to us.
const PIECES: &[&str] = &[
    "/refire",
    "/refire qa",
    "/sop-n/a qa-review",
    "/sop-n/a qa @91bc0d2",
    " docs only",
    "/sop-an",
    "/whoami-teams",
    "/",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\n> ",
    "\n- ",
    "\n1. ",
    "`",
    "\n```\n",
    "\n~~~\n",
    "<b>",
    "</b>",
    "\n<details>\n\n",
    "\n</details>\n",
    "<!--",
    "-->",
    "*",
    "**",
    "_",
    "[",
    "]",
    "](x)",
    "[^1]",
    "\n[^1]: ",
    "\n[a]: ",
    "|",
    "\n|---|\n",
    "\n---\n",
    "\n$$\n",
    "$",
    "\\",
    "&#47;",
    "&amp;",
    "    ",
    "\t",
    " ",
    "\u{A0}",
    "\u{200B}",
    "\u{FEFF}",
    "é",
    "🦀",
    "~~",
    "\n: ",
    "\n# ",
    "—",
    "- ",
    ":",
    "@",
    "\0",
];

fn comment() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(select(PIECES), 0..40);
    prop_oneof![3 => pieces.prop_map(|pieces| pieces.concat()), 1 => any::<String>()]
}

fn gate() -> impl Strategy<Value = GateName> {
    select(vec!["qa-review", "security-review"]).prop_map(|name| GateName::new(name).unwrap())
}

fn reason() -> impl Strategy<Value = Option<Reason>> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,40}",
        "[ -~äß—–🦀\u{A0}\u{200B}]{0,600}",
        prop::collection::vec(select(PIECES), 0..20).prop_map(|pieces| pieces.concat()),
    ]
    .prop_map(|text| Reason::new(&text))
}

fn commit() -> impl Strategy<Value = Option<CommitPrefix>> {
    prop::option::of("[0-9a-fA-F]{7,64}".prop_map(|word| CommitPrefix::new(&word).unwrap()))
}

fn person() -> impl Strategy<Value = Option<Person>> {
    prop::option::of(
        "[a-z0-9]{1,9}([._-][a-zA-Z0-9]{1,9}){0,3}".prop_map(|w| Person::new(&w).unwrap()),
    )
}

/// A declaration without a commit whose reason reads like one cannot be typed.
fn can_be_typed(command: &Command) -> bool {
    let Command::Declare {
        commit: None,
        reason: Some(reason),
        ..
    } = command
    else {
        return true;
    };
    !reason.as_str().starts_with('@')
}

fn command() -> impl Strategy<Value = Command> {
    let selection = prop_oneof![Just(Selection::All), gate().prop_map(Selection::One)];
    prop_oneof![
        (gate(), commit(), reason()).prop_map(|(gate, commit, reason)| Command::Declare {
            gate,
            commit,
            reason
        }),
        (gate(), reason()).prop_map(|(gate, reason)| Command::Revoke { gate, reason }),
        selection.prop_map(|gates| Command::Refire { gates }),
        person().prop_map(|person| Command::WhoAmI { person }),
        Just(Command::Help),
    ]
    .prop_filter("nobody can type it", can_be_typed)
}

fn none_in(body: &str) {
    assert_eq!(parse(body, &gates()), Reading::default(), "{body:?}");
}

fn prefixed(body: &str, first: &str, others: &str) -> String {
    format!("{first}{}", body.replace('\n', &format!("\n{others}")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_comment_panics_and_bounds_hold(body in comment()) {
        let reading = parse(&body, &gates());
        prop_assert!(reading.commands.len() <= MAX_COMMANDS);
        prop_assert!(reading.misuses.len() <= MAX_MISUSES);
        prop_assert!(commands::may_hold_command(&body) || reading == Reading::default());
    }

    #[test]
    fn printed_commands_of_any_comment_parse_to_themselves(body in comment()) {
        for command in parse(&body, &gates()).commands {
            let printed = command.to_string();
            let again = parse(&printed, &gates());
            prop_assert_eq!(&again.commands[..], &[command], "{:?}", printed);
            prop_assert!(again.misuses.is_empty());
        }
    }

    #[test]
    fn parse_of_printed_is_the_same(command in command()) {
        let printed = command.to_string();
        let reading = parse(&printed, &gates());
        prop_assert_eq!(reading, Reading { commands: vec![command], ..Reading::default() }, "{:?}", printed);
    }

    #[test]
    fn parse_of_all_printed_is_the_same(commands in prop::collection::vec(command(), 0..=16)) {
        let printed: String = commands.iter().map(|command| format!("{command}\n")).collect();
        let mut distinct = Vec::new();
        for command in commands {
            if !distinct.contains(&command) {
                distinct.push(command);
            }
        }
        prop_assert_eq!(parse(&printed, &gates()).commands, distinct);
    }

    #[test]
    fn never_a_command_out_of_code(body in comment()) {
        let fence = "`".repeat(body.chars().filter(|c| *c == '`').count() + 3);
        none_in(&format!("{fence}\n{body}\n{fence}"));
        none_in(&prefixed(&body, "    ", "    "));
    }

    #[test]
    fn never_a_command_out_of_a_quote(body in comment()) {
        none_in(&prefixed(&body, "> ", "> "));
    }

    #[test]
    fn never_a_command_out_of_a_list(body in comment()) {
        none_in(&prefixed(&body, "- item\n\n  ", "  "));
        none_in(&prefixed(&body, "1. item\n\n   ", "   "));
    }

    #[test]
    fn never_a_command_out_of_html(body in comment(), commands in prop::collection::vec(command(), 1..4)) {
        let body = body.replace("-->", "");
        none_in(&format!("<!--\n{body}\n-->"));
        let lines: Vec<_> = commands.iter().map(|command| format!("\n{command}\n")).collect();
        let lines = lines.concat();
        none_in(&format!("<details>\n{lines}\n</details>"));
        none_in(&format!("<pre>{lines}</pre>"));
        none_in(&format!("text <b>{}</b>", lines.replace("\n\n", "\n")));
    }

    #[test]
    fn never_a_command_out_of_other_constructs(command in command()) {
        none_in(&format!("# {command}"));
        none_in(&format!("{command}\n==="));
        none_in(&format!("{command}\n---"));
        none_in(&format!("{command}\n: definition"));
        none_in(&format!("text[^1]\n\n[^1]: {command}"));
        none_in(&format!("| a |\n|---|\n{command}"));
        none_in(&format!("| a |\n|---|\n| {command} |"));
        none_in(&format!("[\n{command}\n](x)"));
        none_in(&format!("$$\n{command}\n$$"));
        none_in(&format!("see {command}"));
        none_in(&format!("\\{command}"));
    }
}
