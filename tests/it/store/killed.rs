//! Figure 2: the process is killed at random moments while deliveries arrive: nothing is lost, and
//! nothing is done twice. `FIGURES=full` runs it to its mark.

use super::process::{Theatre, until};
use crate::figures::{nobodies, times};
use crate::stage::answers;
use forge::PullHandle;
use std::time::{Duration, Instant};

const PEOPLE: usize = 40;
const PULLS: usize = 30;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_2_killed_at_random_moments_it_loses_nothing_and_does_nothing_twice() {
    let began = Instant::now();
    let theatre = Theatre::open().await;
    let (deliveries, kills) = (times(300, 10_000), times(3, 20));
    // One in so many holds a command.
    let command_every = times(20, 100);
    let people = nobodies(&theatre.forge, PEOPLE);
    let pulls: Vec<PullHandle> = (0..PULLS).map(|_| theatre.forge.pull("alice")).collect();
    let mut running = theatre.start().await;
    let part = deliveries / (kills + 1);
    let mut asked = Vec::new();
    for number in 0..deliveries {
        let is_command = number % command_every == 0;
        // Commands by everybody and everywhere, so that nobody types too much.
        let turn = if is_command { asked.len() } else { number };
        let (pull, who) = (&pulls[turn % PULLS], &people[turn % PEOPLE]);
        let body = if is_command {
            "/refire qa"
        } else {
            "Looks fine to me."
        };
        let comment = pull.comment(who, &format!("{body}\n\nnumber {number}"));
        if is_command {
            asked.push((pull, comment));
        }
        // A prime, so that the moment within the work of one command is another each time.
        if number % part == part - 1 && number + part <= deliveries {
            tokio::time::sleep(Duration::from_millis(number as u64 * 37 % 90)).await;
            drop(running.kill());
            running = theatre.start().await;
        }
    }
    let all = || {
        asked
            .iter()
            .all(|(pull, comment)| answers(pull, *comment) > 0)
    };
    until("every command is answered", all).await;
    theatre.forge.deliveries_idle().await;
    drop(running.kill());
    for (pull, comment) in &asked {
        assert_eq!(answers(pull, *comment), 1, "{comment}");
    }
    println!(
        "figure 2: {deliveries} deliveries, {kills} kills: {} commands, each answered once ({:.0} s)",
        asked.len(),
        began.elapsed().as_secs_f32()
    );
}
