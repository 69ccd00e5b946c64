//! One call: how it is sent, tried again, bounded, counted, and what of it may be shown.

use super::stub::{
    Asked, Stub, client, client_of_waits, client_with, empty, identity, moved, page, refuse, reply,
    with,
};
use crate::gitea::{BuildError, CallError, ErrorKind, Gitea, Lookup, Settings, Waits, cause_of};
use crate::model::{Cause, CommentId, Outcome, PullNumber, PullRef, RepoName};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

fn widget() -> RepoName {
    "acme/widget".parse().unwrap()
}

fn pull() -> PullRef {
    PullRef {
        repo: widget(),
        number: PullNumber::new(7),
    }
}

fn version() -> super::stub::Reply {
    reply(200, &json!({"version": "1.26.3"}))
}

#[tokio::test]
async fn a_call_carries_our_token_and_our_name() {
    let stub = Stub::start(|_: &Asked| version()).await;
    let gitea = stub.client(&["bot"]);
    gitea.session().fetch_version().await.unwrap();
    let headers = &stub.asked()[0].headers;
    assert_eq!(headers["authorization"], "token bot-token");
    assert_eq!(headers["user-agent"], "refire/test");
    assert!(gitea.last_answer().is_some());
}

#[tokio::test]
async fn a_read_is_tried_three_times_and_each_try_is_counted() {
    for status in [502, 503, 504, 429] {
        let stub = Stub::start(move |_: &Asked| empty(status)).await;
        let gitea = stub.client(&["bot"]);
        let session = gitea.session();
        session.fetch_version().await.unwrap_err();
        assert_eq!(stub.take().len(), 3, "{status}");
        assert_eq!(gitea.calls(), [("GET /version".to_owned(), 3)]);
        let outcomes: Vec<_> = session
            .evidence()
            .into_iter()
            .map(|seen| seen.outcome)
            .collect();
        assert_eq!(outcomes, vec![Outcome::Status(status); 3]);
        assert_eq!(gitea.last_answer(), None);
    }
}

#[tokio::test]
async fn a_read_that_succeeds_at_last_is_good() {
    let calls = Arc::new(AtomicUsize::new(0));
    let stub = Stub::start(
        move |_: &Asked| match calls.fetch_add(1, Ordering::SeqCst) {
            0 => page(502),
            1 => with(empty(429), "retry-after", "0"),
            _ => version(),
        },
    )
    .await;
    assert_eq!(
        stub.client(&["bot"])
            .session()
            .fetch_version()
            .await
            .unwrap()
            .text,
        "1.26.3"
    );
}

#[tokio::test]
async fn a_proxy_that_asks_for_more_patience_than_there_is_gets_no_second_call() {
    let stub = Stub::start(|_: &Asked| with(empty(429), "retry-after", "3600")).await;
    let error = stub
        .client(&["bot"])
        .session()
        .fetch_version()
        .await
        .unwrap_err();
    let retry_after = Some(Duration::from_secs(3600));
    assert_eq!(error.kind, ErrorKind::TooMany { retry_after });
    assert_eq!(stub.take().len(), 1);
}

/// `Retry-After` may be a date (RFC 9110, 10.2.3).
#[tokio::test]
async fn until_which_moment_a_proxy_wants_to_be_left_alone_is_understood() {
    let until = jiff::Timestamp::now() + Duration::from_secs(3600);
    let until = until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let stub = Stub::start(move |_: &Asked| with(empty(429), "retry-after", &until)).await;
    let asked = stub.client(&["bot"]).session().fetch_version().await;
    let ErrorKind::TooMany {
        retry_after: Some(wait),
    } = asked.unwrap_err().kind
    else {
        panic!("no wait was understood");
    };
    let (least, most) = (Duration::from_secs(3500), Duration::from_secs(3600));
    assert!((least..=most).contains(&wait), "{wait:?}");
    assert_eq!(stub.take().len(), 1);
}

#[tokio::test]
async fn while_a_proxy_wants_to_be_left_alone_no_other_call_is_sent_either() {
    for status in [429, 503] {
        let stub = Stub::start(move |_: &Asked| with(empty(status), "retry-after", "3600")).await;
        let gitea = stub.client(&["bot"]);
        gitea.session().fetch_version().await.unwrap_err();
        let asked = stub.take().len();
        assert_eq!(asked, 1, "{status}");
        let error = gitea
            .session()
            .fetch_repository(&widget())
            .await
            .unwrap_err();
        assert!(error.asks_for_quiet(), "{error}");
        let wait = error.retry_after().unwrap();
        assert!(wait > Duration::from_secs(500), "{wait:?}");
        assert!(
            wait <= Duration::from_secs(600),
            "an hour is too long to be silent: {wait:?}"
        );
        let posted = gitea.session().post_comment(&pull(), "x").await;
        let error = posted.unwrap_err();
        assert!(
            error.asks_for_quiet() && !error.maybe_performed(),
            "{error}"
        );
        assert_eq!(stub.take().len(), 0, "{status}");
    }
}

#[tokio::test]
async fn a_call_beyond_the_minutes_budget_waits() {
    let stub = Stub::start(|_: &Asked| version()).await;
    let waits = Waits {
        calls_a_minute: 2,
        ..Waits::default()
    };
    let gitea = client_of_waits(&stub, vec![identity("bot")], waits);
    for _ in 0..2 {
        gitea.session().fetch_version().await.unwrap();
    }
    let session = gitea.session();
    let third = tokio::time::timeout(Duration::from_millis(200), session.fetch_version());
    assert!(third.await.is_err(), "it waits");
    assert_eq!(stub.take().len(), 2);
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    for status in [401, 403, 404, 422, 500] {
        let stub = Stub::start(move |_: &Asked| refuse(status, "no")).await;
        stub.client(&["bot"])
            .session()
            .fetch_version()
            .await
            .unwrap_err();
        assert_eq!(stub.take().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_renamed_repository_is_named_and_never_followed() {
    let stub = Stub::start(|_: &Asked| moved(301, "/api/v1/repos/acme/newname")).await;
    let error = stub
        .client(&["bot"])
        .session()
        .fetch_repository(&widget())
        .await
        .unwrap_err();
    let to = "/repos/acme/newname".to_owned();
    assert_eq!(error.kind, ErrorKind::Moved { status: 301, to });
    assert_eq!(stub.take().len(), 1);
}

#[tokio::test]
async fn a_login_page_is_not_gitea() {
    for location in [
        "https://sso.example.org/login?next=/api/v1/version",
        "/user/login",
    ] {
        let stub = Stub::start(move |_: &Asked| moved(302, location)).await;
        let error = stub
            .client(&["bot"])
            .session()
            .fetch_version()
            .await
            .unwrap_err();
        assert_eq!(cause_of(&error), Cause::ProxyInBetween, "{error}");
    }
}

#[tokio::test]
async fn i10_a_firewall_s_page_is_not_gitea() {
    for status in [200, 403, 404] {
        let stub = Stub::start(move |_: &Asked| page(status)).await;
        let error = stub
            .client(&["bot"])
            .session()
            .fetch_version()
            .await
            .unwrap_err();
        let ErrorKind::NotGitea {
            server,
            content_type,
            ..
        } = &error.kind
        else {
            panic!("{error}")
        };
        assert_eq!(server.as_deref(), Some("cloudflare"));
        assert_eq!(content_type.as_deref(), Some("text/html"));
        assert_eq!(cause_of(&error), Cause::ProxyInBetween);
    }
}

#[tokio::test]
async fn a_null_pull_request_is_unreadable() {
    let stub = Stub::start(|_: &Asked| reply(200, &Value::Null)).await;
    let session = stub.client(&["bot"]).session();
    let error = session.fetch_pull(&pull()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreadable);
    assert_eq!(session.evidence()[0].outcome, Outcome::Unreadable);
}

#[tokio::test]
async fn what_stands_behind_a_comment_s_id() {
    type Answer = fn() -> super::stub::Reply;
    let answers: [(Answer, Lookup); 3] = [
        (|| empty(204), Lookup::OtherKind),
        (|| empty(404), Lookup::Gone),
        (|| refuse(404, "not found"), Lookup::Gone),
    ];
    for (answer, expected) in answers {
        let stub = Stub::start(move |_: &Asked| answer()).await;
        let session = stub.client(&["bot"]).session();
        let id = CommentId::new(1);
        assert_eq!(
            session.fetch_comment(&widget(), id).await.unwrap(),
            expected
        );
    }
    let stub = Stub::start(|_: &Asked| page(404)).await;
    let session = stub.client(&["bot"]).session();
    session
        .fetch_comment(&widget(), CommentId::new(1))
        .await
        .unwrap_err();
}

#[tokio::test]
async fn an_object_that_is_too_large_is_refused() {
    let stub = Stub::start(|_: &Asked| reply(200, &json!({"version": "x".repeat(9 << 20)}))).await;
    let error = stub
        .client(&["bot"])
        .session()
        .fetch_version()
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::TooLarge);
}

/// A server that sends these bytes to everybody and closes; says how often it was called.
fn raw(answer: &'static [u8]) -> (u16, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    std::thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            counter.fetch_add(1, Ordering::SeqCst);
            let _ = stream.write_all(answer);
        }
    });
    (port, count)
}

const CUT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n[{\"id\":1,\"type\":\"comment\",\"created_at\":\"2026-11-22T06:59:23Z\",\"updated_at\":\"2026-11-22T06:59:23Z\"},";
const CLOSED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n[{\"id\":1,\"state\":\"APPROVED\"},";

#[tokio::test]
async fn a_timeline_that_breaks_off_is_asked_for_again_and_nothing_of_it_is_handed_over() {
    let (port, calls) = raw(CUT);
    let session = client(port, vec![identity("bot")]).session();
    let mut count = 0;
    let error = session
        .fetch_timeline(&pull(), None, 0, |_| count += 1)
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable { sent: true });
    assert_eq!((count, calls.load(Ordering::SeqCst)), (0, 3));
}

#[tokio::test]
async fn a_page_that_breaks_off_is_asked_for_again() {
    let (port, calls) = raw(CUT);
    let session = client(port, vec![identity("bot")]).session();
    let since = "2026-11-22T06:00:00Z".parse().unwrap();
    session
        .fetch_comments_since(&widget(), since, |c| panic!("{c:?}"))
        .await
        .unwrap_err();
    assert_eq!(calls.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error_and_never_a_shorter_list() {
    let (port, _) = raw(CLOSED);
    let session = client(port, vec![identity("bot")]).session();
    let error = session.fetch_reviews(&pull()).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreadable);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unreachable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let session = client(port, vec![identity("bot")]).session();
    let error = session.fetch_version().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unreachable { sent: false });
    assert_eq!(cause_of(&error), Cause::ForgeUnavailable);
    let error = session.post_comment(&pull(), "x").await.unwrap_err();
    assert!(!error.maybe_performed());
}

#[tokio::test]
async fn a_server_that_does_not_answer_times_out_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let gitea = client_with(port, vec![identity("bot")], Duration::from_millis(300));
    let session = gitea.session();
    let error = session.fetch_version().await.unwrap_err();
    assert_eq!(
        (&error.kind, cause_of(&error)),
        (&ErrorKind::Timeout, Cause::ForgeUnavailable)
    );
    assert_eq!(gitea.calls(), [("GET /version".to_owned(), 1)]);
    assert!(
        session
            .post_comment(&pull(), "x")
            .await
            .unwrap_err()
            .maybe_performed()
    );
}

#[tokio::test]
async fn a_journal_keeps_the_latest_200_calls() {
    let stub = Stub::start(|_: &Asked| version()).await;
    let session = stub.client(&["bot"]).session();
    for _ in 0..205 {
        session.fetch_version().await.unwrap();
    }
    assert_eq!(session.evidence().len(), 200);
}

#[tokio::test]
async fn at_most_eight_calls_are_in_flight() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (reached, is_reached) = tokio::sync::watch::channel(false);
    let (reached, seen) = (Arc::new(reached), most.clone());
    let answer = move || {
        let (now, most, reached) = (now.clone(), most.clone(), reached.clone());
        let mut is_reached = is_reached.clone();
        async move {
            let running = now.fetch_add(1, Ordering::SeqCst) + 1;
            if most.fetch_max(running, Ordering::SeqCst).max(running) >= 8 {
                reached.send_replace(true);
            }
            is_reached.wait_for(|reached| *reached).await.unwrap();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            now.fetch_sub(1, Ordering::SeqCst);
            version()
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let session = client(port, vec![identity("bot")]).session();
    let calls = (0..40).map(|_| session.fetch_version());
    assert!(
        futures::future::join_all(calls)
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(seen.load(Ordering::SeqCst), 8);
}

async fn refused(message: &'static str, status: u16) -> CallError {
    let stub = Stub::start(move |_: &Asked| refuse(status, message)).await;
    stub.client(&["bot"])
        .session()
        .fetch_repository(&widget())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn causes_by_gitea_s_own_words() {
    let table = [
        (
            401,
            "invalid username, password or token",
            Cause::TokenInvalid,
        ),
        (
            401,
            "user does not exist [uid: 0, name: ]",
            Cause::TokenInvalid,
        ),
        (401, "token is required", Cause::TokenInvalid),
        (
            403,
            "token does not have at least one of required scope(s), required=[read:repository], token scope=read:user",
            Cause::ScopeMissing,
        ),
        (
            403,
            "token does not have at least one of required scope(s): [read:repository]",
            Cause::ScopeMissing,
        ),
        (403, "Must be a team member", Cause::BotNotInTeam),
        (403, "Must be an organization member", Cause::BotNotInOrg),
        (
            403,
            "token scope is limited to public repos",
            Cause::PublicOnlyToken,
        ),
        (
            403,
            "token scope is limited to public orgs",
            Cause::PublicOnlyToken,
        ),
        (
            403,
            "Only signed in user is allowed to call APIs.",
            Cause::SignInRequired,
        ),
        (403, "something that nobody has seen", Cause::Unexplained),
        (404, "The target couldn't be found.", Cause::RepoNotVisible),
        (404, "not found", Cause::RepoNotVisible),
        (500, "", Cause::ForgeUnavailable),
    ];
    for (status, message, cause) in table {
        let error = refused(message, status).await;
        assert_eq!(cause_of(&error), cause, "{status} {message}");
    }
}

#[tokio::test]
async fn a_blocked_account_is_told_by_what_the_answer_lacks() {
    let messages = [
        "This account is not activated.",
        "This account is prohibited from signing in, please contact your site administrator.",
        "You must change your password. Change it at: http://forge//user/change_password",
        "Something new about your account.",
    ];
    for message in messages {
        let stub = Stub::start(move |_: &Asked| reply(403, &json!({"message": message}))).await;
        let session = stub.client(&["bot"]).session();
        let error = session.fetch_repository(&widget()).await.unwrap_err();
        assert_eq!(cause_of(&error), Cause::AccountBlocked, "{message}");
    }
}

#[tokio::test]
async fn i21_no_token_in_anything_that_can_be_shown() {
    let stub = Stub::start(|asked: &Asked| match asked.route() {
        "/version" => refuse(401, "access token does not exist [sha: bot-token]"),
        _ => refuse(403, "the token other-token is not allowed"),
    })
    .await;
    let gitea = stub.client(&["bot", "other"]);
    let session = gitea.session();
    let first = session.fetch_version().await.unwrap_err();
    let second = session.fetch_repository(&widget()).await.unwrap_err();
    let shown = format!(
        "{first} {first:?} {second} {second:?} {gitea:?} {:?} {:?}",
        session.evidence(),
        identity("bot")
    );
    assert!(
        !shown.contains("bot-token") && !shown.contains("other-token"),
        "{shown}"
    );
}

#[test]
fn what_cannot_be_a_client() {
    let settings = |base: &str| Settings {
        base: base.parse().unwrap(),
        api: base.parse().unwrap(),
        timeout: Duration::from_secs(1),
        user_agent: "refire/test".to_owned(),
        authorities: None,
        waits: crate::gitea::Waits::default(),
    };
    let good = settings("https://git.example.org/sub");
    let new = |settings: &Settings, identities| Gitea::new(settings, identities).unwrap_err();
    assert!(matches!(
        new(&settings("ftp://x"), vec![identity("a")]),
        BuildError::Address
    ));
    let secret = settings("https://me:pw@git.example.org");
    assert!(matches!(
        new(&secret, vec![identity("a")]),
        BuildError::AddressSecret
    ));
    let mut broken = identity("a");
    broken.token = "two\nlines".into();
    let error = new(&good, vec![broken]);
    assert!(
        matches!(error, BuildError::Token(_)) && !format!("{error} {error:?}").contains("lines")
    );
    let mut idle = identity("a");
    idle.uses.writes = false;
    assert!(matches!(
        new(&good, vec![idle]),
        BuildError::Unused("write")
    ));
}
