//! Plays a history: the stand-in and the whole bot, and beside them the log of what truly happened.

use crate::history::{BASES, From, GATES, History, Opinion, SLOTS, Says, Step, Who};
use crate::judge::Judge;
use crate::life::Life;
use crate::stage::{Stage, tempo};
use crate::truth::{Log, Moment, PullThen, Teams};
use forge::{CommentId, Forge, Posting, PullHandle, Review, ReviewId, ReviewState, Version};
use std::collections::BTreeMap;
use std::time::Duration;

const PULLS: &str = "[pulls]\nbase_branches = [\"main\", \"release\"]\n";

/// Members of the two teams in the world of the recordings, as far as they act here.
const MEMBERS: [(&str, &[Who]); 2] = [
    ("qa", &["quinn", "quincy", "refire"]),
    ("security", &["sam", "refire"]),
];

/// A history while it is played.
pub(crate) struct Play {
    pub(crate) stage: Stage,
    pub(crate) log: Log,
    pub(crate) judge: Judge,
    life: Option<Life>,
    pulls: Vec<Option<PullHandle>>,
    /// The heads that each pull request had, as steps made them.
    heads: Vec<Vec<String>>,
    comments: BTreeMap<usize, (usize, CommentId)>,
    reviews: BTreeMap<usize, (usize, ReviewId)>,
    teams: Teams,
    stores_lost: usize,
    /// What was really done, for whoever reads of a failure.
    pub(crate) told: Vec<String>,
}

impl Play {
    /// Plays it to its end, and everything is left to come to rest. What is wrong is told by the
    /// judge.
    pub(crate) async fn of(history: &History) -> Self {
        let mut play = Self::begin().await;
        for (label, step) in &history.steps {
            play.told.push(format!("{label:>4}  {step:?}"));
            play.step(*label, step).await;
            if history.calm {
                play.rest().await;
            }
            if !play.judge.wrong.is_empty() {
                return play;
            }
        }
        play.come_to_rest().await;
        play
    }

    async fn begin() -> Self {
        let mut stage = Stage::bare(Forge::start(Version::V1_26).await, PULLS, tempo());
        stage.forge.freeze();
        let repo = stage.forge.repo("acme/widget");
        for base in &BASES[1..] {
            let _branch = repo.branch(base);
        }
        repo.add_writer("eve");
        let _may_write = stage.forge.org("acme").team("security").may_write();
        let life = Life::begin(&mut stage).await;
        let teams =
            MEMBERS.map(|(team, who)| (team, who.iter().map(|who| (*who).to_owned()).collect()));
        let mut play = Self {
            stage,
            log: Log::default(),
            judge: Judge::default(),
            life: Some(life),
            pulls: vec![None; SLOTS],
            heads: vec![Vec::new(); SLOTS],
            comments: BTreeMap::new(),
            reviews: BTreeMap::new(),
            teams: teams.into_iter().collect(),
            stores_lost: 0,
            told: Vec::new(),
        };
        play.open(0, "alice", From::Own, 0);
        play.rest().await;
        play
    }

    async fn step(&mut self, label: usize, step: &Step) {
        match *step {
            Step::Mail { arrives } => self.stage.forge.drop_deliveries(!arrives),
            Step::Again { back } => self.again(back),
            Step::Hold => self.be_late(true),
            Step::Release => self.be_late(false),
            Step::Wait { seconds } => self.stage.forge.advance(Duration::from_secs(seconds)),
            Step::Sweep => self.sweep(false).await,
            Step::Rest => return self.rest().await,
            Step::Fall { calls, lost } => self.fall(calls, lost).await,
            Step::Rise => self.rise().await,
            Step::Comment { pull, by, says } => self.comment(label, pull, by, says),
            Step::Review {
                pull,
                by,
                says,
                ago,
            } => self.review(label, (pull, ago), by, says),
            ref other => self.change(other),
        }
        self.note(false);
    }

    fn be_late(&mut self, late: bool) {
        self.judge.late = late;
        match late {
            true => self.stage.forge.hold_timeline(),
            false => self.stage.forge.release_timeline(),
        }
    }

    /// What people do to pull requests and what is on them.
    fn change(&mut self, step: &Step) {
        match *step {
            Step::Open {
                pull,
                by,
                from,
                base,
            } => self.open(pull, by, from, base),
            Step::Push { pull, by } => self.with(pull, |it| drop(it.push(by))),
            Step::ForcePush { pull, by } => self.with(pull, |it| drop(it.force_push(by))),
            Step::Back { pull, by, ago } => self.back(pull, by, ago),
            Step::MergeBase { pull, by } => self.merge_base(pull, by),
            Step::Onto { pull, other, by } => self.onto(pull, other, by),
            Step::Dismiss { review, by } => {
                if let Some((pull, id)) = self.reviews.get(&review).copied() {
                    self.judge.silent = true;
                    self.with(pull, |it| it.dismiss(id, by));
                }
            }
            Step::Edit { comment, by, says } => self.edit(comment, by, says),
            Step::Delete { comment, by } => self.delete(comment, by),
            Step::Join { team, who } => {
                self.judge.silent = true;
                let _team = self.stage.forge.org("acme").team(team).add(who);
                self.teams.entry(team).or_default().insert(who.to_owned());
            }
            Step::Leave { team, who } => {
                self.judge.silent = true;
                let _team = self.stage.forge.org("acme").team(team).remove(who);
                self.teams.entry(team).or_default().remove(who);
            }
            Step::Retarget { pull, base, by } => self.retarget(pull, base, by),
            Step::Close { pull, by } => self.with(pull, |it| it.close(by)),
            Step::Merge { pull } => self.with(pull, |it| drop(it.merge("olivia"))),
            Step::Reopen { pull, by } => self.reopen(pull, by),
            Step::Forge {
                pull,
                ago,
                gate,
                state,
                by,
            } => self.forge((pull, ago), gate, state, by),
            _ => {}
        }
    }

    /// Writes down how the world is now.
    fn note(&mut self, swept: bool) {
        for (pull, heads) in self.pulls.iter().zip(&mut self.heads) {
            let head = pull.as_ref().map(PullHandle::head);
            if head.as_ref() != heads.last() {
                heads.extend(head);
            }
        }
        let pulls = self.opened().map(PullThen::of).collect();
        let (teams, stores_lost) = (self.teams.clone(), self.stores_lost);
        self.log.moments.push(Moment {
            pulls,
            teams,
            stores_lost,
            swept,
        });
    }

    /// In the order of opening, which is that of numbers.
    fn opened(&self) -> impl Iterator<Item = &PullHandle> {
        let mut opened: Vec<&PullHandle> = self.pulls.iter().flatten().collect();
        opened.sort_by_key(|pull| pull.number());
        opened.into_iter()
    }

    fn with(&self, pull: usize, act: impl FnOnce(&PullHandle)) {
        if let Some(pull) = self.pulls.get(pull).and_then(Option::as_ref) {
            act(pull);
        }
    }

    fn open(&mut self, slot: usize, by: Who, from: From, base: usize) {
        if self.pulls[slot].is_some() {
            return;
        }
        let new = self.stage.forge.new_pull(by).to(BASES[base]);
        let new = match from {
            From::Own => new,
            From::Empty => new.empty(),
            From::Same(other) => match self.pulls[other].as_ref() {
                Some(other) if !self.is_taken(slot, &other.look().head, base) => {
                    new.same_head_as(other)
                }
                _ => return,
            },
        };
        let pull = new.open();
        self.log
            .openings
            .extend(pull.entries().iter().map(|entry| entry.id));
        self.told.push(format!(
            "      it is #{} with the head {}",
            pull.number(),
            pull.head()
        ));
        self.pulls[slot] = Some(pull);
        self.note(false);
    }

    /// Gitea allows one open pull request from one branch into another. Branches with one head are
    /// taken for one, which forbids a little more.
    fn is_taken(&self, slot: usize, head: &str, base: usize) -> bool {
        let others = self
            .pulls
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != slot);
        let mut rows = others.filter_map(|(_, pull)| Some(pull.as_ref()?.look()));
        rows.any(|row| row.open && row.head == head && row.base == BASES[base])
    }

    fn back(&mut self, slot: usize, by: Who, ago: usize) {
        let heads = &self.heads[slot];
        let Some(head) = heads
            .len()
            .checked_sub(ago + 1)
            .and_then(|at| heads.get(at))
            .cloned()
        else {
            return;
        };
        self.with(slot, |pull| pull.force_push_back_to(&head, by));
    }

    fn merge_base(&mut self, slot: usize, by: Who) {
        let Some(pull) = self.pulls[slot].clone() else {
            return;
        };
        let _base = pull.repo().push(&pull.base(), "olivia");
        self.note(false);
        let _head = pull.merge_base_into_head(by);
    }

    fn onto(&mut self, slot: usize, other: usize, by: Who) {
        let Some(head) = self.pulls[other].as_ref().map(PullHandle::head) else {
            return;
        };
        self.with(slot, |pull| pull.force_push_back_to(&head, by));
    }

    fn retarget(&mut self, slot: usize, base: usize, by: Who) {
        let Some(pull) = self.pulls[slot].clone() else {
            return;
        };
        if !self.is_taken(slot, &pull.head(), base) {
            pull.retarget(BASES[base], by);
        }
    }

    fn reopen(&mut self, slot: usize, by: Who) {
        let Some(pull) = self.pulls[slot].clone() else {
            return;
        };
        let row = pull.look();
        let base = BASES
            .iter()
            .position(|base| *base == row.base)
            .unwrap_or_default();
        if !row.merged && !self.is_taken(slot, &row.head, base) {
            pull.reopen(by);
        }
    }

    /// Gitea lets nobody decide on an own pull request or on a closed one.
    fn review(&mut self, label: usize, (slot, ago): (usize, usize), by: Who, says: Opinion) {
        let Some(pull) = self.pulls[slot].clone() else {
            return;
        };
        let row = pull.look();
        let state = match says {
            Opinion::Approves => ReviewState::Approved,
            Opinion::Rejects => ReviewState::RequestChanges,
            Opinion::Remarks => ReviewState::Comment,
        };
        let decides = !matches!(says, Opinion::Remarks);
        if !row.open || (decides && row.author == by) {
            return;
        }
        let earlier = self.head_ago(slot, ago).filter(|_| ago > 0);
        let review = Review {
            state: Some(state),
            commit: earlier,
            ..Review::default()
        };
        self.reviews
            .insert(label, (slot, pull.reviewed(by, &review)));
    }

    fn head_ago(&self, slot: usize, ago: usize) -> Option<String> {
        let heads = &self.heads[slot];
        heads
            .len()
            .checked_sub(ago + 1)
            .and_then(|at| heads.get(at))
            .cloned()
    }

    fn words(&self, slot: usize, says: Says) -> String {
        let name = |gate: usize| GATES[gate].0;
        match says {
            Says::Declare(gate) => format!("/sop-n/a {} docs only", name(gate)),
            Says::DeclareAt(gate, ago) => {
                let commit = self.head_ago(slot, ago).unwrap_or_default();
                let short = commit.get(..10).unwrap_or("0123456789");
                format!("/sop-n/a {} @{short} docs only", name(gate))
            }
            Says::DeclareBoth => {
                format!("/sop-n/a {} docs\n/sop-n/a {} docs", name(0), name(1))
            }
            Says::Revoke(gate) => format!("/sop-revoke {}", name(gate)),
            Says::Refire => "/refire".to_owned(),
            Says::Chat => "looks good to me".to_owned(),
        }
    }

    fn comment(&mut self, label: usize, slot: usize, by: Who, says: Says) {
        let words = self.words(slot, says);
        if let Some(pull) = self.pulls[slot].clone() {
            let id = pull.comment(by, &words);
            self.told.push(format!("      comment {id}: {words:?}"));
            self.comments.insert(label, (slot, id));
        }
    }

    /// The comment of a label, if it still stands, with its author.
    fn standing(&self, label: usize) -> Option<(PullHandle, usize, CommentId, String)> {
        let (slot, id) = self.comments.get(&label).copied()?;
        let pull = self.pulls[slot].clone()?;
        let comment = pull
            .comments()
            .into_iter()
            .find(|comment| comment.id == id)?;
        Some((pull, slot, id, comment.author))
    }

    fn edit(&mut self, label: usize, by: Option<Who>, says: Says) {
        if let Some((pull, slot, id, author)) = self.standing(label) {
            let words = self.words(slot, says);
            self.told
                .push(format!("      comment {id} becomes {words:?}"));
            pull.edit_comment(id, by.unwrap_or(&author), &words);
        }
    }

    fn delete(&mut self, label: usize, by: Option<Who>) {
        if let Some((pull, _, id, author)) = self.standing(label) {
            self.told.push(format!("      comment {id} is gone"));
            pull.delete_comment(id, by.unwrap_or(&author));
        }
    }

    fn forge(&mut self, (slot, ago): (usize, usize), gate: usize, state: &str, by: Who) {
        let (Some(pull), Some(head)) = (self.pulls[slot].clone(), self.head_ago(slot, ago)) else {
            return;
        };
        let context = context(GATES[gate].0);
        let posting = Posting {
            context: &context,
            state,
            description: "all good",
        };
        pull.repo().status(&head, by, &posting);
    }

    fn again(&mut self, back: usize) {
        let deliveries = self.stage.forge.deliveries();
        let own = |index: &usize| deliveries[*index].event != "status";
        let mut candidates = (0..deliveries.len()).rev().filter(own);
        if let Some(index) = candidates.nth(back) {
            let payload = &deliveries[index].payload;
            let (event, action) = (&deliveries[index].event, &payload["action"]);
            self.told.push(format!(
                "      {event} {action} {}",
                payload["comment"]["id"]
            ));
            self.stage.forge.redeliver(index);
        }
    }

    async fn sweep(&mut self, everything: bool) {
        let Some(sweep) = self.stage.sweep.as_mut() else {
            return;
        };
        sweep.round(everything).await;
        self.quiet().await;
        self.note(true);
        self.judge.listens_again(&self.stage.forge);
    }

    /// The bot comes to rest, if it lives, and what it has done since the last time is judged.
    async fn rest(&mut self) {
        if self.life.is_none() {
            return self.stage.forge.deliveries_idle().await;
        }
        self.quiet().await;
        self.judge.look(&self.stage.forge, &self.log);
    }

    /// Its last statuses are deliveries too.
    async fn quiet(&self) {
        self.stage.quiet().await;
        self.stage.forge.deliveries_idle().await;
    }

    async fn fall(&mut self, calls: usize, lost: bool) {
        let Some(life) = self.life.take() else { return };
        let before = self.stage.forge.take_calls().len();
        let enough = async {
            while self.stage.forge.calls().len() < calls && !self.is_quiet().await {
                tokio::task::yield_now().await;
            }
        };
        enough.await;
        self.told.push(format!(
            "      after {before} and {} calls",
            self.stage.forge.calls().len()
        ));
        self.stage.forge.deliveries_idle().await;
        life.end(&mut self.stage, lost).await;
        if lost {
            self.stores_lost += 1;
            self.judge.store_lost(&self.stage.forge);
        }
    }

    async fn is_quiet(&self) -> bool {
        match &self.stage.bot {
            Some(bot) => bot.is_quiet().await.expect("the store answers"),
            None => true,
        }
    }

    async fn rise(&mut self) {
        if self.life.is_none() {
            self.life = Some(Life::begin(&mut self.stage).await);
        }
    }

    /// The post arrives, the timeline catches up, the bot lives, and looks at everything.
    async fn come_to_rest(&mut self) {
        self.stage.forge.drop_deliveries(false);
        self.be_late(false);
        self.note(false);
        self.rise().await;
        self.rest().await;
        for _ in 0..2 {
            self.sweep(true).await;
            self.rest().await;
        }
        self.judge.end(&self.stage.forge, &self.log);
    }

    /// How everything stands, for whoever reads of a failure.
    pub(crate) fn describe(&self) -> String {
        let mut text = String::new();
        for pull in self.opened() {
            let then = PullThen::of(pull);
            let comments: Vec<_> = then
                .comments
                .iter()
                .filter(|it| it.author != "refire")
                .collect();
            text += &format!(
                "\n{:?}\nentries {:#?}\ncomments {comments:#?}\nreviews {:#?}\nstatuses {:#?}\n",
                then.row,
                then.entries
                    .iter()
                    .map(|e| format!("{e:?}"))
                    .collect::<Vec<_>>(),
                then.reviews
                    .iter()
                    .map(|r| format!("{r:?}"))
                    .collect::<Vec<_>>(),
                pull.status_rows(),
            );
        }
        text + &format!("teams {:?}\n", self.teams)
    }
}

/// The status context of a gate.
pub(crate) fn context(gate: &str) -> String {
    format!("{gate} / approved (pull_request)")
}
