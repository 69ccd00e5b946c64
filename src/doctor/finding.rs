//! What the doctor found: one line each, and what follows from all of them.

use super::Trouble;
use crate::model::Cause;
use serde::Serialize;

/// A part of the set-up. In this order things break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The server.
    Forge,
    /// The bot's tokens and accounts.
    Identities,
    /// The gates' and waivers' teams.
    Teams,
    /// The repositories that are looked after.
    Repositories,
    /// How deliveries come in.
    Webhook,
    /// The statuses' contexts against the branch rules.
    Contexts,
    /// The store on disk.
    Store,
}

impl Area {
    /// What is looked at, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Forge => "looking at the server",
            Self::Identities => "looking at the tokens and accounts",
            Self::Teams => "looking at the teams",
            Self::Repositories => "looking at the repositories",
            Self::Webhook => "looking at the webhooks",
            Self::Contexts => "looking at the branch rules",
            Self::Store => "looking at the store",
        }
    }
}

/// What was looked at. The names are stable and appear in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each name says what it is; the README explains them"
)]
pub enum Check {
    Reachable,
    Version,
    Quirk,
    Clock,
    Proxy,
    Speed,
    Token,
    Administrator,
    Scopes,
    SparesScopes,
    PublicOnly,
    SecondFactor,
    SharedAccount,
    PassedOver,
    Sight,
    Members,
    Pattern,
    Visible,
    Writable,
    Comments,
    Hook,
    HookActive,
    HookJson,
    HookEvents,
    HookTarget,
    HookTwice,
    HookPlace,
    HookSecret,
    Signed,
    Required,
    Misspelt,
    Broad,
    Escapes,
    ActionsShape,
    Official,
    Unguarded,
    Branches,
    Lock,
    Schema,
    Disk,
    Sweep,
    Waiting,
    Socket,
}

/// How it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// As it has to be.
    Ok,
    /// It works, and something will come of it.
    Warn,
    /// It does not work.
    Fail,
    /// It could not be looked at.
    Skip,
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where it belongs.
    pub area: Area,
    /// What was looked at.
    pub check: Check,
    /// How it stands.
    pub level: Level,
    /// What was found, in one sentence without its full stop.
    pub what: String,
    /// Why, by the names of the diagnosis. `None`: no call was refused.
    pub cause: Option<Cause>,
    /// What was asked, as whom, and what came back.
    pub evidence: Option<String>,
    /// The one action that repairs it, as an imperative sentence without its full stop.
    pub repair: Option<String>,
}

impl Finding {
    fn new(area: Area, check: Check, level: Level, what: impl Into<String>) -> Self {
        Self {
            area,
            check,
            level,
            what: what.into(),
            cause: None,
            evidence: None,
            repair: None,
        }
    }

    /// It is right.
    pub(super) fn ok(area: Area, check: Check, what: impl Into<String>) -> Self {
        Self::new(area, check, Level::Ok, what)
    }

    /// It works, but.
    pub(super) fn warn(area: Area, check: Check, what: impl Into<String>) -> Self {
        Self::new(area, check, Level::Warn, what)
    }

    /// It is wrong.
    pub(super) fn fail(area: Area, check: Check, what: impl Into<String>) -> Self {
        Self::new(area, check, Level::Fail, what)
    }

    /// It could not be looked at; `needs` says what that would take.
    pub(super) fn skip(area: Area, check: Check, what: &str, needs: &str) -> Self {
        Self::new(area, check, Level::Skip, format!("{what}: needs {needs}"))
    }

    /// With the one action that repairs it.
    pub(super) fn repaired_by(mut self, repair: impl Into<String>) -> Self {
        self.repair = Some(repair.into());
        self
    }

    /// With the call that told, and its repair where it has one.
    pub(super) fn because(mut self, trouble: &Trouble) -> Self {
        self.cause = Some(trouble.cause());
        self.evidence = Some(trouble.evidence());
        self.repair = self.repair.or_else(|| trouble.repair());
        self
    }

    /// With evidence that is no call.
    pub(super) fn seen(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }

    /// Whether it says that something could not be found out, for now.
    fn is_unknown(&self) -> bool {
        let passing = matches!(
            self.cause,
            Some(Cause::ForgeUnavailable | Cause::ProxyInBetween | Cause::Unexplained)
        );
        passing && matches!(self.level, Level::Fail | Level::Skip)
    }
}

/// What follows from all findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing fails.
    Sound,
    /// Something fails.
    Failing,
    /// Something could not be found out; this wins.
    Unknown,
}

/// All findings, in the order in which things break.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Report {
    /// What follows.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let any = |is: fn(&Finding) -> bool| self.findings.iter().any(is);
        if any(Finding::is_unknown) {
            Verdict::Unknown
        } else if any(|finding| finding.level == Level::Fail) {
            Verdict::Failing
        } else {
            Verdict::Sound
        }
    }

    /// What is not as it has to be.
    pub fn failing(&self) -> impl Iterator<Item = &Finding> {
        let fails = |finding: &&Finding| finding.level == Level::Fail;
        self.findings.iter().filter(fails)
    }
}
