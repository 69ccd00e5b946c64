//! Who could unblock a gate that waits, asked while somebody looks who may know: a member of the team's
//! organisation.

use super::Site;
use super::access::Sight;
use super::session::Session;
use crate::decide::evaluation::{GateShown, Shown};
use crate::decide::record::PullRecord;
use crate::model::{Account, TeamName};
use crate::worker::able;
use std::collections::HashMap;

/// Logins by the team that waits for one of them.
pub(super) type Able = HashMap<TeamName, Vec<String>>;

impl Site {
    /// Those who could approve, of the teams of which no answer has named somebody. Where it cannot be
    /// found out, nobody is named: the page says the rest all the same.
    pub(super) async fn able(
        &self,
        session: &Session,
        sight: &Sight,
        (record, shown): (&PullRecord, &Shown),
    ) -> Able {
        let mut able = Able::new();
        for (_, gate) in shown.gates.iter().filter(|(_, gate)| asks(gate)) {
            if able.contains_key(&gate.team) || !sight.is_member_of(gate.team.org()) {
                continue;
            }
            let members = self.members(session, &gate.team).await;
            let ours = (&*self.shared.policy, self.shared.gitea.own_accounts());
            let people = able::remembered(ours, record, members).into_iter();
            let logins = people.map(|who| who.login.to_string()).collect();
            able.insert(gate.team.clone(), logins);
        }
        able
    }

    /// A team's members, asked with the bot's own token and remembered for a minute for everybody.
    async fn members(&self, session: &Session, team: &TeamName) -> Vec<Account> {
        let name = team.to_string();
        if let Some(members) = self.members.get(&name) {
            return members;
        }
        let Ok(_place) = self.question(session).await else {
            return Vec::new();
        };
        let asked = self.shared.gitea.session().fetch_members(team).await;
        let members = asked.unwrap_or_default();
        self.members.put(name, self.soon(), members.clone());
        members
    }
}

/// Whether a gate waits for somebody of whom no answer has told.
pub(super) fn asks(gate: &GateShown) -> bool {
    gate.verdict == "missing" && gate.able.is_empty()
}
