//! The server: is it there, which one is it, and is anything in between.

use super::{Area, Check, Finding, Trouble};
use crate::gitea::{Greeting, Kind, Session, Version};
use jiff::SignedDuration;
use std::time::Duration;

const AREA: Area = Area::Forge;
/// A clock that is off by more than this makes times in replies and logs hard to compare.
const CLOCKS: SignedDuration = SignedDuration::from_secs(30);
/// Gitea gives a webhook five seconds in all (gitea-facts §6.4); a server that itself takes this
/// long for its version is close to doing so for everything.
const SLOW: Duration = Duration::from_secs(2);

/// What is known of the server.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The configured address.
    pub url: String,
    /// How it introduced itself.
    pub greeting: Result<Greeting, Trouble>,
}

/// A server's behaviour that matters to whoever runs the bot.
struct Quirk {
    kind: Kind,
    /// From this minor version on, and up to this one; of Forgejo always.
    versions: (u32, u32),
    says: &'static str,
}

/// What gitea-facts knows of versions (§1.5, §1.6, §2.3, §6.2, §9, §13.2).
const QUIRKS: &[Quirk] = &[
    Quirk {
        kind: Kind::Gitea,
        versions: (0, 22),
        says: "has no `status` event, so that a forged status is found by the sweep only, and was never tried with refire",
    },
    Quirk {
        kind: Kind::Gitea,
        versions: (0, 23),
        says: "looks only at the first status that matches a required pattern, whatever the others say: require contexts by their exact names",
    },
    Quirk {
        kind: Kind::Gitea,
        versions: (0, 24),
        says: "lets a required status pass whose state is a word that it does not know",
    },
    Quirk {
        kind: Kind::Gitea,
        versions: (24, u32::MAX),
        says: "hides every repository from accounts without a second factor where `TWO_FACTOR_AUTH = enforced`",
    },
    Quirk {
        kind: Kind::Gitea,
        versions: (27, u32::MAX),
        says: "leaves private teams out of an organisation's list for all but their members, and can require contexts for a whole organisation, which no repository shows",
    },
    Quirk {
        kind: Kind::Forgejo,
        versions: (0, u32::MAX),
        says: "has no `status` event, so that a forged status is found by the sweep only, and lets a repository's administrator date comments back",
    },
];

/// Asks the server who it is.
pub async fn fetch(session: &Session, url: String) -> Facts {
    let greeting = session.greet().await;
    Facts {
        url,
        greeting: greeting.map_err(|error| Trouble::of(&error, None)),
    }
}

/// What is to be said of it.
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let greeting = match &facts.greeting {
        Ok(greeting) => greeting,
        Err(trouble) if trouble.is_about_us() => {
            let what = format!(
                "{} answers, and tells its version to nobody whom it does not accept",
                facts.url
            );
            return vec![Finding::ok(AREA, Check::Reachable, what)];
        }
        Err(trouble) => {
            let what = format!("{} cannot be asked: {}", facts.url, trouble.meaning());
            return vec![Finding::fail(AREA, Check::Reachable, what).because(trouble)];
        }
    };
    let name = name(&greeting.version);
    let took = greeting.took.as_millis();
    let mut findings = vec![Finding::ok(
        AREA,
        Check::Reachable,
        format!("{} answers as {name}, within {took} ms", facts.url),
    )];
    findings.extend(version(&greeting.version));
    findings.extend(clock(greeting.ahead));
    findings.extend(greeting.proxy.map(|who| {
        Finding::ok(
            AREA,
            Check::Proxy,
            format!("{who} stands in front of Gitea"),
        )
        .seen("if it refuses calls, it has to let the User-Agent of `forge.user_agent` through")
    }));
    if greeting.took > SLOW {
        findings.push(slow(took));
    }
    findings
}

fn name(version: &Version) -> String {
    let kind = match version.kind {
        Kind::Gitea => "Gitea",
        Kind::Forgejo => "Forgejo",
    };
    format!("{kind} {}", version.text)
}

fn version(version: &Version) -> Vec<Finding> {
    let minor = match (version.kind, version.major, version.minor) {
        (Kind::Gitea, Some(1), Some(minor)) => minor,
        (Kind::Gitea, Some(2..), _) => u32::MAX,
        (Kind::Gitea, ..) => {
            let what = format!("the version {} is not understood", version.text);
            return vec![Finding::warn(AREA, Check::Version, what)];
        }
        (Kind::Forgejo, ..) => 0,
    };
    let applies = |quirk: &&Quirk| {
        let (from, to) = quirk.versions;
        quirk.kind == version.kind && (from..=to).contains(&minor)
    };
    let quirks = QUIRKS.iter().filter(applies);
    let told = quirks.map(|quirk| {
        let what = format!("{} {}", name(version), quirk.says);
        Finding::ok(AREA, Check::Quirk, what)
    });
    told.collect()
}

fn clock(ahead: Option<SignedDuration>) -> Option<Finding> {
    let Some(ahead) = ahead else {
        let what = "the server does not say what time it is";
        return Some(Finding::ok(AREA, Check::Clock, what));
    };
    if ahead.abs() <= CLOCKS {
        return None;
    }
    let word = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    let what = format!(
        "the server's clock is {} s {word} ours",
        ahead.abs().as_secs()
    );
    let repair = "let both machines keep time by NTP";
    Some(Finding::warn(AREA, Check::Clock, what).repaired_by(repair))
}

fn slow(took: u128) -> Finding {
    let what = format!(
        "the server took {took} ms for its version; it gives webhooks 5 s in all, and whatever is slow for it is slow for the bot"
    );
    Finding::warn(AREA, Check::Speed, what)
        .repaired_by("find out why Gitea or the way to it is slow")
}
