//! Signing in with an account of Gitea, and everything that is tried instead.

use super::browser::{Browser, path, prepared, stage, stage_with};
use crate::stage::{Stage, holds, tempo};
use forge::{Fault, Kind};
use std::time::Duration;

#[tokio::test]
async fn whoever_signs_in_comes_back_to_the_page() {
    let stage = stage().await;
    let pull = stage.approved().await;
    let browser = Browser::default();
    let before = browser.looks_at(&stage, &pull).await;
    assert_eq!(before.status, 401);
    let path = path(&pull);
    let link = format!("/login?to={}", path.replace('/', "%2F"));
    holds(&before.text, &[&link, "Sign in to see this"]);
    let page = browser.sign_in(&stage, "bob", &path).await;
    assert_eq!(page.status, 200);
    holds(&page.text, &["signed in as <b>bob</b>", "acme/widget#"]);
}

#[tokio::test]
async fn gitea_is_asked_for_reading_only_and_for_a_proof() {
    let stage = stage().await;
    let begun = Browser::default().open(&stage, "/login").await;
    let there = begun.header("location").to_owned();
    assert!(there.starts_with(&format!("{}/login/oauth/authorize?", stage.forge.url())));
    holds(
        &there,
        &[
            "response_type=code",
            "scope=openid%20read%3Arepository%20read%3Auser",
            "code_challenge_method=S256",
            "code_challenge=",
            "state=",
        ],
    );
}

#[tokio::test]
async fn i10_people_sign_in_at_the_public_address_and_the_code_goes_past_the_proxy() {
    let public = "https://git.example.invalid/forge";
    let mut stage = prepared("", tempo()).await;
    let asked_at = stage.forge.url();
    stage.variables.extend([
        ("REFIRE_FORGE__URL", String::from(public)),
        ("REFIRE_FORGE__API_URL", asked_at.clone()),
    ]);
    stage.enter().await;
    stage.forge.signs_in_as("bob");
    let browser = Browser::default();
    let begun = browser.open(&stage, "/login").await;
    let there = begun.header("location").to_owned();
    let page = there.strip_prefix(public).expect("the public address");
    let there = browser.get(&format!("{asked_at}{page}")).await;
    let admitted = browser.get(there.header("location")).await;
    assert_eq!(admitted.header("location"), "/", "{}", admitted.text);
}

#[tokio::test]
async fn cookies_are_for_us_alone() {
    let stage = stage().await;
    let browser = Browser::default();
    stage.forge.signs_in_as("bob");
    let begun = browser.open(&stage, "/login").await;
    holds(
        begun.header("set-cookie"),
        &["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"],
    );
    browser.sign_in(&stage, "bob", "/").await;
    let names: Vec<String> = browser.cookies().into_keys().collect();
    assert_eq!(names, ["refire-session"]);
}

#[tokio::test]
async fn a_session_that_was_not_signed_here_is_none() {
    let stage = stage().await;
    let pull = stage.approved().await;
    let browser = Browser::of(&stage, "bob").await;
    let mut cookies = browser.cookies();
    let value = cookies.get_mut("refire-session").expect("a session");
    let (id, signature) = value.split_once('.').expect("a signature");
    let turned: String = id.chars().rev().collect();
    *value = format!("{turned}.{signature}");
    let forged = Browser::with(cookies).looks_at(&stage, &pull).await;
    assert_eq!(forged.status, 401);
}

#[tokio::test]
async fn a_sign_in_is_finished_by_the_browser_that_began_it_and_once() {
    let stage = stage().await;
    stage.forge.signs_in_as("bob");
    let browser = Browser::default();
    let begun = browser.open(&stage, "/login").await;
    let back = browser.says_yes(&begun).await;
    let back = back.split_once("/login/").expect("our address").1;
    let back = format!("/login/{back}");
    // Somebody else's browser is lured to the address.
    let lured = Browser::default().open(&stage, &back).await;
    assert_eq!(lured.status, 400);
    // Another state with the right cookie.
    let other = back.replace("state=", "state=x");
    assert_eq!(browser.open(&stage, &other).await.status, 400);
    let keeps = Browser::with(browser.cookies());
    assert_eq!(browser.open(&stage, &back).await.status, 303);
    // The same once more, by whoever has the cookie still.
    assert_eq!(keeps.open(&stage, &back).await.status, 400);
}

#[tokio::test]
async fn a_code_of_somebody_else_lets_nobody_in() {
    let stage = stage().await;
    stage.forge.signs_in_as("bob");
    let (mine, other) = (Browser::default(), Browser::default());
    let begun = mine.open(&stage, "/login").await;
    let own = mine.says_yes(&begun).await;
    let begun = other.open(&stage, "/login").await;
    let stolen = other.says_yes(&begun).await;
    let value = |url: &str, name: &str| {
        let (_, rest) = url.split_once(name).expect("a value");
        rest.split('&').next().expect("a value").to_owned()
    };
    // The code was given for another verifier, so that Gitea refuses it (PKCE).
    let (code, state) = (value(&stolen, "code="), value(&own, "state="));
    let path = format!("/login/callback?code={code}&state={state}");
    let refused = mine.open(&stage, &path).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert!(!mine.cookies().contains_key("refire-session"));
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let stage = stage().await;
    for to in [
        "https://evil.example/",
        "//evil.example/acme/pulls/1",
        "/%5Cevil.example",
        "javascript:alert(1)",
    ] {
        let browser = Browser::default();
        let page = browser.sign_in(&stage, "bob", to).await;
        holds(&page.text, &["<h1>refire</h1>"]);
    }
}

#[tokio::test]
async fn signing_out_is_asked_for_by_a_page_of_ones_own() {
    let stage = stage().await;
    let pull = stage.approved().await;
    let browser = Browser::of(&stage, "bob").await;
    let kept = Browser::with(browser.cookies());
    let page = browser.looks_at(&stage, &pull).await;
    let other = Browser::of(&stage, "alice").await;
    let others = other.looks_at(&stage, &pull).await;
    for wrong in ["", "x", others.token()] {
        assert_eq!(browser.signs_out(&stage, wrong).await.status, 403);
    }
    assert_eq!(browser.open(&stage, "/logout").await.status, 405);
    assert_eq!(browser.looks_at(&stage, &pull).await.status, 200);
    assert_eq!(browser.signs_out(&stage, page.token()).await.status, 303);
    // What is over is over for whoever has kept the cookie, too.
    assert_eq!(kept.looks_at(&stage, &pull).await.status, 401);
}

#[tokio::test]
async fn a_token_that_is_over_ends_its_session() {
    let stage = stage().await;
    let pull = stage.approved().await;
    let browser = Browser::of(&stage, "bob").await;
    stage.forge.user("bob").revoke_tokens();
    assert_eq!(browser.looks_at(&stage, &pull).await.status, 401);
}

#[tokio::test]
async fn gitea_away_is_said() {
    let stage = stage().await;
    let pull = stage.approved().await;
    let browser = Browser::of(&stage, "bob").await;
    let away = |call| {
        let kind = Kind::Status {
            status: 503,
            body: String::new(),
            headers: Vec::new(),
        };
        stage.forge.fault(Fault::on(call, kind));
    };
    away("GET /repos/acme/widget/pulls/*");
    let page = browser.looks_at(&stage, &pull).await;
    assert_eq!(page.status, 503);
    holds(&page.text, &["Gitea does not answer"]);
    assert_eq!(browser.looks_at(&stage, &pull).await.status, 200);
    away("POST /login/oauth/access_token");
    let other = Browser::default();
    let begun = other.open(&stage, "/login").await;
    let back = other.says_yes(&begun).await;
    let back = back.split_once("/login/").expect("our address").1;
    let page = other.open(&stage, &format!("/login/{back}")).await;
    assert_eq!(page.status, 503, "{}", page.text);
}

#[tokio::test]
async fn without_oauth_nothing_but_health_is_shown() {
    let stage = Stage::set().await;
    let pull = stage.approved().await;
    let browser = Browser::default();
    let index = browser.open(&stage, "/").await;
    assert_eq!(index.status, 200);
    holds(&index.text, &["The store is open and Gitea answers."]);
    assert!(!index.text.contains("acme"), "{}", index.text);
    let page = browser.looks_at(&stage, &pull).await;
    assert_eq!(page.status, 404);
    assert!(!page.text.contains("quinn"), "{}", page.text);
    assert_eq!(browser.open(&stage, "/login").await.status, 404);
}

#[tokio::test]
async fn an_account_has_so_many_sessions_and_no_more() {
    let stage = stage_with("", crate::stage::tempo()).await;
    let first = Browser::of(&stage, "bob").await;
    for _ in 0..15 {
        Browser::of(&stage, "bob").await;
    }
    let in_ = |text: &str| text.contains("signed in as");
    assert!(in_(&first.open(&stage, "/").await.text));
    Browser::of(&stage, "bob").await;
    assert!(!in_(&first.open(&stage, "/").await.text));
}

/// Whoever is not known yet cannot spend what the bot may ask of Gitea.
#[tokio::test]
async fn sign_ins_are_so_many_in_a_minute_and_no_more() {
    let stage = stage().await;
    let browser = Browser::default();
    let mut statuses = Vec::new();
    for _ in 0..121 {
        let begun = browser.open(&stage, "/login").await;
        let (_, state) = begun
            .header("location")
            .split_once("state=")
            .expect("a state");
        let state = state.split('&').next().expect("a value");
        let path = format!("/login/callback?code=guessed&state={state}");
        statuses.push(browser.open(&stage, &path).await.status);
    }
    assert_eq!((statuses[0], statuses[119], statuses[120]), (403, 403, 429));
    assert_eq!(stage.calls().len(), 120);
}

#[tokio::test]
async fn a_session_leaves_places_to_others_who_watch() {
    let stage = stage().await;
    let pull = stage.approved().await;
    let browser = Browser::of(&stage, "bob").await;
    let page = browser.looks_at(&stage, &pull).await;
    let mut streams = Vec::new();
    for _ in 0..128 {
        streams.push(browser.listens(&stage, &page).await);
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    assert_eq!(browser.listens(&stage, &page).await.status(), 503);
    let other = Browser::of(&stage, "alice").await;
    let page = other.looks_at(&stage, &pull).await;
    assert_eq!(other.listens(&stage, &page).await.status(), 200);
}

#[tokio::test]
async fn the_forge_plays_along_as_gitea_does() {
    let stage = stage().await;
    stage.forge.signs_out();
    let browser = Browser::default();
    let begun = browser.open(&stage, "/login").await;
    let sent = browser.says_yes(&begun).await;
    assert!(sent.contains("/user/login?redirect_to="), "{sent}");
    stage.forge.signs_in_as("bob");
    let begun = browser.open(&stage, "/login").await;
    let back = browser.says_yes(&begun).await;
    stage.forge.advance(Duration::from_secs(11 * 60));
    let back = back.split_once("/login/").expect("our address").1;
    let old = browser.open(&stage, &format!("/login/{back}")).await;
    assert_eq!(old.status, 403);
}
