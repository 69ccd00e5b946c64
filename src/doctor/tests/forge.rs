//! The server.

use super::given::{trouble, version};
use super::{Check, Level, one, told};
use crate::doctor::forge::{Facts, judge};
use crate::gitea::Greeting;
use crate::model::Cause;
use jiff::SignedDuration;
use std::time::Duration;

fn greeting(text: &str) -> Greeting {
    Greeting {
        version: version(text),
        ahead: Some(SignedDuration::ZERO),
        took: Duration::from_millis(12),
        proxy: None,
    }
}

fn facts(greeting: Greeting) -> Facts {
    Facts {
        url: "https://git.example.org".to_owned(),
        greeting: Ok(greeting),
    }
}

#[test]
fn a_server_that_is_there_is_named_with_its_version() {
    let findings = judge(&facts(greeting("1.26.3")));
    assert_eq!(told(&findings), Vec::<String>::new());
    let (what, _) = one(&findings, Level::Ok, Check::Reachable);
    assert_eq!(
        what,
        "https://git.example.org answers as Gitea 1.26.3, within 12 ms"
    );
}

#[test]
fn what_a_version_does_otherwise_is_named() {
    for (text, part) in [
        ("1.22.6", "no `status` event"),
        ("1.23.8", "the first status that matches"),
        ("1.24.7", "a word that it does not know"),
        ("1.26.3", "without a second factor"),
        ("1.27.0+rc0", "private teams"),
        ("11.0.1+gitea-1.22.0", "date comments back"),
    ] {
        let findings = judge(&facts(greeting(text)));
        let quirks = findings
            .iter()
            .filter(|finding| finding.check == Check::Quirk);
        let says: Vec<&str> = quirks.map(|finding| finding.what.as_str()).collect();
        assert!(
            says.iter().any(|says| says.contains(part)),
            "{text}: {says:?}"
        );
    }
    let (what, _) = one(&judge(&facts(greeting("odd"))), Level::Warn, Check::Version);
    assert!(what.contains("odd"), "{what}");
}

#[test]
fn a_server_that_cannot_be_asked_fails_with_the_call() {
    let facts = Facts {
        greeting: Err(trouble(Cause::ForgeUnavailable, "GET", "/version")),
        ..facts(greeting("1.26.3"))
    };
    let findings = judge(&facts);
    assert_eq!(
        told(&findings),
        ["fail Reachable: https://git.example.org cannot be asked: Gitea did not answer in time"]
    );
    assert!(
        findings[0]
            .evidence
            .as_deref()
            .unwrap_or_default()
            .contains("GET /version")
    );
    assert!(
        findings[0]
            .repair
            .as_deref()
            .unwrap_or_default()
            .contains("forge.url")
    );
}

#[test]
fn a_server_that_accepts_nobody_of_ours_is_there_all_the_same() {
    let facts = Facts {
        greeting: Err(trouble(Cause::SignInRequired, "GET", "/version")),
        ..facts(greeting("1.26.3"))
    };
    assert_eq!(told(&judge(&facts)), Vec::<String>::new());
}

#[test]
fn clocks_proxies_and_slowness_are_told() {
    let off = Greeting {
        ahead: Some(SignedDuration::from_secs(-90)),
        proxy: Some("nginx"),
        took: Duration::from_secs(3),
        ..greeting("1.26.3")
    };
    let findings = judge(&facts(off));
    let (clock, _) = one(&findings, Level::Warn, Check::Clock);
    assert_eq!(clock, "the server's clock is 90 s behind ours");
    assert!(
        one(&findings, Level::Ok, Check::Proxy)
            .0
            .starts_with("nginx")
    );
    assert!(
        one(&findings, Level::Warn, Check::Speed)
            .0
            .contains("3000 ms")
    );
    let near = Greeting {
        ahead: Some(SignedDuration::from_secs(30)),
        ..greeting("1.26.3")
    };
    assert_eq!(told(&judge(&facts(near))), Vec::<String>::new());
}
