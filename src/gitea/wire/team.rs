//! Teams.

use crate::gitea::body::BodyError;
use crate::model::{TeamId, TeamName};
use serde::Deserialize;

/// A team; in a list its organisation is `null` (gitea-facts §1.4).
#[derive(Deserialize)]
pub(in crate::gitea) struct WireTeam {
    id: u64,
    name: String,
    #[serde(default)]
    organization: Option<WireOrganization>,
}

#[derive(Deserialize)]
struct WireOrganization {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    username: Option<String>,
}

impl WireTeam {
    /// `organisation/team`. `None`: the answer names no organisation.
    pub(in crate::gitea) fn full_name(&self) -> Option<TeamName> {
        let organization = self.organization.as_ref()?;
        let org = organization
            .name
            .as_deref()
            .or(organization.username.as_deref())?;
        Some(TeamName::new(org, &self.name))
    }
}

/// A row of an organisation's teams.
pub(in crate::gitea) fn team(json: &[u8]) -> Result<(TeamId, String), BodyError> {
    super::read::<WireTeam>(json).map(|team| (TeamId::new(team.id), team.name))
}
