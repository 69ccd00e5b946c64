//! Holds what the bot did against the reference: all along that no green was posted without ground,
//! and at the end that every status is what it must be.

use crate::history::GATES;
use crate::play::context;
use crate::reference::{BOT, Knowledge, Past, State, expected, left_green, may_be_green};
use crate::truth::{Heard, Log, Moment};
use forge::{Forge, StatusRow};
use std::collections::{BTreeMap, BTreeSet};

/// The context of the list of declarations.
const LIST: &str = "sop-checklist / na-declarations (pull_request)";
const REPOSITORY: &str = "acme/widget";

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    /// What is wrong, in sentences.
    pub(crate) wrong: Vec<String>,
    /// How often what was judged.
    pub(crate) tally: BTreeMap<&'static str, usize>,
    /// The moment of the last rest.
    rested: usize,
    /// What was heard then, and what was known.
    before: (Heard, Option<Knowledge>),
    /// What this store has heard.
    heard: Heard,
    /// How many deliveries have been looked through.
    read: usize,
    /// The last one that nobody acknowledged.
    lost: Option<usize>,
    /// Deliveries before this one are made up for by a sweep.
    swept: usize,
    /// Whether something happened that no delivery tells: a dismissal, a change of a team, a lost
    /// store. Only a look at everything finds that.
    pub(crate) silent: bool,
    /// Whether the timeline is late: pushes happen that nothing tells of yet.
    pub(crate) late: bool,
    /// How many rows of a commit were judged, and in which store's time the newest of ours was posted.
    judged: BTreeMap<String, usize>,
    posted: BTreeMap<(String, &'static str), usize>,
}

impl Judge {
    /// The bot is at rest: every green since the last time must have had its ground.
    pub(crate) fn look(&mut self, forge: &Forge, log: &Log) {
        self.read_post(forge);
        let heads = log.heads();
        for head in &heads {
            let rows = forge.repo(REPOSITORY).status_rows(head);
            let known = self
                .judged
                .insert(head.clone(), rows.len())
                .unwrap_or_default();
            for row in rows.iter().skip(known).filter(|row| row.creator == BOT) {
                self.posted_on(head, row, log);
            }
        }
        if !self.silent && self.knowledge(0) == Knowledge::All {
            self.count("rests after which all was told");
            self.end(forge, log);
        }
        self.rested = log.moments.len() - 1;
        self.before = (self.heard.clone(), Some(self.knowledge(self.swept)));
    }

    fn posted_on(&mut self, head: &str, row: &StatusRow, log: &Log) {
        let Some((gate, team)) = GATES.iter().find(|(gate, _)| context(gate) == row.context) else {
            return;
        };
        let now = log.now();
        // It may have been posted at any time since the last rest.
        let store = log.moments[self.rested].stores_lost;
        self.posted.insert((head.to_owned(), *gate), store);
        if row.state != State::Success.word() {
            return;
        }
        self.count("greens posted");
        let moments = &log.moments[self.rested..];
        let same_store = moments
            .iter()
            .all(|moment| moment.stores_lost == now.stores_lost);
        let heard = if same_store {
            self.before.0.clone()
        } else {
            Heard::default()
        };
        let before = Log {
            moments: log.moments[..=self.rested].to_vec(),
            openings: log.openings.clone(),
        };
        let (mut past, _) = Past::of(&before, heard);
        past.be_lenient(log);
        if !same_store {
            past.forget();
        }
        let known = self
            .before
            .1
            .filter(|_| same_store)
            .unwrap_or(Knowledge::Some);
        if !may_be_green(moments, head, (gate, team), (&past, known)) {
            self.wrong.push(format!(
                "`{}` was posted on {head} for {gate} and never had a ground since the last rest \
                 ({} moments)",
                row.description,
                moments.len()
            ));
        }
    }

    /// Looks through what was delivered since the last time; nothing is under way.
    fn read_post(&mut self, forge: &Forge) {
        for delivery in forge.deliveries_from(self.read) {
            if delivery
                .status
                .is_some_and(|status| (200..300).contains(&status))
            {
                self.heard.hear(&delivery);
            } else {
                self.lost = Some(self.read);
            }
            self.read += 1;
        }
    }

    /// Whether all deliveries from this one on arrived.
    fn knowledge(&self, from: usize) -> Knowledge {
        match !self.late && self.lost.is_none_or(|lost| lost < from) {
            true => Knowledge::All,
            false => Knowledge::Some,
        }
    }

    /// A sweep has found what no delivery told.
    pub(crate) fn listens_again(&mut self, forge: &Forge) {
        self.read_post(forge);
        self.swept = self.read;
    }

    /// A new store has heard nothing yet.
    pub(crate) fn store_lost(&mut self, forge: &Forge) {
        self.read_post(forge);
        self.silent = true;
        self.heard = Heard::default();
    }

    /// Everything has come to rest: every commit carries what it must.
    pub(crate) fn end(&mut self, forge: &Forge, log: &Log) {
        let (past, doubts) = Past::of(log, self.heard.clone());
        if !doubts.is_empty() {
            self.count("histories with doubts");
        }
        let pasts = past.with_doubts(&doubts);
        for head in log.heads() {
            let rows = newest(&forge.repo(REPOSITORY).status_rows(&head));
            self.holds(&head, &rows, log.now(), &pasts);
        }
    }

    fn holds(&mut self, head: &str, rows: &[StatusRow], now: &Moment, pasts: &[Past]) {
        let rightly: Vec<_> = pasts
            .iter()
            .filter_map(|past| expected(now, head, past))
            .collect();
        if rightly.is_empty() {
            return self.is_left(head, rows, now);
        }
        for (place, (gate, _)) in GATES.iter().enumerate() {
            let right: BTreeSet<&str> = rightly.iter().map(|it| it.gates[place].word()).collect();
            let is = own(rows, &context(gate)).map_or("nothing of ours", |row| row.state.as_str());
            if right.len() == 1 {
                right.iter().for_each(|state| self.count(state));
            } else {
                self.count("either");
            }
            if !right.contains(is) {
                self.wrong
                    .push(format!("{gate} on {head} is {is} and must be {right:?}"));
            }
        }
        let right: BTreeSet<&str> = rightly.iter().map(|it| it.list.as_str()).collect();
        let is = own(rows, LIST).map_or("nothing of ours", |row| row.description.as_str());
        if right.iter().any(|list| !list.ends_with("(none)")) {
            self.count("declared");
        }
        if !right.contains(is) {
            self.wrong.push(format!(
                "the list on {head} is `{is}` and must be {right:?}"
            ));
        }
    }

    /// No guarded pull request has this head any more: no green of ours may be left on it.
    fn is_left(&mut self, head: &str, rows: &[StatusRow], now: &Moment) {
        // A merge takes nothing back.
        if now
            .pulls
            .iter()
            .any(|pull| pull.row.merged && pull.row.head == head)
        {
            return;
        }
        self.count("commits left behind");
        for (gate, _) in GATES {
            let green = own(rows, &context(gate)).is_some_and(|row| row.state == "success");
            let posted = self
                .posted
                .get(&(head.to_owned(), gate))
                .copied()
                .unwrap_or_default();
            if green && !left_green(posted, now) {
                self.wrong.push(format!(
                    "{gate} was left green on {head}, which nothing has as its head"
                ));
            }
        }
    }

    fn count(&mut self, what: &'static str) {
        *self.tally.entry(what).or_default() += 1;
    }
}

/// The newest row of each context.
fn newest(rows: &[StatusRow]) -> Vec<StatusRow> {
    let is_newest = |row: &&StatusRow| {
        !rows
            .iter()
            .any(|other| other.context == row.context && other.id > row.id)
    };
    rows.iter().filter(is_newest).cloned().collect()
}

/// The newest row of a context, if it is the bot's.
fn own<'a>(rows: &'a [StatusRow], context: &str) -> Option<&'a StatusRow> {
    rows.iter()
        .find(|row| row.context == context && row.creator == BOT)
}
