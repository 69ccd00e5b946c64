//! Sentences about users, organisations and teams.

use super::named;
use crate::forge::Forge;
use crate::world::World;
use crate::world::access::Access;
use crate::world::hook::Place;
use crate::world::ids::{HookId, TeamId, UserId};
use crate::world::team::Team;
use crate::world::token::Scopes;

/// A user.
#[derive(Debug, Clone)]
pub struct UserHandle {
    pub(super) forge: Forge,
    pub(super) id: UserId,
}

impl UserHandle {
    /// The numeric id.
    #[must_use]
    pub fn id(&self) -> UserId {
        self.id
    }

    /// The secret of a new token with these scopes, e.g. `&["write:issue", "read:organization"]`.
    ///
    /// # Panics
    /// When a word is not a scope.
    #[must_use]
    pub fn token(&self, scopes: &[&str]) -> String {
        let Some(scopes) = Scopes::parse(scopes.iter().copied()) else {
            panic!("not scopes: {scopes:?}")
        };
        self.forge.with(|world| {
            let name = format!("token {} of {}", world.tokens.len(), self.id);
            world.add_token(self.id, &name, scopes).secret
        })
    }

    /// The account cannot sign in any more; its memberships stay.
    pub fn prohibit_login(&self) {
        self.forge.with(|world| {
            if let Some(user) = world.users.get_mut(&self.id) {
                user.prohibit_login = true;
            }
        });
    }

    /// None of the account's tokens is good any more.
    pub fn revoke_tokens(&self) {
        self.forge
            .with(|world| world.tokens.retain(|token| token.owner != self.id));
    }
}

/// An organisation.
#[derive(Debug, Clone)]
pub struct OrgHandle {
    pub(super) forge: Forge,
    pub(super) id: UserId,
}

impl OrgHandle {
    /// The team of that name, which is made (may read) if there is none.
    #[must_use]
    pub fn team(&self, name: &str) -> TeamHandle {
        let id = self.forge.with(|world| {
            let found = world.team_named(self.id, name).map(|team| team.id);
            found.unwrap_or_else(|| world.add_team(self.id, name, Access::Read))
        });
        TeamHandle {
            forge: self.forge.clone(),
            id,
        }
    }

    /// A hook of the organisation for every event there is.
    #[must_use]
    pub fn hook(&self, url: &str, secret: &str) -> HookId {
        self.forge
            .with(|world| super::repo::add_hook(world, Place::Owner(self.id), url, secret))
    }
}

/// A team.
#[derive(Debug, Clone)]
pub struct TeamHandle {
    forge: Forge,
    id: TeamId,
}

impl TeamHandle {
    /// The numeric id, which a rename does not change.
    #[must_use]
    pub fn id(&self) -> TeamId {
        self.id
    }

    /// Takes somebody in.
    pub fn add(&self, name: &str) -> &Self {
        self.with(|world, id| {
            let user = named(world, name);
            row(world, id).members.insert(user);
        })
    }

    /// Puts somebody out.
    pub fn remove(&self, name: &str) -> &Self {
        self.with(|world, id| {
            let user = named(world, name);
            row(world, id).members.remove(&user);
        })
    }

    /// Members may write to the organisation's repositories.
    pub fn may_write(&self) -> &Self {
        self.with(|world, id| row(world, id).access = Access::Write)
    }

    /// Another name; the old one is free for another team.
    pub fn rename(&self, new: &str) -> &Self {
        self.with(|world, id| new.clone_into(&mut row(world, id).name))
    }

    /// The team goes.
    pub fn delete(&self) {
        self.forge.with(|world| world.teams.remove(&self.id));
    }

    fn with(&self, work: impl FnOnce(&mut World, TeamId)) -> &Self {
        self.forge.with(|world| work(world, self.id));
        self
    }
}

fn row(world: &mut World, id: TeamId) -> &mut Team {
    let Some(team) = world.teams.get_mut(&id) else {
        panic!("team {id} was deleted")
    };
    team
}
