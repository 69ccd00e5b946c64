//! Which gates a turn has to look at.

use super::answer::{Asked, gates_of, speaks};
use super::record::PullRecord;
use crate::gate::facts::{Facts, Says};
use crate::gate::policy::{GateName, Policy};
use crate::model::Posted;

/// What a turn looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The gates, in configured order.
    pub gates: Vec<GateName>,
    /// Whether that is all of them.
    pub all: bool,
    /// Whether the list of declarations is posted too.
    pub declarations: bool,
}

impl Scope {
    /// Every gate and the declarations.
    #[must_use]
    pub fn everything(policy: &Policy) -> Self {
        let gates = policy.gates.iter().map(|gate| gate.name.clone()).collect();
        Self {
            gates,
            all: true,
            declarations: true,
        }
    }
}

impl Scope {
    /// Whether an answer about these gates can be given again.
    #[must_use]
    pub fn covers(&self, gates: &[GateName]) -> bool {
        self.all || (!gates.is_empty() && gates.iter().all(|gate| self.gates.contains(gate)))
    }
}

/// Everything, where something may have changed or the head is new; otherwise what was asked for,
/// and every gate that the list of declarations needs.
#[must_use]
pub fn scope(
    policy: &Policy,
    facts: &Facts,
    asked: &[Asked],
    record: Option<&PullRecord>,
) -> Scope {
    let head_is_new = record.is_some_and(|record| record.evaluated != facts.pull.head);
    if head_is_new {
        return Scope::everything(policy);
    }
    let declarations = asked.iter().any(|asked| speaks(&asked.reading));
    let asks = |gate: &GateName| {
        asked
            .iter()
            .any(|a| gates_of(&a.reading, policy).contains(gate))
    };
    let gates: Vec<GateName> = policy
        .gates
        .iter()
        .map(|gate| gate.name.clone())
        .filter(|gate| asks(gate) || (declarations && is_declared(facts, gate)))
        .collect();
    Scope {
        all: gates.len() == policy.gates.len(),
        gates,
        declarations,
    }
}

/// Whether anybody declares the gate, counting or not.
fn is_declared(facts: &Facts, gate: &GateName) -> bool {
    let declares = |says: &Says| matches!(says, Says::Declare { .. });
    facts
        .spoken
        .iter()
        .flat_map(|spoken| &spoken.directives)
        .any(|d| d.gate == *gate && declares(&d.says))
}

/// Whether the list of declarations that we posted contradicts what was found now.
#[must_use]
pub fn contradicts(
    policy: &Policy,
    facts: &Facts,
    posted: &[Posted],
    found: &[(GateName, bool)],
) -> bool {
    let context = policy.declarations.context.for_base(&facts.pull.base);
    let Some(list) = posted.iter().find(|posted| posted.context == context) else {
        return false;
    };
    let listed = |gate: &GateName| {
        let names = list.description.trim_start_matches("N/A:").split(',');
        names.map(str::trim).any(|name| name == gate.as_str())
    };
    found
        .iter()
        .any(|(gate, declared)| listed(gate) != *declared)
}
