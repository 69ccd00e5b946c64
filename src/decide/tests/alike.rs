//! Who is answered with whom, and how a reply tells.

use super::{Conversation, letter, writes};
use crate::decide::alike::{Joined, together};
use crate::decide::answer::Asked;
use crate::decide::reply::{Addressee, Letter, Part, joined_in, render};
use crate::gate::tests::given::World;
use crate::model::CommentId;

fn asks(id: u64, who: &str, body: &str) -> Asked {
    let Conversation { asked, .. } = writes(World::new(), who, body);
    Asked {
        to: Addressee::Comment(CommentId::new(id)),
        ..asked
    }
}

/// What is left, as `holder: others`.
fn check(asked: Vec<Asked>, waited: &[u64], replied: &[u64], left: &[&str]) {
    let ids = |ids: &[u64]| ids.iter().map(|id| CommentId::new(*id)).collect::<Vec<_>>();
    let waited = ids(waited).into_iter().collect();
    let replied = ids(replied).into_iter().collect();
    let told = together(asked, &waited, &replied).into_iter().map(|one| {
        let also: Vec<String> = one.also.iter().map(|it| it.comment.to_string()).collect();
        format!("{}: {}", one.to, also.join(" "))
    });
    assert_eq!(told.collect::<Vec<_>>(), left);
}

#[test]
fn alike_are_comments_that_waited_of_one_person_that_read_the_same() {
    let all = || {
        vec![
            asks(1, "bob", "/refire qa"),
            asks(2, "bob", "/refire  QA\n"),
            asks(3, "quinn", "/refire qa"),
            asks(4, "bob", "/refire security"),
            asks(5, "bob", "please\n\n/qa-recheck"),
            asks(6, "bob", "/refire securty"),
            asks(7, "bob", "/refire securty"),
        ]
    };
    check(
        all(),
        &[1, 2, 3, 4, 5, 6, 7],
        &[],
        &["3: ", "4: ", "5: 1 2", "7: 6"],
    );
    check(
        all(),
        &[],
        &[],
        &["1: ", "2: ", "3: ", "4: ", "5: ", "6: ", "7: "],
    );
    check(
        all(),
        &[2, 5],
        &[],
        &["1: ", "3: ", "4: ", "5: 2", "6: ", "7: "],
    );
}

#[test]
fn whoever_has_a_reply_of_the_own_is_answered_there_and_holds_the_others() {
    let three = || (1..4).map(|id| asks(id, "bob", "/refire qa")).collect();
    check(three(), &[1, 2, 3], &[1], &["1: 2 3"]);
    check(three(), &[1, 2, 3], &[1, 2], &["1: ", "2: 3"]);
    check(three(), &[2, 3], &[1], &["1: ", "3: 2"]);
}

#[test]
fn a_reply_names_whom_it_answers_and_nobody_else_can_write_that_into_it() {
    let also = vec![
        Joined::new(CommentId::new(7), "/refire qa"),
        Joined::new(CommentId::new(8), "/refire QA"),
    ];
    let to = Addressee::Comment(CommentId::new(9));
    let reply = render(&Letter {
        also: also.clone(),
        ..letter(to.clone(), vec![Part::Help])
    });
    let body = reply.to("/refire qa");
    assert!(
        body.contains("This answers 3 comments that ask the same."),
        "{body}"
    );
    assert_eq!(joined_in(&body), also);
    assert_eq!(Addressee::named_in(&body), Some(to.clone()));
    assert!(also[0].says("/refire qa") && !also[0].says("/whoami-teams"));
    let marker = to.marker();
    for forged in [
        String::new(),
        format!("`<!-- refire: also answers 7:abc -->`\n\n{marker}"),
        format!("<!-- refire: also answers 7:abc -->\n\n{marker}"),
        format!("<!-- refire: also answers 7:xyz 8: 9 -->\n{marker}"),
    ] {
        assert_eq!(joined_in(&forged), [], "{forged}");
    }
}

#[test]
fn so_many_that_they_fit_into_one_reply() {
    let also: Vec<Joined> = (0..255)
        .map(|n| Joined::new(CommentId::new(123_456_789 + n), "/refire qa"))
        .collect();
    let to = Addressee::Comment(CommentId::new(9));
    let letter = Letter {
        also: also.clone(),
        ..letter(to, vec![Part::Help])
    };
    let body = render(&letter).to("/refire qa");
    assert!(body.len() <= crate::decide::reply::MOST);
    assert_eq!(joined_in(&body), also);
}
