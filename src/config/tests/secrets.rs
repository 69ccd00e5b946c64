//! I21: secrets are named, read at the last moment, and never shown.

use super::*;
use crate::cli::config::{render_json, render_lines};
use secrecy::ExposeSecret;

/// As Gitea makes them.
const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

fn read_with(more: &str, environment: &Environment) -> Result<Config, Mistakes> {
    Config::from_toml(Some("refire.toml"), &format!("{LEAST}{more}"), environment)
}

#[test]
fn a_secret_in_the_configuration_is_refused_and_not_repeated() {
    let by_token = "a secret does not belong into the configuration; name the variable that holds it with token_env, or its file with token_file";
    let by_secret = "a secret does not belong into the configuration; name the variable that holds it with secret_env, or its file with secret_file";
    let no_name = "must be the name of a variable, never the secret itself; write for example \"REFIRE_TOKEN\"";
    let no_path = "must be the path of a file, never the secret itself; write for example \"/run/secrets/refire\"";
    for (text, key, says) in [
        (
            format!("[[identity]]\nname = \"x\"\ntoken_env = \"T\"\ntoken = \"{TOKEN}\""),
            "identity.x.token",
            by_token,
        ),
        (
            format!("[[identity]]\nname = \"x\"\ntoken_env = \"T\"\npassword = \"{TOKEN}\""),
            "identity.x.password",
            by_token,
        ),
        (
            format!("[[identity]]\nname = \"x\"\ntoken_env = \"{TOKEN}\""),
            "identity.x.token_env",
            no_name,
        ),
        (
            format!("[[identity]]\nname = \"x\"\ntoken_file = \"{TOKEN}\""),
            "identity.x.token_file",
            no_path,
        ),
        (
            format!("[webhook]\nsecret = \"{TOKEN}\""),
            "webhook.secret",
            by_secret,
        ),
        (
            "[webhook]\nsecret_env = \"s3cr!t\"".to_owned(),
            "webhook.secret_env",
            no_name,
        ),
        (format!("token = \"{TOKEN}\""), "forge.token", by_token),
        (format!("[token]\nvalue = \"{TOKEN}\""), "token", by_token),
    ] {
        let said = read_with(&text, &nothing_set()).unwrap_err().to_string();
        assert!(said.ends_with(&format!(" {key}: {says}")), "{said}");
        assert!(!said.contains(TOKEN) && !said.contains("s3cr"), "{said}");
    }
}

#[test]
fn credentials_in_the_address_are_refused_and_not_repeated() {
    for url in [
        "https://me:hunter2@host",
        "https://hunter2@ho st/",
        "ftp://host/?token=hunter2",
        "https://host/?token=hunter2",
    ] {
        let said = read(&format!(
            "[forge]\nurl = \"{url}\"\nrepositories = [\"a/b\"]"
        ))
        .unwrap_err()
        .to_string();
        assert!(
            said.contains("forge.url: ") && !said.contains("hunter2"),
            "{said}"
        );
    }
}

#[test]
fn a_line_that_is_not_toml_is_not_repeated() {
    let broken =
        format!("[[identity]]\ntoken = {TOKEN}\ntoken_env = \"{TOKEN}\ntoken_file = '{TOKEN}");
    let said = read_with(&broken, &nothing_set()).unwrap_err().to_string();
    assert!(
        said.contains("identity.token: is not TOML") && !said.contains(TOKEN),
        "{said}"
    );
    let environment = Environment::of([("REFIRE_IDENTITY", format!("[{{ token = {TOKEN} }}]"))]);
    assert!(
        !read_with("", &environment)
            .unwrap_err()
            .to_string()
            .contains(TOKEN)
    );
}

#[test]
fn one_identity_takes_its_token_from_the_variable_or_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
    let file = file.to_str().unwrap();
    for pairs in [
        vec![("REFIRE_TOKEN", TOKEN)],
        vec![("REFIRE_TOKEN_FILE", file)],
        vec![("REFIRE_TOKEN", ""), ("REFIRE_TOKEN_FILE", file)],
    ] {
        let environment = Environment::of(pairs);
        let tokens = read_with("", &environment)
            .unwrap()
            .resolve_tokens(&environment)
            .unwrap();
        assert_eq!(tokens[0].expose_secret(), TOKEN);
    }
    let both = Environment::of([("REFIRE_TOKEN", TOKEN), ("REFIRE_TOKEN_FILE", file)]);
    assert_eq!(
        read_with("", &both).unwrap_err().to_string(),
        "REFIRE_TOKEN_FILE: is set beside REFIRE_TOKEN; keep one of the two"
    );
}

#[test]
fn all_missing_secrets_are_said_at_once() {
    let text = "[[identity]]\nname = \"a\"\ntoken_env = \"A_TOKEN\"\n[[identity]]\nname = \"b\"\ntoken_file = \"/nonexistent/b\"\n\
                [[identity]]\nname = \"c\"\ntoken_env = \"C_TOKEN\"\n[webhook]\nsecret_env = [\"NEW\", \"OLD\"]\n";
    let environment = Environment::of([("OLD", "old"), ("C_TOKEN", "two words")]);
    let said = read_with(text, &environment)
        .unwrap()
        .resolve_secrets(&environment)
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "refire.toml:6:13: identity.a.token_env: the variable A_TOKEN is not set\n\
         refire.toml:9:14: identity.b.token_file: the file \"/nonexistent/b\" cannot be read: No such file or directory (os error 2)\n\
         refire.toml:12:13: identity.c.token_env: the variable C_TOKEN holds something that is not a token: blanks, several lines or letters beyond ASCII\n\
         refire.toml:14:15: webhook.secret_env: the variable NEW is not set"
    );
}

#[test]
fn an_empty_secret_is_a_missing_one() {
    let environment = Environment::of([("REFIRE_TOKEN", "\n"), ("REFIRE_WEBHOOK_SECRET", "")]);
    let said = read_with("", &environment)
        .unwrap()
        .resolve_secrets(&environment)
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "identity.refire.token_env: the variable REFIRE_TOKEN is empty\n\
         webhook.secret_env: the variable REFIRE_WEBHOOK_SECRET is empty"
    );
}

#[test]
fn webhook_secrets_rotate() {
    let environment = Environment::of([("REFIRE_TOKEN", "t"), ("NEW", "new"), ("OLD", "old\r\n")]);
    let secrets = read_with("[webhook]\nsecret_env = [\"NEW\", \"OLD\"]\n", &environment)
        .unwrap()
        .resolve_secrets(&environment)
        .unwrap();
    let webhook: Vec<_> = secrets
        .webhook
        .iter()
        .map(ExposeSecret::expose_secret)
        .collect();
    assert_eq!(webhook, ["new", "old"]);
}

#[test]
fn an_empty_variable_gives_way_to_the_file() {
    let environment = Environment::of([
        ("REFIRE_WEBHOOK_SECRET", ""),
        ("REFIRE_WEBHOOK_SECRET_FILE", "/run/hook"),
    ]);
    let config = read_with("", &environment).unwrap();
    assert_eq!(config.webhook.secrets.len(), 1);
    let pasted = Environment::of([("REFIRE_WEBHOOK_SECRET_FILE", TOKEN)]);
    let said = read_with("", &pasted).unwrap_err().to_string();
    assert!(
        said.starts_with("REFIRE_WEBHOOK_SECRET_FILE: webhook.secret_file: must be the path")
            && !said.contains(TOKEN),
        "{said}"
    );
}

#[test]
fn no_webhook_secret_and_no_sweep_would_wake_nobody() {
    let environment = Environment::of([("REFIRE_TOKEN", "t")]);
    let config = read_with("[sweep]\nevery = \"off\"\n", &environment).unwrap();
    assert!(!config.wakes() && config.resolve_tokens(&environment).is_ok());
    let said = config
        .resolve_secrets(&environment)
        .unwrap_err()
        .to_string();
    assert!(
        said.starts_with("No webhook secret and no sweep: nothing would wake the bot"),
        "{said}"
    );
    let with_secret = Environment::of([("REFIRE_TOKEN", "t"), ("REFIRE_WEBHOOK_SECRET", "s")]);
    assert!(
        read_with("[sweep]\nevery = \"off\"\n", &with_secret)
            .unwrap()
            .resolve_secrets(&with_secret)
            .is_ok()
    );
    assert!(
        read_with("", &environment)
            .unwrap()
            .resolve_secrets(&environment)
            .unwrap()
            .webhook
            .is_empty()
    );
}

#[test]
fn what_is_in_force_says_where_secrets_are_and_never_what() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hook");
    std::fs::write(&file, "hook-hunter2").unwrap();
    let environment = Environment::of([
        ("REFIRE_TOKEN", "env-hunter2"),
        ("REFIRE_WEBHOOK_SECRET_FILE", file.to_str().unwrap()),
    ]);
    let config = read_with("[[identity]]\nname = \"a\"\ntoken_env = \"REFIRE_TOKEN\"\n[[identity]]\nname = \"b\"\ntoken_env = \"B_TOKEN\"\n", &environment).unwrap();
    let lines = render_lines(config.settings(), &environment);
    let set = format!("webhook.secret_file = set (file {})", file.display());
    for shown in [
        "identity.a.token_env = set (env REFIRE_TOKEN)",
        "identity.b.token_env = not set (env B_TOKEN)",
        &set,
        "# REFIRE_WEBHOOK_SECRET_FILE\n",
        "# refire.toml:6\n",
    ] {
        assert!(lines.contains(shown), "{shown} in\n{lines}");
    }
    let json = render_json(config.settings(), &environment);
    let secrets = config
        .resolve_secrets(&environment.also("B_TOKEN", "b-hunter2"))
        .unwrap();
    for text in [
        lines,
        json,
        format!("{config:?}"),
        format!("{environment:?}"),
        format!("{secrets:?}"),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn a_password_in_place_of_a_name_is_not_repeated() {
    let config = read_with("[webhook]\nsecret_env = \"hunter2\"\n", &nothing_set()).unwrap();
    let said = config
        .resolve_secrets(&nothing_set())
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("webhook.secret_env: the variable named there is not set")
            && !said.contains("hunter2"),
        "{said}"
    );
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn nobody_reads_a_file_without_end() {
    let said = SecretSource::File("/dev/zero".into())
        .read(&nothing_set())
        .unwrap_err();
    assert_eq!(
        said,
        "the file \"/dev/zero\" cannot be read: it is larger than 64 KiB"
    );
}

#[test]
fn what_is_in_force_is_one_object_for_machines() {
    let config = read_with("timeout = \"3s\"\n", &nothing_set()).unwrap();
    let object: serde_json::Value =
        serde_json::from_str(&render_json(config.settings(), &nothing_set())).unwrap();
    assert_eq!(
        object["forge.timeout"],
        serde_json::json!({"value": "3s", "origin": "refire.toml:4"})
    );
    assert_eq!(
        object["forge.repositories"]["value"],
        serde_json::json!(["acme/*"])
    );
    assert_eq!(
        object["identity.refire.token_env"]["value"],
        "not set (env REFIRE_TOKEN)"
    );
}

#[test]
fn a_token_in_a_file_is_read_again_and_one_in_a_variable_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let source = SecretSource::file(path.to_str().unwrap()).unwrap();
    assert!(source.read_again().is_none(), "nothing is there yet");
    std::fs::write(&path, "first\n").unwrap();
    let token = source.read_again().unwrap();
    assert_eq!(token.expose_secret(), "first");
    std::fs::write(&path, "second\n").unwrap();
    let token = source.read_again().unwrap();
    assert_eq!(token.expose_secret(), "second");
    assert!(
        SecretSource::known_variable("REFIRE_TOKEN")
            .read_again()
            .is_none()
    );
}
