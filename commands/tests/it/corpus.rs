//! Comments as people and other bots write them, with what they say.

use commands::parse;

use crate::gates;

/// The comment above, what it says below.
fn reading(body: &str) -> String {
    format!("{body}\n\n⇒ {:#?}", parse(body, &gates()))
}

macro_rules! corpus {
    ($($name:ident: $body:expr;)*) => {$(
        #[test]
        fn $name() {
            insta::assert_snapshot!(reading($body));
        }
    )*};
}

corpus! {
    a_plain_approval: "LGTM, thanks for the quick fix! I checked src/main.rs and tests/it/main.rs.";

    a_polite_refire: "Hi, I was added to the team only now.\n\n/refire qa please\n\nThanks!";

    a_declaration_with_an_explanation: "I looked at the whole diff, only `README.md` is touched.\n\n\
        /sop-n/a security-review — docs only, see `README.md`\n\
        /sop-n/a qa-review @91BC0D2: nothing to *test*";

    a_mail_reply: "/sop-revoke qa\r\n\r\nOn Monday, quinn wrote:\r\n> /sop-n/a qa docs only\r\n> \r\n> Cheers\r\n";

    an_explanation_of_the_commands: "You can type `/refire qa`, or\n\n```\n/refire security\n```\n\nor in a list:\n\n\
        - `/sop-n/a qa-review`\n- /whoami-teams\n";

    slips_of_the_pen: "/refire securty\n/sop-an qa docs\n/sop-n/a\n/sop-n/a qa @main docs\n/refire `qa`\n";

    other_bots: "/lgtm\n/retest\n/approve no-issue\n/cc @alice\n/label kind/bug\n/hold";

    a_pasted_log: "CI says:\n\n/usr/bin/ld: cannot find -lssl\n/home/ci/build/src/a.c:12: error\n/tmp/x: No such file\n";

    a_template_with_hidden_help: "## What\n\nFixes #12.\n\n<!--\nCommands: \n/refire qa\n/sop-n/a qa-review reason\n-->\n\n\
        - [ ] tests\n- [x] docs\n";

    a_folded_log: "<details>\n<summary>Output of the bot</summary>\n\n/refire qa\n\n</details>\n\n/whoami-teams";

    a_phone: "\u{FEFF}/Sop-N/A\u{A0}qa-review—docs only\u{200B}…\r\n/Refire\u{202F}Security";

    all_at_once: "/refire help\n/whoami-teams\n/refire\n/refire all\n/qa-recheck\n/security-recheck";

    a_table_of_gates: "| gate | command |\n|---|---|\n| qa | /refire qa |\n/refire security\n";

    marked_up: "**/refire qa**\n\n*/refire security*\n\n~~/sop-n/a qa docs~~ I was wrong\n\n/refire **security**";
}
