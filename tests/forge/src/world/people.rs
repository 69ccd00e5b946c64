//! Users and organisations: one table, as in Gitea.

use jiff::Timestamp;

use super::World;
use super::ids::UserId;

/// The password of every account that a test makes.
pub(crate) const PASSWORD: &str = "Correct-horse-7-battery";

/// A row of the user table.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    /// Empty for an organisation.
    pub(crate) email: String,
    pub(crate) kind: Account,
    /// The name at the source of sign-ins; empty unless an administrator set it.
    pub(crate) login_name: String,
    pub(crate) admin: bool,
    pub(crate) active: bool,
    pub(crate) prohibit_login: bool,
    pub(crate) must_change_password: bool,
    pub(crate) password: String,
    pub(crate) created: Timestamp,
}

/// What an account is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    /// A person (or a bot: Gitea does not tell them apart).
    Person,
    /// An organisation that everybody sees.
    PublicOrg,
    /// An organisation that only its members see.
    PrivateOrg,
}

impl User {
    pub(crate) fn is_org(&self) -> bool {
        self.kind != Account::Person
    }
}

impl World {
    /// A person who may sign in; names are unique without case.
    pub(crate) fn add_user(&mut self, name: &str) -> UserId {
        let email = format!("{name}@example.com");
        self.insert_user(name, email, Account::Person)
    }

    pub(in crate::world) fn insert_user(
        &mut self,
        name: &str,
        email: String,
        kind: Account,
    ) -> UserId {
        let id = self.next_user();
        let created = self.now();
        let user = User {
            id,
            name: name.to_owned(),
            email,
            kind,
            login_name: String::new(),
            admin: false,
            active: true,
            prohibit_login: false,
            must_change_password: false,
            password: PASSWORD.to_owned(),
            created,
        };
        self.old_names.remove(&name.to_lowercase());
        self.users.insert(id, user);
        id
    }

    /// The account of that name, compared without case.
    pub(crate) fn account(&self, name: &str) -> Option<&User> {
        self.users
            .values()
            .find(|user| user.name.eq_ignore_ascii_case(name))
    }

    /// The person of that name; organisations are none.
    pub(crate) fn person(&self, name: &str) -> Option<&User> {
        self.account(name).filter(|user| !user.is_org())
    }

    /// The organisation of that name.
    pub(crate) fn org(&self, name: &str) -> Option<&User> {
        self.account(name).filter(|user| user.is_org())
    }

    /// The old name goes on redirecting.
    pub(crate) fn rename_user(&mut self, user: UserId, new: &str) {
        let Some(row) = self.users.get_mut(&user) else {
            return;
        };
        let old = std::mem::replace(&mut row.name, new.to_owned());
        self.old_names.insert(old.to_lowercase(), user);
    }

    /// What the user wrote stays and becomes Ghost's; memberships, tokens and reactions go.
    pub(crate) fn delete_user(&mut self, user: UserId) {
        self.users.remove(&user);
        self.old_names.retain(|_, id| *id != user);
        self.tokens.retain(|token| token.owner != user);
        for team in self.teams.values_mut() {
            team.members.remove(&user);
        }
        for repo in self.repos.values_mut() {
            repo.watchers.remove(&user);
        }
        for event in self.events.values_mut() {
            event.reactions.retain(|reaction| reaction.user != user);
        }
    }

    pub(crate) fn is_admin(&self, user: Option<UserId>) -> bool {
        user.and_then(|id| self.users.get(&id))
            .is_some_and(|user| user.admin)
    }
}
