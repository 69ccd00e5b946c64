//! Worlds for the tests of the core, told in sentences.
//!
//! `alice` opened pull request 12 of `acme/widget` from a branch whose one push names [`HEAD`];
//! `quinn` and `quentin` are in `acme/qa`, `sam` and `susan` in `acme/security`, `erin` in
//! `acme/engineers`; `bob` is in no team, `refire` is the bot. A minute passes between two events.

use crate::gate::approval::Discount;
use crate::gate::declaration::Refusal;
use crate::gate::facts::{Directive, Facts, Hearing, History, Push, Says, Spoken};
use crate::gate::policy::{
    ApprovalPolicy, Bind, ContextTemplate, DeclarationPolicy, Gate, GateName, Policy, TeamRef,
    Unheard,
};
use crate::gate::verdict::{Because, GateVerdict, Ground, Verdict};
use crate::gate::{Answers, Case, Step, evaluate};
use crate::model::{
    Account, Block, Cause, Closed, CommentId, Diagnosis, Evidence, Login, Membership, Outcome,
    Pull, PullNumber, PullState, Repair, Repository, RepositoryId, Review, ReviewId, ReviewState,
    Reviews, Sha, Subject, TeamName, TimelineId,
};
use globset::GlobBuilder;
use jiff::{SignedDuration, Timestamp};
use regex::RegexSet;
use std::cell::RefCell;
use std::sync::LazyLock;
use std::time::Duration;

/// The head, until something is pushed.
pub(crate) const HEAD: &str = "3f2a9c1";
/// Another commit.
pub(crate) const OTHER: &str = "91bc0d2";

/// A whole commit id that begins so.
pub(crate) fn sha(begins: &str) -> Sha {
    format!("{begins:0<40}").parse().unwrap()
}

/// Seconds after the pull request was opened.
pub(crate) fn second(seconds: i64) -> Timestamp {
    let opened: Timestamp = "2026-11-02T10:00:00Z".parse().unwrap();
    opened + SignedDuration::from_secs(seconds)
}

/// Everybody has an id; `Ghost` has one that nobody owns.
pub(crate) fn person(login: &str) -> Account {
    const PEOPLE: [&str; 13] = [
        "alice",
        "bob",
        "quinn",
        "quentin",
        "sam",
        "susan",
        "erin",
        "refire",
        "ci-runner",
        "olivia",
        "carol",
        "dave",
        "reader",
    ];
    let id = match PEOPLE.iter().position(|known| *known == login) {
        Some(place) => i64::try_from(place).unwrap() + 1,
        None if login == "Ghost" => -1,
        None => panic!("who is {login}?"),
    };
    Account::new(id, login)
}

pub(crate) fn gate_name(name: &str) -> GateName {
    GateName::try_from(name.to_owned()).unwrap()
}

pub(crate) fn team(name: &str) -> TeamName {
    name.parse().unwrap()
}

fn gate(name: &str, alias: &str, team: &str) -> Gate {
    Gate {
        name: gate_name(name),
        aliases: vec![alias.to_owned()],
        team: TeamRef::OfOwner(team.to_owned()),
        waivers: vec![TeamRef::OfOwner(team.to_owned())],
        contexts: vec![ContextTemplate::new(&format!(
            "{name} / approved (pull_request)"
        ))],
    }
}

/// What a deployment gets that configures nothing, with `^ci-` for service accounts.
pub(crate) fn policy() -> Policy {
    /// Patterns take longer to build than all the rest of a world.
    static POLICY: LazyLock<Policy> = LazyLock::new(build_policy);
    POLICY.clone()
}

fn build_policy() -> Policy {
    let all = GlobBuilder::new("*").build().unwrap().compile_matcher();
    Policy {
        gates: vec![
            gate("qa-review", "qa", "qa"),
            gate("security-review", "security", "security"),
        ],
        declarations: DeclarationPolicy {
            context: ContextTemplate::new("sop-checklist / na-declarations (pull_request)"),
            bind: Bind::Head,
            grace: Duration::from_secs(10),
            unheard: Unheard::Mention,
            require_reason: false,
        },
        approvals: ApprovalPolicy {
            require_official: true,
            exclude_pushers: true,
        },
        service_accounts: RegexSet::new(["^ci-"]).unwrap(),
        base_branches: vec![all],
    }
}

/// Pull request 12 as `alice` opened it.
pub(crate) fn pull() -> Pull {
    Pull {
        number: PullNumber::new(12),
        author: person("alice"),
        state: PullState::Open,
        base: String::from("main"),
        head: Some(sha(HEAD)),
        repository: Repository {
            id: RepositoryId::new(7),
            name: "acme/widget".parse().unwrap(),
            created_at: second(-86_400),
            hidden: true,
            archived: false,
        },
        created_at: second(0),
        updated_at: second(0),
        locked: false,
        empty: false,
    }
}

/// A probe that was refused because the bot is not in the team, or for another cause.
pub(crate) fn attempt(asked_as: &str, team: &TeamName, cause: Cause) -> Diagnosis {
    let (status, message) = match cause {
        Cause::BotNotInTeam => (403, Some("Must be a team member")),
        Cause::BotNotInOrg => (404, None),
        Cause::ScopeMissing => (
            403,
            Some(
                "token does not have at least one of required scope(s), required=[read:organization], token scope=read:user",
            ),
        ),
        Cause::TokenInvalid => (401, None),
        _ => (502, None),
    };
    diagnosis(
        evidence(asked_as, status, message),
        Subject::Team(team.clone()),
        cause,
    )
}

/// What was found out from one answer.
pub(crate) fn diagnosis(evidence: Evidence, about: Subject, cause: Cause) -> Diagnosis {
    Diagnosis {
        asked_as: evidence.asked_as.clone(),
        login: Some(Login::new(evidence.asked_as.clone())),
        cause,
        repair: repair(&about, cause),
        passed_over: false,
        about,
        evidence: vec![evidence],
    }
}

/// The repair of each cause, with the pages of an imaginary Gitea.
pub(crate) fn repair(about: &Subject, cause: Cause) -> Repair {
    let page = |rest: &str| format!("https://git.example.org/{rest}");
    let team = match about {
        Subject::Team(team) => team.clone(),
        _ => TeamName::new("acme", "qa"),
    };
    let repo: crate::model::RepoName = "acme/widget".parse().unwrap();
    let tokens = page("user/settings/applications");
    let access = page("acme/widget/settings/collaboration");
    match cause {
        Cause::TokenInvalid => Repair::IssueToken {
            scopes: Vec::new(),
            page: tokens,
        },
        Cause::ScopeMissing => Repair::IssueToken {
            scopes: vec![String::from("read:organization")],
            page: tokens,
        },
        Cause::PublicOnlyToken => Repair::IssueUnlimitedToken { page: tokens },
        Cause::BotNotInTeam | Cause::BotNotInOrg => Repair::JoinTeam {
            page: page(&format!("org/{}/teams/{}", team.org(), team.team())),
            team,
        },
        Cause::TeamUnknown => Repair::NameTeam { team },
        Cause::AccountBlocked => Repair::OpenAccount {
            block: Block::Other,
            page: page("-/admin/users"),
        },
        Cause::SignInRequired => Repair::ConfigureToken,
        Cause::RepoNotVisible => Repair::GrantRead { repo, page: access },
        Cause::CannotWriteStatus => Repair::GrantWrite {
            repo,
            scopes: Vec::new(),
            page: access,
        },
        Cause::CannotComment => Repair::OpenConversation {
            repo,
            closed: Closed::Locked,
            page: page("acme/widget/pulls/12"),
        },
        Cause::ProxyInBetween => Repair::PassProxy,
        Cause::PushNotRecorded => Repair::PushCommit,
        Cause::NotAMember => Repair::AskMember { team },
        Cause::OwnerNotAnOrganisation => Repair::UseOrganisation {
            owner: team.org().to_owned(),
        },
        Cause::Unexplained => Repair::AskOperator,
        Cause::HeadNotInBase | Cause::ForgeUnavailable | Cause::UserUnknown => Repair::Wait,
    }
}

/// A call that was answered so.
pub(crate) fn evidence(asked_as: &str, status: u16, message: Option<&str>) -> Evidence {
    Evidence {
        at: second(900),
        asked_as: asked_as.to_owned(),
        method: String::from("GET"),
        path: String::from("/teams/3/members/quinn"),
        outcome: Outcome::Status(status),
        message: message.map(str::to_owned),
        headers: Vec::new(),
    }
}

/// A deployment, a pull request, and who is in which team.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) policy: Policy,
    pub(crate) facts: Facts,
    /// What Gitea would answer; whoever is not named is no member.
    pub(crate) memberships: Vec<(TeamName, Account, Membership)>,
    /// What was asked, in order.
    pub(crate) asked: RefCell<Vec<String>>,
    place: u64,
    at: i64,
    gap: i64,
}

impl World {
    /// The world as it is described above.
    pub(crate) fn new() -> Self {
        let members = [
            ("acme/qa", "quinn"),
            ("acme/qa", "quentin"),
            ("acme/security", "sam"),
            ("acme/security", "susan"),
            ("acme/engineers", "erin"),
        ];
        let facts = Facts {
            pull: pull(),
            reviews: Reviews::default(),
            history: History::default(),
            spoken: Vec::new(),
            revocations: crate::gate::facts::Revocations::new(),
            bots: vec![person("refire")],
            openers: Vec::new(),
            head_seen_at: second(0),
            patience: Duration::from_secs(60),
            read_at: second(5),
        };
        let memberships = members
            .map(|(t, who)| (team(t), person(who), Membership::Member))
            .into_iter()
            .collect();
        let asked = RefCell::default();
        let world = Self {
            policy: policy(),
            facts,
            memberships,
            asked,
            place: 10,
            at: 0,
            gap: 1,
        };
        world.pushes("alice", HEAD)
    }

    /// Takes the next place of the timeline.
    fn event(&mut self) -> (TimelineId, Timestamp) {
        self.place += 1;
        self.at += self.gap;
        self.gap = 60;
        (TimelineId::new(self.place), second(self.at))
    }

    /// So many seconds before the next event instead of a minute.
    pub(crate) fn within(mut self, seconds: i64) -> Self {
        self.gap = seconds;
        self
    }

    /// Another deployment.
    pub(crate) fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    /// Other facts.
    pub(crate) fn facts(mut self, change: impl FnOnce(&mut Facts)) -> Self {
        change(&mut self.facts);
        self
    }

    pub(crate) fn pushes(mut self, who: &str, commit: &str) -> Self {
        let (id, at) = self.event();
        let pusher = Some(person(who).id);
        self.facts.history.pushes.push(Push {
            id,
            at,
            pusher,
            last: Some(sha(commit)),
        });
        self.head_moves(commit)
    }

    /// The head is new and the timeline does not know yet.
    pub(crate) fn head_moves(mut self, commit: &str) -> Self {
        self.facts.pull.head = Some(sha(commit));
        self.facts.head_seen_at = second(self.at);
        self.facts.read_at = second(self.at + 5);
        self
    }

    /// The facts are read so long after the head was first seen.
    pub(crate) fn read_after(mut self, seconds: i64) -> Self {
        self.facts.read_at = self.facts.head_seen_at + SignedDuration::from_secs(seconds);
        self
    }

    pub(crate) fn retargeted(mut self) -> Self {
        let (id, _) = self.event();
        self.facts.history.retarget = Some(id);
        self
    }

    pub(crate) fn reopened(mut self) -> Self {
        let (id, _) = self.event();
        self.facts.history.reopened = Some(id);
        self
    }

    pub(crate) fn approves(self, who: &str) -> Self {
        self.reviews(who, ReviewState::Approved)
    }

    pub(crate) fn requests_changes(self, who: &str) -> Self {
        self.reviews(who, ReviewState::RequestChanges)
    }

    pub(crate) fn reviews(mut self, who: &str, state: ReviewState) -> Self {
        let (place, at) = self.event();
        let id = ReviewId::new(place.get() + 1000);
        self.facts.history.reviews.insert(id, place);
        self.facts.reviews.rows.push(Review {
            id,
            reviewer: Some(person(who)),
            state,
            official: Some(true),
            dismissed: Some(false),
            stale: Some(false),
            commit: self.facts.pull.head.clone(),
            inline_comments: 0,
            submitted_at: Some(at),
        });
        self
    }

    /// The newest review is different.
    pub(crate) fn but(mut self, change: impl FnOnce(&mut Review)) -> Self {
        change(self.facts.reviews.rows.last_mut().unwrap());
        self
    }

    pub(crate) fn declares(self, who: &str, gate: &str) -> Self {
        self.says(
            who,
            &[(
                gate,
                Says::Declare {
                    commit: None,
                    reason: Some("docs only".into()),
                },
            )],
        )
    }

    /// A declaration that names a commit.
    pub(crate) fn declares_at(self, who: &str, gate: &str, commit: &str) -> Self {
        self.says(
            who,
            &[(
                gate,
                Says::Declare {
                    commit: Some(commit.into()),
                    reason: None,
                },
            )],
        )
    }

    pub(crate) fn revokes(self, who: &str, gate: &str) -> Self {
        self.says(who, &[(gate, Says::Revoke)])
    }

    /// One comment with these directives, heard by webhook.
    pub(crate) fn says(self, who: &str, directives: &[(&str, Says)]) -> Self {
        let directive = |(gate, says): &(&str, Says)| Directive {
            gate: gate_name(gate),
            says: says.clone(),
        };
        self.speaks(who, directives.iter().map(directive).collect())
    }

    /// The same with directives as they were read.
    pub(crate) fn speaks(mut self, who: &str, directives: Vec<Directive>) -> Self {
        let (place, at) = self.event();
        let author = person(who);
        for said in directives.iter().filter(|said| said.says == Says::Revoke) {
            self.facts
                .revocations
                .insert((author.id, said.gate.clone()), place);
        }
        let comment = CommentId::new(place.get());
        let (created_at, updated_at, hearing) = (at, at, Hearing::Heard);
        self.facts.spoken.push(Spoken {
            comment,
            author,
            created_at,
            updated_at,
            directives,
            hearing,
        });
        self
    }

    /// The newest comment is different.
    pub(crate) fn but_said(mut self, change: impl FnOnce(&mut Spoken)) -> Self {
        change(self.facts.spoken.last_mut().unwrap());
        self
    }

    /// The newest comment is deleted.
    pub(crate) fn and_is_deleted(mut self) -> Self {
        self.facts.spoken.pop().unwrap();
        self
    }

    /// What Gitea answers about somebody.
    pub(crate) fn answers(mut self, name: &str, who: &str, membership: Membership) -> Self {
        let (team, who) = (team(name), person(who));
        self.memberships
            .retain(|(t, a, _)| !(*t == team && *a == who));
        self.memberships.push((team, who, membership));
        self
    }

    /// Gitea does not tell the bot about somebody.
    pub(crate) fn hides(self, name: &str, who: &str) -> Self {
        let tried = vec![attempt("refire", &team(name), Cause::BotNotInTeam)];
        self.answers(name, who, Membership::Unknown(tried))
    }

    /// Drives the evaluation of a gate as the worker does: candidates are asked about one after the
    /// other, up to the first who is a member.
    pub(crate) fn verdict(&self, gate: &str) -> GateVerdict {
        self.verdict_and_answers(gate).0
    }

    pub(crate) fn verdict_and_answers(&self, gate: &str) -> (GateVerdict, Answers) {
        let gate = self.policy.gate(&gate_name(gate)).unwrap();
        let case = Case {
            policy: &self.policy,
            gate,
            facts: &self.facts,
        };
        let mut answers = Answers::default();
        for _ in 0..100 {
            match evaluate(case, &answers) {
                Step::Done(verdict) => return (*verdict, answers),
                Step::Ask(team, who) => answers.add(&team, self.prove(&team, &who)),
            }
        }
        panic!("the evaluation does not end")
    }

    fn prove(&self, team: &TeamName, candidates: &[Account]) -> Vec<(Account, Membership)> {
        let mut found = Vec::new();
        for who in candidates {
            self.asked
                .borrow_mut()
                .push(format!("{} in {team}", who.login));
            let membership = self.membership(team, who);
            let proven = membership == Membership::Member;
            found.push((who.clone(), membership));
            if proven {
                break;
            }
        }
        found
    }

    pub(crate) fn membership(&self, team: &TeamName, who: &Account) -> Membership {
        let known = self
            .memberships
            .iter()
            .find(|(t, a, _)| t == team && a == who);
        known.map_or(Membership::NotMember, |(_, _, membership)| {
            membership.clone()
        })
    }

    /// The verdict in one line.
    pub(crate) fn outcome(&self, gate: &str) -> String {
        match self.verdict(gate).verdict {
            Verdict::Satisfied(Ground::Approval { by, team, .. }) => {
                format!("{} of {team} approved", by.login)
            }
            Verdict::Satisfied(Ground::Declaration { by, team, .. }) => {
                format!("{} of {team} declared", by.login)
            }
            Verdict::Rejected(by) => format!("{} rejected", by.login),
            Verdict::Missing => String::from("missing"),
            Verdict::Unknown(because) => {
                let because: Vec<String> = because.iter().map(doubt).collect();
                format!("unknown: {}", because.join("; "))
            }
        }
    }

    /// Why the newest review does not count; `None`: it does, if its writer is a member.
    pub(crate) fn discount(&self) -> Option<Discount> {
        let reviews = self.verdict("qa-review").reviews;
        reviews.last().unwrap().standing.clone().err()
    }

    /// Why the newest declaration for `qa-review` does not count; `None`: it does, if its writer is in a waiver team.
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let declarations = self.verdict("qa-review").declarations;
        declarations.last().unwrap().standing.clone().err()
    }
}

fn doubt(because: &Because) -> String {
    match because {
        Because::Probe {
            login, diagnoses, ..
        } => {
            let tried: Vec<String> = diagnoses
                .iter()
                .map(|a| format!("{} {} {:?}", a.asked_as, a.team().unwrap(), a.cause))
                .collect();
            format!("{login} ({})", tried.join(", "))
        }
        Because::Unsettled(late) => format!("unsettled {late:?}"),
        other => format!("{other:?}"),
    }
}
