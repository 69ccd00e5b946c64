//! Any signed body at all: no panic, one reading only, and nothing is put in that the body does not name.

#![no_main]

use std::sync::{Arc, LazyLock};

use commands::GateTable;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use refire::config::{Config, Environment};
use refire::intake::payload::Payload;
use refire::intake::{Scope, Taken};
use serde_json::Value;

static SCOPE: LazyLock<Scope> = LazyLock::new(|| {
    let text = "[forge]\nurl = \"https://git.example.org\"\nrepositories = [\"acme/*\"]\n";
    let nothing = Environment::of::<&str, &str>([]);
    let config = Config::from_toml(None, text, &nothing).expect("the least configuration");
    let gate = |name: &str, alias: &str| (name.to_owned(), vec![alias.to_owned()]);
    let gates = GateTable::new([gate("qa-review", "qa"), gate("security-review", "security")])
        .expect("two gates with distinct names");
    Scope {
        gates: Arc::new(gates),
        policy: Arc::new(config.policy),
        repositories: Arc::new(|repo| repo.owner() == "acme"),
        is_own: Arc::new(|account| account.id.get() == 10),
    }
});

fuzz_target!(|body: &[u8]| {
    let Ok(payload) = Payload::parse(body) else {
        return;
    };
    read_in_one_way(body, &payload);
    let Payload::Relevant(delivery) = payload else {
        return;
    };
    let repository = delivery.repository.get();
    if let Taken::Put(puts) = SCOPE.take(*delivery, 7) {
        assert!(!puts.is_empty());
        for put in puts {
            assert_eq!(put.pull().repository, repository);
            let arrival = put.arrival(Timestamp::UNIX_EPOCH);
            arrival.expect("every event can be written");
        }
    }
});

/// A reader that believes the last of two equal keys reads the same. Where nothing relevant happened
/// does not matter.
fn read_in_one_way(body: &[u8], payload: &Payload) {
    if let Ok(last) = serde_json::from_slice::<Value>(body) {
        match (Payload::parse(last.to_string().as_bytes()), payload) {
            (Ok(Payload::Irrelevant { .. }), Payload::Irrelevant { .. }) => {}
            (again, _) => assert_eq!(again.as_ref(), Ok(payload)),
        }
    }
}
