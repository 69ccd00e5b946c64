//! What must hold between gates.
//!
//! Names and aliases share one namespace, because people type either; contexts must differ,
//! because of two verdicts under one context one would hide the other.

use super::Draft;
use crate::{
    config::{origin::Placed, section::Report, words::quoted},
    gate::policy::{ContextTemplate, GateName},
};

/// What stands in a context for the base branch.
const BASE: &str = "{base}";

/// A context with the key and place that ask for it.
struct Claim<'g> {
    key: String,
    context: &'g Placed<ContextTemplate>,
}

impl Draft {
    /// Every word that names this gate, with its key.
    fn words(&self) -> impl Iterator<Item = (&Placed<GateName>, String)> {
        let aliases = self
            .aliases
            .iter()
            .flatten()
            .map(|alias| (alias, format!("{}.aliases", self.path)));
        self.name
            .iter()
            .map(|name| (name, self.path.clone()))
            .chain(aliases)
    }

    /// Every context of this gate, with its key.
    fn claims(&self) -> impl Iterator<Item = Claim<'_>> {
        self.contexts.iter().flatten().map(|context| Claim {
            key: format!("{}.contexts", self.path),
            context,
        })
    }
}

/// Holds all names and aliases against each other.
pub(super) fn check_words(report: &mut Report, gates: &[Draft]) {
    let mut taken: Vec<(&str, &str)> = Vec::new();
    for gate in gates {
        for (word, key) in gate.words() {
            let text = word.value.as_str();
            match taken
                .iter()
                .find(|(earlier, _)| earlier.eq_ignore_ascii_case(text))
            {
                None => taken.push((text, &gate.path)),
                Some((_, owner)) => {
                    let says = format!(
                        "{} already stands for {owner}; names and aliases must differ, whatever their case",
                        quoted(text)
                    );
                    report.mistake(&word.origin, &key, says);
                }
            }
        }
    }
}

/// Holds all contexts against each other, the declarations' too.
pub(in crate::config) fn check_contexts(
    report: &mut Report,
    gates: &[Draft],
    declarations: Option<&Placed<ContextTemplate>>,
) {
    let own = declarations.map(|context| Claim {
        key: "declarations.context".to_owned(),
        context,
    });
    let claims: Vec<_> = gates.iter().flat_map(Draft::claims).chain(own).collect();
    for (at, claim) in claims.iter().enumerate() {
        let twin = claims
            .iter()
            .take(at)
            .find(|earlier| collide(&earlier.context.value, &claim.context.value));
        if let Some(earlier) = twin {
            let text = quoted(claim.context.value.as_str());
            let says = format!(
                "{text} is a context of {} already; every context must be another",
                earlier.key
            );
            report.mistake(&claim.context.origin, &claim.key, says);
        }
    }
}

/// Whether both can be one context: equal, or equal for some base branch.
fn collide(one: &ContextTemplate, other: &ContextTemplate) -> bool {
    one == other || becomes(one, other) || becomes(other, one)
}

/// Whether a base branch exists for which the template is exactly the other context.
fn becomes(template: &ContextTemplate, literal: &ContextTemplate) -> bool {
    let (text, wanted) = (template.as_str(), literal.as_str());
    let places = text.matches(BASE).count();
    let Some((before, _)) = text.split_once(BASE) else {
        return false;
    };
    let fixed = text.len() - places * BASE.len();
    let length = wanted.len().saturating_sub(fixed) / places;
    let base = wanted
        .get(before.len()..before.len() + length)
        .unwrap_or_default();
    !base.is_empty() && !base.contains(char::is_whitespace) && template.for_base(base) == wanted
}
