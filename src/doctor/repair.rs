//! What `--fix` does: makes the webhook, or makes it anew with the events that it lacks, or asks
//! for a test delivery. Nothing else, and only what was shown before.
//!
//! A plan is made of facts, purely; performing a step is the only place outside of `effect` that
//! writes to Gitea, and it is never reached by the running bot. **Invariant:** a secret goes from
//! its file to Gitea or from the generator to both, and is never printed. Called by `cli`.

mod plan;
mod seal;
mod step;

pub use plan::{Means, plan};
pub use seal::Seal;
pub use step::Step;

use super::Trouble;
use super::webhook::EVENTS;
use crate::gitea::{CallError, Hook, NewHook, Place, Session, Speaker};

/// Performs a step and says what became of it.
///
/// # Errors
/// One sentence that says what stood in the way; nothing was changed, or it says what was.
pub async fn perform(session: &Session, step: &Step, seal: &Seal) -> Result<String, String> {
    match step {
        Step::Secret(_) => seal.secret().map(|(_, from)| from),
        Step::Create {
            place,
            speaker,
            url,
        } => {
            let (secret, from) = seal.secret()?;
            let new = NewHook {
                url,
                events: &EVENTS,
                secret: &secret,
            };
            let made = session.create_hook(speaker, place, &new).await;
            let made = made.map_err(|error| told(&error, speaker))?;
            Ok(format!("made webhook {}; {from}", made.id))
        }
        Step::Remake {
            place,
            speaker,
            hook,
        } => remake(session, place, speaker, hook, seal).await,
        Step::Try {
            repo,
            speaker,
            hook,
        } => {
            let tried = session.try_hook(speaker, repo, *hook).await;
            tried.map_err(|error| told(&error, speaker))?;
            Ok(String::from("Gitea was asked for a test delivery"))
        }
        Step::Ask(_) => Err(String::from("somebody who may has to do it")),
    }
}

/// The new one comes first, so that nothing is unheard in between; what is heard twice is answered
/// once.
async fn remake(
    session: &Session,
    place: &Place,
    speaker: &Speaker,
    hook: &Hook,
    seal: &Seal,
) -> Result<String, String> {
    let (secret, from) = seal.secret()?;
    let events = plan::remade_events(hook);
    let new = NewHook {
        url: &hook.url,
        events: &events,
        secret: &secret,
    };
    let made = session.create_hook(speaker, place, &new).await;
    let made = made.map_err(|error| told(&error, speaker))?;
    match session.remove_hook(speaker, place, hook.id).await {
        Ok(()) => Ok(format!(
            "made webhook {} in the place of {}; {from}",
            made.id, hook.id
        )),
        Err(error) => Err(format!(
            "webhook {} was made, but {} could not be removed and both are there now: {}",
            made.id,
            hook.id,
            told(&error, speaker)
        )),
    }
}

fn told(error: &CallError, speaker: &Speaker) -> String {
    let trouble = Trouble::of(error, Some(speaker));
    format!("{} ({})", trouble.meaning(), trouble.evidence())
}
