//! Figure 2: the process is killed at random moments while deliveries arrive: nothing is lost, and
//! nothing is done twice.

use crate::crowd::{all_answered, all_once, ask, nobodies};
use crate::figure::{Extent, Outcome};
use crate::theatre::{Theatre, until};
use forge::PullHandle;
use std::path::Path;
use std::time::Duration;

const PEOPLE: usize = 40;
const PULLS: usize = 30;

/// How much, besides the deliveries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Killed {
    pub(crate) kills: usize,
    /// One in so many deliveries holds a command.
    pub(crate) command_every: usize,
}

/// Runs the figure with this program.
pub(crate) async fn run(program: &Path, extent: Extent, killed: Killed) -> Outcome {
    let theatre = Theatre::of(program).await;
    let people = nobodies(&theatre.forge, PEOPLE);
    let pulls: Vec<PullHandle> = (0..PULLS).map(|_| theatre.forge.pull("alice")).collect();
    let mut running = theatre.start().await;
    let part = extent.times / (killed.kills + 1);
    let (mut asked, mut told, mut kills) = (Vec::new(), 0, 0);
    for number in extent.turns() {
        let is_command = number % killed.command_every == 0;
        // Commands by everybody and everywhere, so that nobody types too much.
        let turn = if is_command { asked.len() } else { number };
        let (pull, who) = (&pulls[turn % PULLS], &people[turn % PEOPLE]);
        match is_command {
            true => asked.push(ask(pull, who, number)),
            false => drop(pull.comment(who, &format!("Looks fine to me, {number}."))),
        }
        told += 1;
        if number % part == part - 1 && kills < killed.kills {
            // A prime, so that the moment within the work of one command is another each time.
            tokio::time::sleep(Duration::from_millis(number as u64 * 37 % 90)).await;
            drop(running.kill());
            running = theatre.start().await;
            kills += 1;
        }
    }
    until("every command is answered", || all_answered(&asked)).await;
    theatre.forge.deliveries_idle().await;
    drop(running.kill());
    let mut outcome = Outcome::default();
    outcome.count(told, "deliveries");
    outcome.count(kills, "kills");
    all_once(&mut outcome, &asked);
    outcome
}
