//! The program as it is started: what goes to which stream, and what it exits with.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot start the program must fail"
)]

use std::{
    io::{Read, Write},
    net::TcpListener,
    process::{Command, Output, Stdio},
};

/// Starts the program in an empty folder with these variables only.
fn refire(arguments: &[&str], variables: &[(&str, &str)], input: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_refire"))
        .args(arguments)
        .env_clear()
        .envs(variables.iter().copied())
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

const FORGE: [(&str, &str); 2] = [
    ("REFIRE_FORGE__URL", "http://127.0.0.1:1"),
    ("REFIRE_FORGE__REPOSITORIES", r#"["acme/*"]"#),
];

#[test]
fn mistakes_in_the_arguments_exit_with_64() {
    for arguments in [
        &[][..],
        &["--nonsense"],
        &["fly"],
        &["check"],
        &["check", "acme/widget"],
        &["serve", "--config"],
        &["health", "--url", "https://127.0.0.1/readyz"],
    ] {
        let output = refire(arguments, &[], "");
        let (answer, said) = texts(&output);
        assert_eq!(
            (output.status.code(), answer.as_str()),
            (Some(64), ""),
            "{arguments:?}"
        );
        assert!(!said.is_empty(), "{arguments:?}");
    }
}

#[test]
fn help_and_version_are_answers() {
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "check"],
        &["serve", "--help"],
    ] {
        let output = refire(arguments, &[], "");
        let (answer, said) = texts(&output);
        assert_eq!(
            (output.status.code(), said.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        assert!(answer.contains("refire"), "{arguments:?}");
    }
}

#[test]
fn import_sop_says_what_it_leaves_out_on_standard_error_and_exits_with_1() {
    let whole = "n/a_gates:\n  qa-review:\n    required_teams: [qa]\n";
    let less = format!("{whole}items:\n  - slug: tests\n");
    for (input, code, holds) in [
        (whole, 0, "to be checked"),
        (&less, 1, "line 5: not taken over: the item \"tests\""),
        ("a: [", 64, "refire: -: "),
    ] {
        let output = refire(&["import-sop", "-"], &[], input);
        let (answer, said) = texts(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(holds), "{said}");
        assert_eq!(answer.contains("[gates.qa-review]"), code != 64);
    }
    let output = refire(&["import-sop", "-", "--json"], &[], &less);
    let (answer, said) = texts(&output);
    assert_eq!((output.status.code(), said.as_str()), (Some(1), ""));
    assert!(answer.contains("\"lost\": true"), "{answer}");
    let output = refire(&["import-sop", "not-there.yaml"], &[], "");
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn completions_and_the_manual_are_answers_that_need_no_configuration() {
    let broken = [("REFIRE_SWEEP__EVERY", "never ever")];
    for (arguments, holds) in [
        (&["completions", "bash"][..], "_refire()"),
        (&["completions", "zsh"], "#compdef refire"),
        (&["completions", "fish"], "complete -c refire"),
        (&["man"], ".TH refire"),
    ] {
        let output = refire(arguments, &broken, "");
        let (answer, said) = texts(&output);
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
        assert!(answer.contains(holds), "{arguments:?}: {answer}");
    }
}

#[test]
fn parse_needs_no_configuration_and_exits_with_0() {
    let broken = [("REFIRE_SWEEP__EVERY", "never ever")];
    for (input, first) in [
        ("/refire qa", "refire: "),
        ("hello", "nothing: "),
        ("/refire securty", "mistake: "),
    ] {
        let output = refire(&["parse"], &broken, input);
        let (answer, said) = texts(&output);
        assert_eq!(
            (output.status.code(), said.as_str()),
            (Some(0), ""),
            "{input}"
        );
        assert!(answer.starts_with(first), "{answer}");
    }
    let (answer, _) = texts(&refire(&["parse", "--json"], &[], "/whoami-teams"));
    assert!(
        answer.contains("\"commands\"") && answer.contains("\"truncated\": false"),
        "{answer}"
    );
}

#[test]
fn mistakes_in_the_configuration_exit_with_64_whatever_was_asked() {
    for arguments in [
        &["config"][..],
        &["config", "--json"],
        &["serve"],
        &["check", "acme/widget#12"],
        &["doctor"],
    ] {
        let output = refire(arguments, &[("REFIRE_SWEEP__EVERY", "soon")], "");
        let (answer, said) = texts(&output);
        assert_eq!(
            (output.status.code(), answer.as_str()),
            (Some(64), ""),
            "{arguments:?}"
        );
        assert!(
            said.lines()
                .any(|line| line.starts_with("REFIRE_SWEEP__EVERY: sweep.every: ")),
            "{said}"
        );
        assert!(
            said.lines()
                .any(|line| line.starts_with("forge.url: is missing")),
            "{said}"
        );
    }
}

#[test]
fn config_needs_no_secrets_but_serve_check_and_doctor_do() {
    let output = refire(&["config"], &FORGE, "");
    let (answer, _) = texts(&output);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        answer.contains("identity.refire.token_env = not set (env REFIRE_TOKEN)"),
        "{answer}"
    );
    for arguments in [&["serve"][..], &["check", "acme/widget#12"], &["doctor"]] {
        let output = refire(arguments, &FORGE, "");
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        assert_eq!(
            texts(&output).1,
            "identity.refire.token_env: the variable REFIRE_TOKEN is not set\n"
        );
    }
}

#[test]
fn whoever_observes_posts_nothing_by_hand_either() {
    let observes = [
        FORGE[0],
        FORGE[1],
        ("REFIRE_FORGE__MODE", "observe"),
        ("REFIRE_TOKEN", "t0ken"),
    ];
    let output = refire(&["check", "acme/widget#12", "--post"], &observes, "");
    let (answer, said) = texts(&output);
    assert_eq!((output.status.code(), answer.as_str()), (Some(64), ""));
    assert!(said.contains("leave --post away"), "{said}");
}

/// A server that answers one request with this, and what it was asked.
fn answers_once(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let asked = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let mut request = [0; 1024];
        let length = connection.read(&mut request).unwrap();
        connection.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).into_owned()
    });
    (format!("http://{address}/readyz?verbose"), asked)
}

#[test]
fn health_exits_with_0_if_the_bot_is_ready_and_1_if_it_is_not() {
    // No configuration is read, so a wrong one is none of its business.
    let broken = [("REFIRE_SWEEP__EVERY", "never ever")];
    let ready = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n";
    let not = "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"message\":\"not ready: the store is closed\"}\n";
    for (answer, code, told, said) in [
        (ready, 0, "ok\n", ""),
        (not, 1, "", "the store is closed"),
        ("SSH-2.0-OpenSSH_9.2\r\n", 1, "", "SSH-2.0"),
        ("", 1, "", "answers"),
    ] {
        let (url, asked) = answers_once(answer);
        let output = refire(&["health", "--url", &url], &broken, "");
        let texts = texts(&output);
        assert_eq!((output.status.code(), texts.0.as_str()), (Some(code), told));
        assert!(texts.1.contains(said), "{}", texts.1);
        let asked = asked.join().unwrap();
        assert!(
            asked.starts_with("GET /readyz?verbose HTTP/1.0\r\n"),
            "{asked}"
        );
    }
}

#[test]
fn health_exits_with_1_if_nobody_answers() {
    let output = refire(&["health", "--url", "http://127.0.0.1:1/readyz"], &[], "");
    let (told, said) = texts(&output);
    assert_eq!((output.status.code(), told.as_str()), (Some(1), ""));
    assert!(
        said.starts_with("refire: http://127.0.0.1:1/readyz does not answer: "),
        "{said}"
    );
}
