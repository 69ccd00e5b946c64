//! Configurations of several identities, each told once. The stage knows the tokens by these variables.

/// Two identities, of which the first may not see the teams.
pub(crate) const WEAK_FIRST: &str = r#"
[[identity]]
name = "weak"
token_env = "WEAK_TOKEN"
uses = ["teams"]

[[identity]]
name = "refire"
token_env = "REFIRE_TOKEN"
"#;

/// Reading, asking about teams and writing are three accounts.
pub(crate) const THREE: &str = r#"
[[identity]]
name = "reader"
token_env = "TOKEN_OF_STRANGERBOT"
uses = ["read"]

[[identity]]
name = "asker"
token_env = "TOKEN_OF_WEAKBOT"
uses = ["teams"]

[[identity]]
name = "second"
token_env = "TOKEN_OF_REFIRE"
uses = ["teams"]

[[identity]]
name = "writer"
token_env = "TOKEN_WITHOUT_ORGANIZATION"
uses = ["write"]
"#;

/// Somebody else reads; the bot asks and writes.
macro_rules! read_by {
    ($token:literal) => {
        concat!(
            "[[identity]]\nname = \"reader\"\ntoken_env = \"",
            $token,
            "\"\nuses = [\"read\"]\n[[identity]]\nname = \"refire\"\n",
            "token_env = \"TOKEN_OF_REFIRE\"\nuses = [\"teams\", \"write\"]\n"
        )
    };
}
pub(crate) use read_by;

/// One identity whose token may only read.
pub(crate) const WRITTEN_WITHOUT_SCOPE: &str = r#"
[[identity]]
name = "refire"
token_env = "TOKEN_THAT_ONLY_READS"
"#;

/// One identity reads and writes and is well; the other alone is asked about teams.
macro_rules! asked_by {
    ($token:literal, $more:literal) => {
        concat!(
            "[[identity]]\nname = \"refire\"\ntoken_env = \"TOKEN_OF_REFIRE\"\n",
            "uses = [\"read\", \"write\"]\n[[identity]]\nname = \"asker\"\ntoken_env = \"",
            $token,
            "\"\nuses = [\"teams\"]\n",
            $more
        )
    };
}
pub(crate) use asked_by;
