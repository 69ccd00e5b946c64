//! The world in which the servers were recorded: who there is, and who may do what.

use super::World;
use super::access::Access;
use super::ids::UserId;
use super::repo::NewRepo;
use super::token::Scopes;

const USERS: [&str; 17] = [
    "olivia",
    "alice",
    "bob",
    "quinn",
    "quincy",
    "sam",
    "mona",
    "eve",
    "refire",
    "weakbot",
    "strangerbot",
    "tim",
    "gus",
    "ina",
    "pia",
    "max",
    "svc",
];

/// What the bot needs.
const SEED: &[&str] = &[
    "write:repository",
    "write:issue",
    "read:organization",
    "read:notification",
];
const SEED_AND_USER: &[&str] = &[
    "write:repository",
    "write:issue",
    "read:organization",
    "read:notification",
    "read:user",
];

/// Name of the token, its owner, its scopes.
const TOKENS: [(&str, &str, &[&str]); 23] = [
    ("olivia", "olivia", &["all"]),
    ("alice", "alice", &["all"]),
    ("bob", "bob", &["all"]),
    ("quinn", "quinn", &["all"]),
    ("quincy", "quincy", &["all"]),
    ("sam", "sam", &["all"]),
    ("mona", "mona", &["all"]),
    ("eve", "eve", &["all"]),
    ("tim", "tim", &["all"]),
    ("gus", "gus", &["all"]),
    ("ina", "ina", &["all"]),
    ("pia", "pia", &["all"]),
    ("max", "max", &["all"]),
    ("bot", "refire", SEED_AND_USER),
    ("bot-seed-scopes", "refire", SEED),
    (
        "bot-no-organization",
        "refire",
        &["write:repository", "write:issue", "read:user"],
    ),
    (
        "bot-no-issue",
        "refire",
        &["write:repository", "read:organization", "read:user"],
    ),
    (
        "bot-no-repository",
        "refire",
        &["write:issue", "read:organization", "read:user"],
    ),
    (
        "bot-read-repository",
        "refire",
        &[
            "read:repository",
            "write:issue",
            "read:organization",
            "read:user",
        ],
    ),
    (
        "bot-public-only",
        "refire",
        &[
            "write:repository",
            "write:issue",
            "read:organization",
            "read:notification",
            "read:user",
            "public-only",
        ],
    ),
    ("bot-revoked", "refire", &["all"]),
    ("weakbot", "weakbot", SEED_AND_USER),
    ("strangerbot", "strangerbot", SEED_AND_USER),
];

/// Name, organisation, right, members.
type StandardTeam = (&'static str, &'static str, Access, &'static [&'static str]);

const TEAMS: [StandardTeam; 6] = [
    (
        "qa",
        "acme",
        Access::Write,
        &["quinn", "quincy", "tim", "gus", "ina", "svc", "refire"],
    ),
    ("security", "acme", Access::Read, &["sam", "refire"]),
    ("engineers", "acme", Access::Write, &["alice", "bob"]),
    ("managers", "acme", Access::Read, &["mona"]),
    ("bots", "acme", Access::Write, &["refire", "weakbot"]),
    ("hidden-qa", "hidden", Access::Write, &["quinn", "refire"]),
];

/// Name, organisation, whether it is private.
const REPOS: [(&str, &str, bool); 6] = [
    ("widget", "acme", false),
    ("gadget", "acme", false),
    ("vault", "acme", true),
    ("oldname", "acme", false),
    ("attic", "acme", false),
    ("cellar", "hidden", true),
];

impl World {
    /// Fills an empty world.
    pub(crate) fn fill_standard(&mut self) {
        for name in USERS {
            self.add_user(name);
        }
        for (name, owner, words) in TOKENS {
            self.add_standard_token(name, owner, words);
        }
        // The only way to have a token that was good once.
        self.tokens.retain(|token| token.name != "bot-revoked");
        let Some(olivia) = self.person("olivia").map(|user| user.id) else {
            return;
        };
        self.add_org("acme", olivia, false);
        self.add_org("hidden", olivia, true);
        for team in TEAMS {
            self.add_standard_team(team);
        }
        for (name, org, private) in REPOS {
            if let Some(org) = self.org(org).map(|org| org.id) {
                self.add_repo(&NewRepo {
                    owner: org,
                    name,
                    private,
                    by: olivia,
                });
            }
        }
        self.block_accounts();
    }

    fn add_standard_token(&mut self, name: &str, owner: &str, words: &[&str]) {
        let owner = self.person(owner).map(|user| user.id);
        if let (Some(owner), Some(scopes)) = (owner, Scopes::parse(words.iter().copied())) {
            self.add_token(owner, name, scopes);
        }
    }

    fn add_standard_team(&mut self, (name, org, access, members): StandardTeam) {
        let Some(org) = self.org(org).map(|org| org.id) else {
            return;
        };
        let ids: Vec<UserId> = members
            .iter()
            .filter_map(|name| self.person(name))
            .map(|user| user.id)
            .collect();
        let team = self.add_team(org, name, access);
        if let Some(team) = self.teams.get_mut(&team) {
            team.members.extend(ids);
        }
    }

    /// An administrator's edit also sets the name at the source.
    fn block_accounts(&mut self) {
        for user in self.users.values_mut() {
            if matches!(user.name.as_str(), "ina" | "pia" | "max") {
                user.login_name.clone_from(&user.name);
            }
            match user.name.as_str() {
                "ina" => user.active = false,
                "pia" => user.prohibit_login = true,
                "max" => user.must_change_password = true,
                _ => {}
            }
        }
    }
}
