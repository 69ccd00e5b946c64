//! Posting, and who we are.

use super::stub::{Asked, Stub, empty, identity, moved, page, refuse, reply};
use crate::gitea::{ErrorKind, Found, cause_of};
use crate::model::{
    Account, Cause, CommentId, CommitState, Login, PostedStatus, PullNumber, PullRef, RepoName,
    TeamName,
};
use serde_json::{Value, json};

fn widget() -> RepoName {
    "acme/widget".parse().unwrap()
}

fn pull() -> PullRef {
    PullRef {
        repo: widget(),
        number: PullNumber::new(7),
    }
}

fn status() -> PostedStatus {
    PostedStatus {
        sha: "1".repeat(40).parse().unwrap(),
        context: "qa-review / approved (pull_request)".to_owned(),
        state: CommitState::Pending,
        description: "waiting".to_owned(),
    }
}

fn comment() -> Value {
    json!({
        "id": 18, "user": {"id": 10, "login": "refire"}, "body": "hello",
        "created_at": "2026-11-22T06:59:23Z", "updated_at": "2026-11-22T06:59:23Z",
    })
}

fn forge(asked: &Asked) -> super::stub::Reply {
    let sha = "1".repeat(40);
    match (asked.method.as_str(), asked.route()) {
        ("POST", path) if path.ends_with(&sha) => reply(
            201,
            &json!({"id": 1, "status": "pending", "creator": {"id": 10, "login": "refire"}}),
        ),
        ("POST", "/repos/acme/widget/issues/7/comments") => reply(201, &comment()),
        ("PATCH", _) => {
            let mut edited = comment();
            edited["user"] = Value::Null;
            reply(200, &edited)
        }
        ("POST", _) => reply(200, &json!({"content": "eyes"})),
        _ => refuse(404, "not found"),
    }
}

#[tokio::test]
async fn what_is_posted() {
    let stub = Stub::start(forge).await;
    let session = stub.client(&["bot"]).session();
    assert_eq!(
        session
            .post_status(&pull(), &status())
            .await
            .unwrap()
            .unwrap()
            .id
            .get(),
        10
    );
    assert_eq!(
        session.post_comment(&pull(), "hello").await.unwrap().id,
        CommentId::new(18)
    );
    session
        .edit_comment(&widget(), CommentId::new(18), "again")
        .await
        .unwrap();
    session
        .post_reaction(&widget(), CommentId::new(18), "eyes")
        .await
        .unwrap();
    let bodies: Vec<_> = stub.asked().into_iter().map(|asked| asked.body).collect();
    let posted = json!({
        "state": "pending", "description": "waiting",
        "context": "qa-review / approved (pull_request)",
        "target_url": format!("{}/sub/acme/widget/pulls/7", stub.url()),
    });
    let expected = [
        posted,
        json!({"body": "hello"}),
        json!({"body": "again"}),
        json!({"content": "eyes"}),
    ];
    assert_eq!(bodies, expected);
}

#[tokio::test]
async fn i4_each_purpose_has_its_own_identity() {
    let stub = Stub::start(forge).await;
    let (mut reader, mut writer) = (identity("reader"), identity("writer"));
    reader.uses.writes = false;
    (writer.uses.reads, writer.uses.teams) = (false, false);
    let session = stub.client_of(vec![reader, writer]).session();
    session.post_comment(&pull(), "hello").await.unwrap();
    session.fetch_repository(&widget()).await.unwrap_err();
    session.fetch_teams("acme").await.unwrap_err();
    assert_eq!(
        stub.take(),
        [
            "writer POST /repos/acme/widget/issues/7/comments",
            "reader GET /repos/acme/widget",
            "reader GET /orgs/acme/teams",
        ]
    );
}

#[tokio::test]
async fn a_post_is_done_only_with_201() {
    let stub = Stub::start(|_: &Asked| reply(200, &comment())).await;
    let error = stub
        .client(&["bot"])
        .session()
        .post_comment(&pull(), "x")
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unexpected(200));
    assert!(error.maybe_performed());
}

#[tokio::test]
async fn a_write_is_never_sent_twice() {
    for status in [429, 500, 502, 503, 504] {
        let stub = Stub::start(move |_: &Asked| refuse(status, "")).await;
        let error = stub
            .client(&["bot"])
            .session()
            .post_comment(&pull(), "x")
            .await
            .unwrap_err();
        assert_eq!(stub.take().len(), 1, "{status}");
        assert_eq!(error.maybe_performed(), status >= 500, "{status}");
        // What Gitea itself has answered is over.
        assert_eq!(error.may_land_late(), status > 500, "{status}");
    }
}

#[tokio::test]
async fn a_redirected_write_was_not_performed() {
    let to = "/api/v1/repos/acme/newname/issues/7/comments";
    let stub = Stub::start(move |_: &Asked| moved(301, to)).await;
    let error = stub
        .client(&["bot"])
        .session()
        .post_comment(&pull(), "x")
        .await
        .unwrap_err();
    let path = "/repos/acme/newname/issues/7/comments".to_owned();
    assert_eq!(
        error.kind,
        ErrorKind::Moved {
            status: 301,
            to: path
        }
    );
    assert!(!error.maybe_performed());
    assert_eq!(stub.take().len(), 1);
}

type Answer = fn() -> super::stub::Reply;

#[tokio::test]
async fn causes_of_refused_writes() {
    let table: [(Answer, Cause, Cause); 6] = [
        (
            || refuse(403, "user should have a permission to write to a repo"),
            Cause::CannotWriteStatus,
            Cause::CannotComment,
        ),
        (
            || {
                refuse(
                    403,
                    "token does not have at least one of required scope(s), required=[write:repository], token scope=read:user",
                )
            },
            Cause::CannotWriteStatus,
            Cause::ScopeMissing,
        ),
        (
            || refuse(423, "acme/attic is archived"),
            Cause::CannotComment,
            Cause::CannotComment,
        ),
        (
            || refuse(500, ""),
            Cause::HeadNotInBase,
            Cause::ForgeUnavailable,
        ),
        (
            || refuse(403, "You cannot comment on a locked issue."),
            Cause::CannotWriteStatus,
            Cause::CannotComment,
        ),
        (|| page(403), Cause::ProxyInBetween, Cause::ProxyInBetween),
    ];
    for (answer, on_status, on_comment) in table {
        let stub = Stub::start(move |_: &Asked| answer()).await;
        let session = stub.client(&["bot"]).session();
        let error = session.post_status(&pull(), &status()).await.unwrap_err();
        assert_eq!(cause_of(&error), on_status, "{error}");
        let error = session.post_comment(&pull(), "x").await.unwrap_err();
        assert_eq!(cause_of(&error), on_comment, "{error}");
    }
}

#[tokio::test]
async fn an_edit_may_be_refused_without_a_word() {
    let stub = Stub::start(|_: &Asked| empty(403)).await;
    let session = stub.client(&["bot"]).session();
    let error = session
        .edit_comment(&widget(), CommentId::new(1), "x")
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind.clone(), cause_of(&error)),
        (ErrorKind::Refused, Cause::CannotComment)
    );
    let error = session.fetch_pull(&pull()).await.unwrap_err();
    assert!(matches!(error.kind, ErrorKind::NotGitea { .. }), "{error}");
}

const NO_USER_SCOPE: &str = "token does not have at least one of required scope(s), required=[read:user], token scope=read:organization";

#[tokio::test]
async fn our_own_account_comes_from_gitea() {
    let stub = Stub::start(|_: &Asked| reply(200, &json!({"id": 10, "login": "refire"}))).await;
    let gitea = stub.client(&["bot"]);
    assert!(!gitea.is_own(&Account::new(10, "refire")));
    let found = gitea.introduce(&[]).await;
    assert!(matches!(&found[0].found, Found::Account(own) if own.id.get() == 10));
    assert!(gitea.is_own(&Account::new(10, "renamed")));
    assert!(!gitea.is_own(&Account::new(99, "refire")));
    assert_eq!(gitea.own_accounts(), [Account::new(10, "refire")]);
}

#[tokio::test]
async fn with_the_least_scopes_a_login_is_needed() {
    let stub = Stub::start(|_: &Asked| refuse(403, NO_USER_SCOPE)).await;
    let found = stub.client(&["bot"]).introduce(&[]).await;
    assert!(matches!(found[0].found, Found::NeedsLogin));
    let mut bot = identity("bot");
    bot.login = Some(Login::new("Refire"));
    let gitea = stub.client_of(vec![bot]);
    let found = gitea.introduce(&[]).await;
    assert!(matches!(&found[0].found, Found::LoginOnly(login) if login.as_str() == "Refire"));
    assert!(gitea.is_own(&Account::new(10, "refire")));
    assert!(!gitea.is_own(&Account::new(11, "other")));
}

#[tokio::test]
async fn with_the_least_scopes_the_id_comes_from_a_team_or_an_answer() {
    let stub = Stub::start(|asked: &Asked| match asked.route() {
        "/user" => refuse(403, NO_USER_SCOPE),
        "/orgs/acme/teams" => reply(200, &json!([{"id": 3, "name": "qa"}])),
        "/teams/3/members/refire" => reply(200, &json!({"id": 10, "login": "refire"})),
        _ => forge(asked),
    })
    .await;
    let bot = || {
        let mut bot = identity("bot");
        bot.login = Some(Login::new("refire"));
        vec![bot]
    };
    let gitea = stub.client_of(bot());
    gitea.introduce(&[TeamName::new("acme", "qa")]).await;
    assert_eq!(gitea.own_accounts(), [Account::new(10, "refire")]);
    let gitea = stub.client_of(bot());
    gitea.session().post_comment(&pull(), "x").await.unwrap();
    assert_eq!(gitea.own_accounts(), [Account::new(10, "refire")]);
}

#[tokio::test]
async fn a_bad_token_is_reported_and_not_fatal() {
    let stub = Stub::start(|_: &Asked| refuse(401, "token bot-token does not exist")).await;
    let found = stub.client(&["bot"]).introduce(&[]).await;
    let Found::Failed(why) = &found[0].found else {
        panic!("{found:?}")
    };
    assert_eq!(
        (why.cause, why.evidence[0].message.as_ref()),
        (Cause::TokenInvalid, None)
    );
}
