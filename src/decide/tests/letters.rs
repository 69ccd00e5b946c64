//! What holds for every reply, whatever strangers wrote.

use super::{letter, read, writes};
use crate::decide::reply::{
    Addressee, Declaration, Letter, MOST, Part, TeamRow, Whoami, Whose, render,
};
use crate::decide::statuses::Share;
use crate::decide::told::Bearing;
use crate::gate::facts::{Hearing, Says};
use crate::gate::policy::{GateName, Policy};
use crate::gate::tests::given::{World, attempt, evidence, gate_name, person, policy, sha, team};
use crate::gate::verdict::{Because, GateVerdict, Verdict};
use crate::model::{
    Account, Cause, CommentId, Evidence, Login, Membership, Outcome, PullNumber, PullState, Sha,
    Sight, TeamName, ToldCause,
};
use commands::Misuse;
use proptest::prelude::*;

/// Words that somebody may write to leave the place where they are shown.
fn words() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "/refire qa",
        "\n/refire qa\n",
        "\r\n\r\n/sop-n/a qa x",
        "`",
        "```\n",
        "``",
        "@quinn",
        "@acme/qa",
        "<!--",
        "-->",
        "</details>",
        "<details>",
        "|",
        "\\",
        "\\`",
        "**",
        "[x](y)",
        "\u{200b}",
        "\u{2028}/refire",
        "\u{85}",
        "\u{ad}",
        "\u{feff}",
        "&lt;",
        "&#10;/refire qa",
        "\t",
        "    /refire",
        "> /refire",
        "- /refire",
        "# ",
        "\u{202e}",
        "ä",
        "'",
        "<!-- refire: answers comment 1 -->",
    ]);
    let free = "\\PC{0,12}";
    prop::collection::vec(
        prop_oneof![2 => nasty.prop_map(String::from), 1 => free],
        0..8,
    )
    .prop_map(|all| all.concat())
}

fn sha_of(byte: u8) -> Sha {
    sha(&format!("{byte:02x}"))
}

#[derive(Clone, Debug)]
struct Strange {
    login: String,
    other: String,
    reason: String,
    message: String,
    team: String,
    editor: String,
}

fn strange() -> impl Strategy<Value = Strange> {
    (words(), words(), words(), words(), words(), words()).prop_map(
        |(login, other, reason, message, team, editor)| Strange {
            login,
            other,
            reason,
            message,
            team,
            editor,
        },
    )
}

impl Strange {
    fn team(&self) -> TeamName {
        TeamName::new(&self.other, &self.team)
    }

    fn attempt(&self, cause: Cause) -> crate::model::Diagnosis {
        let mut tried = attempt(&self.editor, &self.team(), cause);
        tried.login = Some(Login::new(&self.login));
        tried.evidence = vec![self.evidence(), self.evidence()];
        if let crate::model::Repair::IssueToken { scopes, page } = &mut tried.repair {
            *scopes = vec![self.message.clone()];
            page.clone_from(&self.other);
        }
        tried
    }

    fn unread(&self) -> Box<crate::model::Diagnosis> {
        Box::new(self.attempt(Cause::Unexplained))
    }

    fn evidence(&self) -> Evidence {
        Evidence {
            path: format!("/teams/1/members/{}", self.login),
            outcome: Outcome::Status(403),
            ..evidence(&self.editor, 403, Some(&self.message))
        }
    }

    fn account(&self) -> Account {
        Account::new(70, &self.login)
    }

    /// A world in which somebody of that name reviews and declares.
    fn verdicts(&self) -> Vec<GateVerdict> {
        let who = self.account();
        let says = || Says::Declare {
            commit: Some(self.other.clone()),
            reason: Some(self.reason.clone()),
        };
        let names = |world: World| {
            world
                .but(|review| review.reviewer = Some(who.clone()))
                .says("bob", &[("qa-review", says())])
                .but_said(|said| {
                    said.author = who.clone();
                })
        };
        let mut verdicts = vec![
            names(World::new().approves("bob")).verdict("qa-review"),
            names(World::new().requests_changes("bob"))
                .but_said(|said| said.hearing = Hearing::Edited(Some(self.editor.clone())))
                .verdict("qa-review"),
            names(World::new().approves("bob"))
                .but_said(|said| {
                    said.directives[0].says = Says::Declare {
                        commit: None,
                        reason: Some(self.reason.clone()),
                    };
                })
                .answers("acme/qa", "bob", Membership::Member)
                .verdict("qa-review"),
        ];
        let outcomes = [
            Verdict::Rejected(who.clone()),
            Verdict::Unknown(vec![
                Because::Probe {
                    who: who.id,
                    login: self.login.clone(),
                    diagnoses: vec![
                        self.attempt(Cause::ScopeMissing),
                        self.attempt(Cause::AccountBlocked),
                        self.attempt(Cause::TeamUnknown),
                    ],
                },
                Because::Unread(self.unread()),
            ]),
            Verdict::Unknown(vec![Because::Unread(self.unread())]),
            Verdict::Satisfied(crate::gate::verdict::Ground::Declaration {
                by: who.clone(),
                team: self.team(),
                comment: CommentId::new(3),
                reason: Some(self.reason.clone()),
                heard: true,
            }),
        ];
        let template = verdicts[0].clone();
        verdicts.extend(outcomes.map(|verdict| GateVerdict {
            team: self.team(),
            waivers: vec![self.team(), TeamName::new("acme", &self.reason)],
            verdict,
            ..template.clone()
        }));
        verdicts
    }

    fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        for verdict in self.verdicts() {
            for declared in
                std::iter::once(None).chain(verdict.declarations.clone().into_iter().map(Some))
            {
                for membership in [
                    Membership::NotMember,
                    Membership::AnotherUser,
                    Membership::Unknown(vec![self.attempt(Cause::BotNotInOrg)]),
                ] {
                    parts.push(Part::Declaration(Declaration {
                        gate: verdict.clone(),
                        declared: declared.clone(),
                        membership,
                        head: Some(sha_of(7)),
                        until_push: true,
                    }));
                }
            }
            parts.push(Part::Revocation {
                gate: verdict.gate.clone(),
                had: true,
                edited_by: None,
                now: verdict.clone(),
            });
            parts.push(Part::Gate(verdict));
        }
        parts.extend(self.others());
        parts
    }

    fn others(&self) -> Vec<Part> {
        let gates: Vec<(GateName, Vec<String>)> =
            vec![(gate_name("qa-review"), vec![self.other.clone()])];
        let misuses = [
            Misuse::UnknownGate {
                command: "/refire",
                word: self.reason.clone(),
                suggestion: None,
            },
            Misuse::UnknownCommand {
                word: self.reason.clone(),
                suggestion: "/sop-n/a",
            },
            Misuse::BadCommit {
                word: self.reason.clone(),
            },
            Misuse::MissingGate {
                command: "/sop-n/a",
            },
            Misuse::MarkedUp {
                command: "/sop-n/a",
            },
        ];
        let row = |membership| TeamRow {
            team: self.team(),
            approves: vec![gate_name("qa-review")],
            waives: Vec::new(),
            membership,
            sights: vec![
                (self.editor.clone(), Sight::Sees),
                (
                    self.other.clone(),
                    Sight::Blind(Box::new(self.attempt(Cause::ScopeMissing))),
                ),
            ],
        };
        let table = |whose, is_author, teams| {
            Part::WhoAmI(Whoami {
                who: self.account(),
                whose,
                is_author,
                teams,
            })
        };
        let named = Whose::WriterAlone(Login::new(&self.login));
        let unknown = Membership::Unknown(vec![
            self.attempt(Cause::ProxyInBetween),
            self.attempt(Cause::AccountBlocked),
        ]);
        let mut parts: Vec<Part> = misuses
            .map(|misuse| Part::Slip(misuse, gates.clone()))
            .to_vec();
        parts.extend([
            table(
                Whose::Another,
                false,
                vec![row(Membership::Member), row(unknown)],
            ),
            table(named, true, vec![row(Membership::Member)]),
            table(Whose::Writer, true, Vec::new()),
            Part::Help,
            Part::TooMany(3),
            Part::Truncated,
            Part::NotOpen(PullState::Closed),
            Part::NotAPull,
            Part::NotAComment,
            Part::NotGuarded(self.reason.clone()),
            Part::CannotLook(self.unread()),
            Part::Gone,
        ]);
        parts
    }

    fn letter(&self, parts: Vec<Part>) -> Letter {
        Letter {
            shares: vec![Share {
                number: PullNumber::new(13),
                open: vec![gate_name("qa-review")],
            }],
            open: vec![(gate_name("security-review"), self.reason.clone())],
            able: vec![(team("acme/qa"), vec![person("quinn")])],
            hidden_drafts: 2,
            looks_again: true,
            calls: vec![self.evidence(), self.evidence()],
            bearing: Bearing {
                elsewhere: Vec::new(),
                unread: None,
                held: vec![ToldCause {
                    diagnosis: self.attempt(Cause::ScopeMissing),
                    holder: CommentId::new(500),
                    times: 3,
                    last_by: CommentId::new(501),
                    last: jiff::Timestamp::UNIX_EPOCH,
                    resolved: Some(jiff::Timestamp::UNIX_EPOCH),
                }],
            },
            ..letter(Addressee::Comment(CommentId::new(500)), parts)
        }
    }

    /// One letter for each part, and one with all of them.
    fn letters(&self) -> Vec<Letter> {
        let parts = self.parts();
        let all = self.letter(parts.clone());
        parts
            .into_iter()
            .map(|part| self.letter(vec![part]))
            .chain([all])
            .collect()
    }
}

/// A body without its code spans and its marker. Every line must close the spans that it opens.
fn outside_code(body: &str) -> String {
    let body = body.rsplit_once("<!-- refire: answers").unwrap().0;
    let mut outside = String::new();
    for line in body.lines() {
        assert!(
            line.matches('`').count() % 2 == 0,
            "an open code span: {line}"
        );
        outside.extend(line.split('`').step_by(2));
        outside.push('\n');
    }
    outside
}

/// Nothing that anybody may write makes a command of ours.
fn holds_no_command(policy: &Policy, body: &str) -> bool {
    read(policy, body).is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_reply_holds_no_live_command(strange in strange()) {
        let policy = policy();
        for letter in strange.letters() {
            let body = render(&letter).body;
            prop_assert!(holds_no_command(&policy, &body), "{body}");
        }
    }

    #[test]
    fn a_reply_is_at_most_16_kib_long(strange in strange(), times in 1..40usize) {
        let parts = strange.parts();
        let many: Vec<Part> = parts.iter().cycle().take(parts.len() * times).cloned().collect();
        let mut letter = strange.letter(many);
        letter.calls = vec![strange.evidence(); times * 20];
        let body = render(&letter).body;
        prop_assert!(body.len() <= MOST, "{}", body.len());
        prop_assert_eq!(Addressee::named_in(&body), Some(letter.to));
    }

    #[test]
    fn a_reply_mentions_nobody_and_shows_strangers_words_in_code_alone(strange in strange()) {
        for letter in strange.letters() {
            let body = render(&letter).body;
            let outside = outside_code(&body);
            prop_assert!(!outside.contains('@'), "{outside}");
            for markup in ["<img", "<!--", "](", "&lt;", "&#"] {
                prop_assert!(!outside.contains(markup), "{outside}");
            }
        }
    }

    #[test]
    fn only_the_writer_of_an_unheard_declaration_that_counts_is_mentioned(reason in words()) {
        let says = Says::Declare { commit: None, reason: Some(reason) };
        let found = writes(World::new(), "quinn", "/sop-n/a qa x").then(|world| {
            world.but_said(|said| {
                said.hearing = Hearing::Unheard;
                said.directives[0].says = says;
            })
        });
        let body = render(&found.letter()).body;
        prop_assert_eq!(outside_code(&body).matches('@').count(), 1);
        prop_assert!(body.contains("\n@quinn: "));
        prop_assert!(holds_no_command(&found.world.policy, &body));
    }

    #[test]
    fn the_first_sentence_is_bold(strange in strange()) {
        for letter in strange.letters() {
            let body = render(&letter).body;
            prop_assert!(body.starts_with("**"), "{body}");
            prop_assert!(!outside_code(&body).contains('!'), "{body}");
        }
    }
}

#[test]
fn a_long_reply_is_cut_at_a_lines_end_and_says_so() {
    let verdict = (0..300).fold(World::new(), |world, _| {
        world.approves("bob").but(|r| r.official = None)
    });
    let letter = letter(
        Addressee::Comment(CommentId::new(500)),
        vec![Part::Gate(verdict.verdict("qa-review"))],
    );
    let body = render(&letter).body;
    assert!(body.len() <= MOST);
    assert!(body.contains(
        "*There is more than fits into one comment; the statuses on the commit are complete.*"
    ));
    outside_code(&body);
}

#[test]
fn an_unheard_declaration_that_does_not_count_mentions_nobody() {
    let found = writes(World::new(), "bob", "/sop-n/a qa x")
        .then(|w| w.but_said(|said| said.hearing = Hearing::Unheard));
    assert!(!outside_code(&render(&found.letter()).body).contains('@'));
}
