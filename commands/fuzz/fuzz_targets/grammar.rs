//! Any comment at all: no panic, bounds hold, what is printed parses to itself, and nothing in a
//! quote or a code block is a command.

#![no_main]

use std::sync::LazyLock;

use commands::{GateTable, MAX_COMMANDS, MAX_MISUSES, Reading, parse};
use libfuzzer_sys::fuzz_target;

static GATES: LazyLock<GateTable> = LazyLock::new(|| {
    let gate = |name: &str, alias: &str| (name.to_owned(), vec![alias.to_owned()]);
    GateTable::new([gate("qa-review", "qa"), gate("security-review", "security")])
        .expect("two gates with distinct names")
});

fuzz_target!(|body: &str| {
    let Reading {
        commands, misuses, ..
    } = parse(body, &GATES);
    assert!(commands.len() <= MAX_COMMANDS && misuses.len() <= MAX_MISUSES);
    for command in &commands {
        let printed = command.to_string();
        let again = parse(&printed, &GATES);
        assert_eq!(again.commands, std::slice::from_ref(command), "{printed:?}");
        assert!(again.misuses.is_empty(), "{printed:?}");
    }
    assert_none(&format!("> {}", body.replace('\n', "\n> ")));
    let fence = "`".repeat(3 + body.matches('`').count());
    assert_none(&format!("{fence}\n{body}\n{fence}"));
});

fn assert_none(body: &str) {
    let reading = parse(body, &GATES);
    assert!(reading.is_empty(), "{body:?}: {reading:?}");
}
