//! What is remembered of a stream of entries.

use crate::decide::directive::gate_table;
use crate::decide::record::TimelineMemory;
use crate::decide::reply::Addressee;
use crate::decide::timeline::{Ears, Reading};
use crate::gate::facts::{Revocations, Says};
use crate::gate::policy::Policy;
use crate::gate::tests::given::{HEAD, OTHER, gate_name, person, policy, second, sha};
use crate::model::{Account, Comment, CommentId, Entry, EntryKind, ReviewId, TimelineId};

/// A reading of a whole timeline, or of what came since.
struct Told {
    policy: Policy,
    memory: TimelineMemory,
    revocations: Revocations,
    asked: Vec<u64>,
    replies: Vec<(Addressee, u64)>,
    base: Option<&'static str>,
}

fn nothing() -> Told {
    let (memory, revocations) = (TimelineMemory::default(), Revocations::new());
    Told {
        policy: policy(),
        memory,
        revocations,
        asked: Vec::new(),
        replies: Vec::new(),
        base: None,
    }
}

impl Told {
    /// The pull request goes into this branch when it is read next.
    fn onto(self, base: &'static str) -> Self {
        let base = Some(base);
        Self { base, ..self }
    }

    /// Reads on from what is remembered. `since`: from which second; `verified`: read by themselves.
    fn reads(self, since: Option<i64>, verified: &[u64], entries: Vec<Entry>) -> Self {
        let table = gate_table(&self.policy);
        let bots = [person("refire")];
        let ears = Ears {
            policy: &self.policy,
            gates: &table,
            bots: &bots,
        };
        let wanted = [CommentId::new(20)].into_iter().collect();
        let mut reading = Reading::new(ears, (self.memory, self.revocations), wanted);
        entries.into_iter().for_each(|entry| reading.take(entry));
        let verified: Vec<CommentId> = verified.iter().copied().map(CommentId::new).collect();
        self.base.into_iter().for_each(|base| reading.is_into(base));
        reading.close(since.map(second), &verified);
        let Reading {
            memory,
            revocations,
            asked,
            replies,
            ..
        } = reading;
        let asked = asked.keys().map(|id| id.get()).collect();
        let replies = replies
            .into_iter()
            .map(|(to, (id, _))| (to, id.get()))
            .collect();
        Self {
            policy: self.policy,
            memory,
            revocations,
            asked,
            replies,
            base: self.base,
        }
    }

    fn all(self, entries: Vec<Entry>) -> Self {
        self.reads(None, &[], entries)
    }

    fn said(&self) -> Vec<u64> {
        self.memory
            .said
            .iter()
            .map(|said| said.comment.get())
            .collect()
    }

    fn revoked(&self, who: &str, gate: &str) -> Option<u64> {
        self.revocations
            .get(&(person(who).id, gate_name(gate)))
            .map(|id| id.get())
    }
}

fn entry(id: u64, at: i64, kind: EntryKind) -> Entry {
    Entry {
        id: TimelineId::new(id),
        created_at: second(at),
        updated_at: second(at),
        kind,
    }
}

/// A comment whose place tells its time: ten seconds for each id.
fn comment(id: u64, who: &str, body: &str) -> Entry {
    by(id, Some(person(who)), body)
}

fn by(id: u64, author: Option<Account>, body: &str) -> Entry {
    let at = i64::try_from(id).unwrap() * 10;
    let (created_at, updated_at) = (second(at), second(at));
    let comment = Comment {
        id: CommentId::new(id),
        author,
        body: body.into(),
        created_at,
        updated_at,
    };
    entry(id, at, EntryKind::Comment(comment))
}

fn retarget(to: &str) -> EntryKind {
    EntryKind::Retarget {
        to: Some(to.to_owned()),
    }
}

fn push(id: u64, who: &str, commit: &str) -> Entry {
    entry(
        id,
        0,
        EntryKind::Push {
            pusher: Some(person(who)),
            last: Some(sha(commit)),
        },
    )
}

#[test]
fn directives_are_remembered_and_other_words_are_not() {
    let told = nothing().all(vec![
        comment(10, "quinn", "LGTM"),
        comment(11, "quinn", "/sop-n/a qa @3f2a9c1 docs only"),
        comment(12, "bob", "/refire qa"),
        comment(13, "bob", "`/sop-n/a qa` is how it is done"),
    ]);
    assert_eq!(told.said(), [11]);
    let said = &told.memory.said[0].directives[0];
    assert_eq!(
        said.says,
        Says::Declare {
            commit: Some(HEAD.into()),
            reason: Some("docs only".into())
        }
    );
    assert_eq!(told.memory.entries, 4);
    assert_eq!(told.memory.newest, TimelineId::new(13));
}

#[test]
fn pushes_changes_of_the_base_and_places_of_reviews_are_remembered() {
    let told = nothing().all(vec![
        push(10, "alice", OTHER),
        entry(11, 0, retarget("next")),
        entry(12, 0, EntryKind::Review(ReviewId::new(900))),
        entry(13, 0, retarget("main")),
        entry(14, 0, EntryKind::Other),
        push(15, "bob", HEAD),
    ]);
    let history = &told.memory.history;
    assert_eq!(
        history.newest_push().and_then(|push| push.last.clone()),
        Some(sha(HEAD))
    );
    assert!(
        history.pushed(&person("alice"))
            && history.pushed(&person("bob"))
            && !history.pushed(&person("sam"))
    );
    assert_eq!(history.retarget, Some(TimelineId::new(13)));
    assert_eq!(
        history.reviews.get(&ReviewId::new(900)),
        Some(&TimelineId::new(12))
    );
}

#[test]
fn a_base_of_which_no_entry_tells_was_changed_later_than_everything_that_was_read() {
    let opened = nothing().onto("main").all(vec![push(10, "alice", HEAD)]);
    assert_eq!(opened.memory.history.retarget, None);
    let told = opened.onto("next").all(vec![
        entry(12, 0, retarget("next")),
        push(14, "alice", HEAD),
    ]);
    assert_eq!(told.memory.history.retarget, Some(TimelineId::new(12)));
    assert!(!told.memory.history.is_moving);
    let renamed = told.onto("later").all(vec![comment(15, "bob", "so?")]);
    assert_eq!(renamed.memory.history.retarget, Some(TimelineId::new(15)));
    let stays = renamed.onto("later").all(vec![comment(16, "bob", "hm")]);
    assert_eq!(stays.memory.history.retarget, Some(TimelineId::new(15)));
}

/// The pull request is read first.
#[test]
fn while_the_base_is_changed_nothing_is_settled() {
    let entries = || {
        vec![
            push(10, "alice", HEAD),
            entry(12, 0, retarget("next")),
            entry(13, 0, EntryKind::Review(ReviewId::new(900))),
        ]
    };
    let early = nothing().onto("main").all(entries());
    assert!(early.memory.history.is_moving);
    let then = early.onto("next").all(entries());
    assert!(!then.memory.history.is_moving);
    assert_eq!(then.memory.history.retarget, Some(TimelineId::new(12)));
}

#[test]
fn what_was_edited_late_does_not_hide_what_was_written_before_that() {
    let mut edited = comment(11, "bob", "hm");
    edited.updated_at = second(900);
    let told = nothing().all(vec![comment(10, "bob", "so?"), edited]);
    assert_eq!(told.memory.read_until, second(110));
}

#[test]
fn a_push_that_is_read_again_is_one_push_as_it_stands_now() {
    let told = nothing().all(vec![push(10, "alice", OTHER), push(10, "alice", HEAD)]);
    assert_eq!(told.memory.history.pushes.len(), 1);
    assert_eq!(told.memory.history.pushes[0].last, Some(sha(HEAD)));
}

#[test]
fn a_pusher_is_remembered_when_a_force_push_rewrote_the_timeline() {
    let told = nothing().all(vec![push(10, "quinn", OTHER)]).reads(
        Some(0),
        &[],
        vec![push(11, "alice", HEAD)],
    );
    assert!(told.memory.history.pushed(&person("quinn")));
}

#[test]
fn a_pusher_is_never_forgotten_by_being_outnumbered() {
    let mut entries = vec![push(1, "quinn", OTHER)];
    entries.extend((2..2502).map(|id| push(id, "alice", HEAD)));
    let told = nothing().all(entries);
    let history = &told.memory.history;
    assert_eq!(history.pushes.len(), 2001);
    assert!(history.pushed(&person("quinn")));
    assert_eq!(
        history.newest_push().map(|push| push.id),
        Some(TimelineId::new(2501))
    );
    assert!(history.pushes.is_sorted_by_key(|push| push.id));
}

#[test]
fn a_deleted_declaration_is_forgotten() {
    let told = nothing().all(vec![
        comment(10, "quinn", "/sop-n/a qa x"),
        comment(11, "quinn", "/sop-n/a security x"),
    ]);
    let told = told.reads(
        Some(100),
        &[],
        vec![comment(11, "quinn", "/sop-n/a security x")],
    );
    assert_eq!(told.said(), [11]);
}

#[test]
fn an_older_declaration_is_forgotten_only_when_it_was_looked_for_and_not_found() {
    let before = || nothing().all(vec![comment(10, "quinn", "/sop-n/a qa x")]);
    assert_eq!(before().reads(Some(200), &[], vec![]).said(), [10]);
    assert!(before().reads(Some(200), &[10], vec![]).said().is_empty());
    assert_eq!(
        before()
            .reads(
                Some(200),
                &[10],
                vec![comment(10, "quinn", "/sop-n/a qa x")]
            )
            .said(),
        [10]
    );
}

#[test]
fn a_revocation_once_seen_stays_when_its_comment_is_deleted_or_edited() {
    let revoked = || {
        nothing().all(vec![
            comment(10, "quinn", "/sop-n/a qa x"),
            comment(11, "quinn", "/sop-revoke qa"),
        ])
    };
    assert_eq!(revoked().revoked("quinn", "qa-review"), Some(11));
    assert_eq!(
        revoked()
            .reads(None, &[], vec![])
            .revoked("quinn", "qa-review"),
        Some(11)
    );
    let edited = revoked().all(vec![
        comment(10, "quinn", "/sop-n/a qa x"),
        comment(11, "quinn", "never mind"),
    ]);
    assert_eq!(edited.revoked("quinn", "qa-review"), Some(11));
    assert_eq!(edited.revoked("quinn", "security-review"), None);
    assert_eq!(edited.revoked("bob", "qa-review"), None);
}

#[test]
fn the_newest_revocation_is_kept_whatever_is_read_last() {
    let told = nothing().all(vec![
        comment(15, "quinn", "/sop-revoke qa"),
        comment(10, "quinn", "/sop-revoke qa"),
    ]);
    assert_eq!(told.revoked("quinn", "qa-review"), Some(15));
}

#[test]
fn a_revocation_in_an_edited_comment_is_heard() {
    let told = nothing().all(vec![comment(10, "quinn", "thanks")]);
    let told = told.reads(Some(0), &[], vec![comment(10, "quinn", "/sop-revoke qa")]);
    assert_eq!(told.revoked("quinn", "qa-review"), Some(10));
}

#[test]
fn a_declaration_that_was_edited_is_remembered_as_it_reads_now() {
    let told = nothing().all(vec![comment(10, "quinn", "/sop-n/a qa x")]);
    let before = told.memory.said[0].body.clone();
    let told = told.all(vec![comment(10, "quinn", "/sop-n/a security x")]);
    assert_eq!(told.said(), [10]);
    assert_eq!(
        told.memory.said[0].directives[0].gate,
        gate_name("security-review")
    );
    assert_ne!(told.memory.said[0].body, before);
}

#[test]
fn the_bot_service_accounts_and_deleted_users_are_never_searched() {
    let body = "/sop-n/a qa x\n/sop-revoke security";
    let told = nothing().all(vec![
        comment(20, "refire", body),
        comment(21, "ci-runner", body),
        comment(22, "Ghost", body),
        by(23, None, body),
    ]);
    assert!(told.said().is_empty() && told.revocations.is_empty() && told.asked.is_empty());
    assert_eq!(told.memory.entries, 4);
}

#[test]
fn the_comments_that_ask_are_kept_whole_and_no_others() {
    let told = nothing().all(vec![
        comment(19, "bob", "/refire qa"),
        comment(20, "bob", "/refire qa"),
    ]);
    assert_eq!(told.asked, [20]);
}

#[test]
fn our_own_replies_are_found_by_their_marker_and_only_ours() {
    let marker = |id| Addressee::Comment(CommentId::new(id)).marker();
    let told = nothing().all(vec![
        comment(30, "refire", &format!("**done**\n\n{}", marker(20))),
        comment(31, "bob", &format!("**forged**\n\n{}", marker(21))),
        comment(32, "refire", "a word without a marker"),
    ]);
    assert_eq!(told.replies, [(Addressee::Comment(CommentId::new(20)), 30)]);
}

#[test]
fn a_bot_of_which_only_the_login_is_known_is_known_by_it() {
    let rules = policy();
    let table = gate_table(&rules);
    let bots = [Account::new(0, "Refire")];
    let ears = Ears {
        policy: &rules,
        gates: &table,
        bots: &bots,
    };
    assert!(
        ears.is_bot(&person("refire"))
            && !ears.listens_to(&person("refire"))
            && ears.listens_to(&person("bob"))
    );
}

#[test]
fn what_was_read_twice_is_counted_once() {
    let told = nothing().all(vec![comment(10, "bob", "a"), comment(11, "bob", "b")]);
    let told = told.reads(
        Some(0),
        &[],
        vec![comment(11, "bob", "b"), comment(12, "bob", "c")],
    );
    assert_eq!(
        (told.memory.entries, told.memory.read_until),
        (3, second(120))
    );
}

/// Bytes that a conversation leaves behind, its counters apart.
fn left_behind(told: &Told) -> usize {
    let memory = TimelineMemory {
        read_until: second(0),
        newest: TimelineId::new(0),
        entries: 0,
        ..told.memory.clone()
    };
    serde_json::to_vec(&memory).unwrap().len()
}

#[test]
fn i09_ten_thousand_comments_leave_no_more_behind_than_ten() {
    let body = "no command in here ".repeat(200);
    let told = |many: u64| {
        let comments = (1..=many).map(|id| comment(id, "bob", &body));
        nothing().all(comments.collect())
    };
    let (few, many) = (told(10), told(10_000));
    assert_eq!(many.memory.entries, 10_000);
    assert_eq!(left_behind(&many), left_behind(&few));
    assert!(left_behind(&many) < body.len());
    // Only the comment that asks is kept whole, whatever else was said.
    assert_eq!(many.asked, [20]);
}

#[test]
fn no_more_than_five_hundred_comments_with_directives_are_remembered_and_the_newest_stay() {
    let entries = (0..600)
        .map(|id| comment(1000 + id, "bob", "/sop-n/a qa x"))
        .collect();
    let said = nothing().all(entries).said();
    assert_eq!(
        (said.len(), said.first(), said.last()),
        (500, Some(&1100), Some(&1599))
    );
}
