//! Figure 8: a store that is full, damaged or locked, twenty times each: never a 2xx for what is
//! not on disk, and every accepted command answered in the end, once.

use super::kept::{self, Kept};
use super::process::{SECOND, aside, second};
use crate::stage::answers;
use forge::{CommentId, Fault as Break, PullHandle};
use state::Fault;
use std::path::Path;
use std::sync::{Arc, Mutex};

const ROUNDS: u64 = 20;
const QA: &str = "/refire qa";

/// Numbers that are the same every time (xorshift).
struct Dice(u64);

impl Dice {
    const fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    const fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// A command, and whether it was accepted.
struct Asked {
    pull: PullHandle,
    comment: CommentId,
    accepted: bool,
}

impl Asked {
    async fn on(kept: &Kept, pull: PullHandle) -> Self {
        let comment = pull.comment("bob", QA);
        kept.stage.forge.deliveries_idle().await;
        let status = kept.answer(comment);
        let accepted = status.is_some_and(|status| status / 100 == 2);
        assert!(accepted || status == Some(503), "{status:?}");
        Self {
            pull,
            comment,
            accepted,
        }
    }

    async fn is_on_disk(&self, store: &Path) -> bool {
        let comment = self.comment.get().unsigned_abs();
        kept::holds(store, &self.pull, comment, QA).await
    }
}

/// What is refused is found by a sweep; nothing is answered twice.
async fn all_answered_once(mut kept: Kept, asked: &[Asked]) {
    kept.stage.sweep().await;
    for one in asked {
        assert_eq!(
            answers(&one.pull, one.comment),
            1,
            "{:#?}",
            one.pull.comments()
        );
    }
    let accepted = asked.iter().filter(|one| one.accepted).count();
    eprintln!("{} commands, {accepted} of them accepted", asked.len());
    assert!(accepted > 0, "nothing was tried");
    kept.ends().await;
}

#[tokio::test]
async fn figure_8_a_full_store_twenty_times() {
    let kept = Kept::set().await;
    let mut asked = Vec::new();
    for round in 1..=ROUNDS {
        let mut dice = Dice::of(round);
        let pull = kept.approved().await;
        let faults = [Fault::Full, Fault::Full, Fault::Write, Fault::Flush];
        let fault = faults[usize::try_from(dice.roll(4)).expect("below four")];
        // A third is full before the command comes, the others while it is worked on.
        let armed = Arc::new(Mutex::new(true));
        match dice.roll(12) {
            0..4 => kept.refuses(fault).await,
            nth => {
                let (disk, armed) = (kept.settings.faults.clone(), Arc::clone(&armed));
                let then = move |_: &forge::Forge| {
                    let armed = armed.lock().expect("nobody panicked");
                    if *armed {
                        disk.refuse(fault);
                    }
                };
                kept.stage.forge.before("* /", nth - 3, then);
            }
        }
        let one = Asked::on(&kept, pull).await;
        kept.refuses(fault).await;
        let image = kept.image(&format!("{round}.image"));
        if one.accepted {
            assert!(one.is_on_disk(&image).await, "round {round}: {fault:?}");
        }
        *armed.lock().expect("nobody panicked") = false;
        kept.heals().await;
        if one.accepted {
            let answered = || answers(&one.pull, one.comment) == 1;
            kept.stage.until("it is answered", answered).await;
        }
        asked.push(one);
    }
    all_answered_once(kept, &asked).await;
}

#[tokio::test]
async fn figure_8_a_damaged_store_twenty_times() {
    let mut kept = Kept::set().await;
    let mut asked = Vec::new();
    let mut lost = 0;
    for round in 1..=ROUNDS {
        let pull = kept.approved().await;
        let away = Break::status("GET /repos/acme/widget/pulls/*", 502);
        kept.stage.forge.fault(away.always());
        let one = Asked::on(&kept, pull).await;
        assert!(one.accepted);
        kept.leave().await;
        flip(&kept.settings.path.join("db"), &mut Dice::of(round));
        kept.stage.forge.heal();
        kept.enter().await;
        lost += *state::Store::lost(&*kept.disk).borrow();
        kept.stage.sweep().await;
        assert_eq!(answers(&one.pull, one.comment), 1, "round {round}");
        asked.push(one);
    }
    eprintln!("{lost} of {ROUNDS} stores were moved aside");
    assert!(lost > 0, "nothing was damaged");
    let aside = aside(&kept.settings.path).len() as u64;
    assert_eq!(aside, lost, "each lies beside it");
    all_answered_once(kept, &asked).await;
}

/// Bits of up to eight bytes, or a whole page of them.
fn flip(file: &Path, dice: &mut Dice) {
    let mut bytes = std::fs::read(file).expect("a file");
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap_or(0) as u64;
    let page = dice.roll(4) == 0;
    for _ in 0..=dice.roll(8) {
        let at = usize::try_from(dice.roll(used)).expect("within the file");
        let bit = 1 << dice.roll(8);
        let many = if page { 4096 } else { 1 };
        let page = bytes.iter_mut().skip(at).take(many);
        page.for_each(|byte| *byte ^= bit);
    }
    std::fs::write(file, bytes).expect("a file");
}

#[tokio::test]
async fn figure_8_a_locked_store_twenty_times() {
    let kept = Kept::set().await;
    let mut asked = Vec::new();
    for _ in 1..=ROUNDS {
        let pull = kept.approved().await;
        let other = second(&kept.stage.forge, &kept.settings.path);
        let one = Asked::on(&kept, pull).await;
        assert!(one.accepted);
        let ended = other.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(SECOND), "{said}");
        let holder = format!("is in use by process {} on ", std::process::id());
        assert!(said.contains(&holder), "{said}");
        kept.stage
            .until("it is answered", || answers(&one.pull, one.comment) == 1)
            .await;
        asked.push(one);
    }
    all_answered_once(kept, &asked).await;
}
