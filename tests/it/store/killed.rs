//! Figure 2: the process is killed at random moments while deliveries arrive: nothing is lost, and
//! nothing is done twice. `FIGURES=full` runs it to its mark.

use super::process::{Theatre, until};
use forge::{CommentId, PullHandle};
use std::time::{Duration, Instant};

const PEOPLE: usize = 40;
const PULLS: usize = 30;

/// Deliveries, of which one in so many holds a command, and how often the process is killed.
struct Scale {
    deliveries: usize,
    command_every: usize,
    kills: usize,
}

fn scale() -> Scale {
    match std::env::var("FIGURES") {
        Ok(word) if word == "full" => Scale {
            deliveries: 10_000,
            command_every: 100,
            kills: 20,
        },
        _ => Scale {
            deliveries: 300,
            command_every: 20,
            kills: 3,
        },
    }
}

fn answers(pull: &PullHandle, comment: CommentId) -> usize {
    let marker = format!("<!-- refire: answers comment {comment} ");
    let replies = pull.comments_by("refire");
    replies
        .iter()
        .filter(|it| it.body.contains(&marker))
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figure_2_killed_at_random_moments_it_loses_nothing_and_does_nothing_twice() {
    let began = Instant::now();
    let theatre = Theatre::open().await;
    let scale = scale();
    let people: Vec<String> = (0..PEOPLE)
        .map(|number| format!("person{number}"))
        .collect();
    for person in &people {
        let _handle = theatre.forge.user(person);
    }
    let pulls: Vec<PullHandle> = (0..PULLS).map(|_| theatre.forge.pull("alice")).collect();
    let mut running = theatre.start().await;
    let part = scale.deliveries / (scale.kills + 1);
    let mut asked = Vec::new();
    for number in 0..scale.deliveries {
        let (pull, who) = (&pulls[number % PULLS], &people[number % PEOPLE]);
        let is_command = number % scale.command_every == 0;
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
        if number % part == part - 1 && number + part <= scale.deliveries {
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
        "figure 2: {} deliveries, {} kills: {} commands, each answered once ({:.0} s)",
        scale.deliveries,
        scale.kills,
        asked.len(),
        began.elapsed().as_secs_f32()
    );
}
