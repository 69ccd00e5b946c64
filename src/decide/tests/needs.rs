//! What has to be read.

use crate::decide::needs::{Needs, needs};
use crate::decide::record::{PullRecord, Said, TimelineMemory};
use crate::gate::facts::{Directive, Says};
use crate::gate::tests::given::{gate_name, person, pull, second};
use crate::model::{CommentId, Digest};

fn said(comment: u64, at: i64, entry: u64, says: Says) -> Said {
    Said {
        comment: CommentId::new(comment),
        author: person("quinn"),
        created_at: second(at),
        updated_at: second(at),
        directives: vec![Directive {
            gate: gate_name("qa-review"),
            says,
        }],
        body: Digest::of(""),
        entry,
    }
}

fn declaration(comment: u64, at: i64, entry: u64) -> Said {
    said(
        comment,
        at,
        entry,
        Says::Declare {
            commit: None,
            reason: None,
        },
    )
}

fn record(said: Vec<Said>, entries: u64) -> PullRecord {
    let mut record = PullRecord::new(pull(), second(0));
    record.timeline = Some(TimelineMemory {
        read_until: second(1000),
        entries,
        said,
        ..TimelineMemory::default()
    });
    record
}

#[test]
fn everything_is_read_where_nothing_is_remembered() {
    let everything = Needs {
        since: None,
        verify: Vec::new(),
    };
    assert_eq!(needs(None, second(1000), &[second(5)]), everything);
    assert_eq!(
        needs(Some(&PullRecord::new(pull(), second(0))), second(1000), &[]),
        everything
    );
}

#[test]
fn what_was_read_is_not_read_again_but_for_ten_seconds() {
    let record = record(Vec::new(), 10_000);
    assert_eq!(
        needs(Some(&record), second(1000), &[]),
        Needs {
            since: Some(second(990)),
            verify: Vec::new()
        }
    );
}

/// The clock of the forge has gone back.
#[test]
fn everything_is_read_where_what_is_new_may_be_older_than_what_is_known() {
    let record = record(Vec::new(), 10);
    let since = |updated_at| needs(Some(&record), second(updated_at), &[]).since;
    assert_eq!(since(999), None);
    assert_eq!(since(1000), Some(second(990)));
}

#[test]
fn the_comments_that_ask_are_read() {
    let record = record(Vec::new(), 10);
    assert_eq!(
        needs(Some(&record), second(1000), &[second(700), second(999)]).since,
        Some(second(700))
    );
}

#[test]
fn a_declaration_that_may_decide_is_seen_in_the_same_evaluation() {
    let near = record(vec![declaration(50, 300, 970)], 1000);
    assert_eq!(
        needs(Some(&near), second(1000), &[]),
        Needs {
            since: Some(second(300)),
            verify: Vec::new()
        }
    );
    let far = record(vec![declaration(50, 300, 969)], 1000);
    assert_eq!(
        needs(Some(&far), second(1000), &[]),
        Needs {
            since: Some(second(990)),
            verify: vec![CommentId::new(50)]
        }
    );
}

#[test]
fn an_old_declaration_that_is_read_again_anyway_is_not_asked_for_by_itself() {
    let record = record(
        vec![
            declaration(50, 300, 1),
            declaration(60, 300, 1),
            declaration(70, 200, 990),
        ],
        1000,
    );
    assert_eq!(
        needs(Some(&record), second(1000), &[]),
        Needs {
            since: Some(second(200)),
            verify: Vec::new()
        }
    );
}

#[test]
fn a_revocation_is_final_and_need_not_be_seen_again() {
    let record = record(vec![said(50, 300, 990, Says::Revoke)], 1000);
    assert_eq!(
        needs(Some(&record), second(1000), &[]),
        Needs {
            since: Some(second(990)),
            verify: Vec::new()
        }
    );
}
