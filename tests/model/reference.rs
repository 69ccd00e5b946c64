//! What the statuses must be: a small, slow function over everything that happened, written from the
//! rules alone. It knows nothing of the bot's code and sees everything at once.
//!
//! Where the bot cannot know what the reference sees, the difference is one of these, and no other:
//!
//! | exception | why |
//! |---|---|
//! | [`Past::is_edited`]: an edit within the second that nobody told | equal times prove nothing, so only a delivery can give it away; one that was lost, or that a lost store has forgotten, cannot |
//! | [`Doubt::Revocation`]: a revocation that vanished | it is final once seen, but one that was neither told nor there during a sweep of this store may never have been seen: either is right |
//! | [`Doubt::Push`]: a push whose entry Gitea deleted | force pushes and retargeting delete entries; whoever read them in time still knows the pusher: either is right |
//! | [`Doubt::Opening`]: a push within three seconds of the opening | Gitea writes the opening's own entry seconds late, so that the first push to an empty pull request looks the same: either is right |
//! | [`Doubt::Reopening`]: a declaration from before a reopening | a bot that has read nothing before it does not know whether it was taken back: it may refuse it, and if it has read it, it does not |
//! | [`Knowledge`]: a pull request that nobody announced | a commit's other pull requests are known from deliveries and sweeps; until the next sweep one may be missing, at rest none |
//! | [`left_green`]: a commit that was left before the store was lost | which commits carry a green of ours is remembered in the store alone |

use crate::history::GATES;
use crate::truth::{Heard, Log, Moment, PullThen, Teams};
use forge::{Comment, CommentId, EntryRow, PullRow, ReviewRow, ReviewState};
use std::collections::{BTreeMap, BTreeSet};

/// The bot's login.
pub(crate) const BOT: &str = "refire";
/// How long after a push nobody can have looked at it.
const GRACE: i64 = 10;
/// How late the entry of an opening may be.
const OPENING: i64 = 3;
/// So many doubts are tried in every combination.
const MOST_DOUBTS: usize = 6;

/// The state of a gate, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Failure,
    Pending,
    Success,
}

impl State {
    /// As Gitea spells it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Pending => "pending",
            Self::Success => "success",
        }
    }
}

/// What is true of the past and does not show any more.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    heard: Heard,
    /// What was taken back.
    revoked: BTreeSet<Revocation>,
    /// Who pushed to which pull request.
    pushed: BTreeSet<(i64, String)>,
    openings: BTreeSet<CommentId>,
    /// Reopenings before which nothing is known.
    reopenings: BTreeSet<CommentId>,
}

/// Somebody took back what was declared before, of one gate of one pull request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Revocation {
    pull: i64,
    by: String,
    gate: &'static str,
    place: CommentId,
}

/// Something that the bot may know or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Doubt {
    /// A revocation that vanished.
    Revocation(Revocation),
    /// A push whose entry Gitea deleted.
    Push(i64, String),
    /// A push so soon after the opening that it looks like it.
    Opening(CommentId),
    /// A pull request was opened again, and this store's bot may have read nothing of it before.
    Reopening(CommentId),
}

impl Past {
    /// What is certain after these moments, and what is in doubt.
    pub(crate) fn of(log: &Log, heard: Heard) -> (Self, Vec<Doubt>) {
        let (revoked, perhaps) = revoked(log, &heard);
        let mut doubts: Vec<Doubt> = perhaps.into_iter().map(Doubt::Revocation).collect();
        let pushes = vanished_pushes(log).into_iter();
        doubts.extend(pushes.map(|(pull, by)| Doubt::Push(pull, by)));
        doubts.extend(early_pushes(log).into_iter().map(Doubt::Opening));
        doubts.extend(reopenings(log).into_iter().map(Doubt::Reopening));
        let (pushed, openings) = (BTreeSet::new(), log.openings.clone());
        let past = Self {
            heard,
            revoked,
            pushed,
            openings,
            reopenings: BTreeSet::new(),
        };
        (past, doubts)
    }

    /// Every past that the bot may rightly believe in.
    pub(crate) fn with_doubts(&self, doubts: &[Doubt]) -> Vec<Self> {
        let all = (1_usize << doubts.len().min(MOST_DOUBTS)) - 1;
        let chosen = (0..=all).map(|choice| {
            let mut past = self.clone();
            for (place, doubt) in doubts.iter().enumerate() {
                if choice >> place.min(MOST_DOUBTS - 1) & 1 == 1 {
                    past.believe(doubt.clone());
                }
            }
            past
        });
        chosen.collect()
    }

    /// Believes whatever doubt lets more count.
    pub(crate) fn be_lenient(&mut self, log: &Log) {
        self.openings.extend(early_pushes(log));
    }

    /// Nothing was told to this store yet.
    pub(crate) fn forget(&mut self) {
        (self.heard, self.revoked) = (Heard::default(), BTreeSet::new());
    }

    fn believe(&mut self, doubt: Doubt) {
        match doubt {
            Doubt::Revocation(it) => drop(self.revoked.insert(it)),
            Doubt::Push(pull, by) => drop(self.pushed.insert((pull, by))),
            Doubt::Opening(push) => drop(self.openings.insert(push)),
            Doubt::Reopening(entry) => drop(self.reopenings.insert(entry)),
        }
    }

    /// Whether somebody's hand is known to have been in it: the times differ, an edit was told, or
    /// it was told with another text.
    fn is_edited(&self, comment: &Comment) -> bool {
        let told = self.heard.created.get(&comment.id.get());
        comment.created != comment.updated
            || self.heard.edited.contains(&comment.id.get())
            || told.is_some_and(|body| *body != comment.body)
    }
}

/// Revocations that were told, or that stood on a guarded pull request when this store's bot had
/// swept; and those that are gone without either.
fn revoked(log: &Log, heard: &Heard) -> (BTreeSet<Revocation>, BTreeSet<Revocation>) {
    let (mut certain, mut perhaps) = (BTreeSet::new(), BTreeSet::new());
    let now = log.now();
    for moment in &log.moments {
        let swept = moment.swept && moment.stores_lost == now.stores_lost;
        for pull in &moment.pulls {
            for it in revocations(pull) {
                let told = heard.created.get(&it.place.get());
                let told = told.is_some_and(|body| takes_back(body, it.gate));
                let sure = told || (swept && pull.is_guarded());
                let set = if sure { &mut certain } else { &mut perhaps };
                set.insert(it);
            }
        }
    }
    let stands: BTreeSet<_> = now.pulls.iter().flat_map(revocations).collect();
    perhaps.retain(|it| !certain.contains(it) && !stands.contains(it));
    (certain, perhaps)
}

fn vanished_pushes(log: &Log) -> BTreeSet<(i64, String)> {
    let by = |moment: &Moment| -> BTreeSet<(i64, String)> {
        let of = |pull: &PullThen| {
            let number = pull.row.number;
            pushes(&pull.entries)
                .map(move |push| (number, push.author.clone()))
                .collect::<Vec<_>>()
        };
        moment.pulls.iter().flat_map(of).collect()
    };
    let ever: BTreeSet<_> = log.moments.iter().flat_map(by).collect();
    &ever - &by(log.now())
}

/// The first push to a pull request that was opened without one, if it came at once.
fn early_pushes(log: &Log) -> BTreeSet<CommentId> {
    let ever = |number: i64| {
        let pulls = log.moments.iter().flat_map(|moment| &moment.pulls);
        let same = pulls.filter(move |pull| pull.row.number == number);
        same.flat_map(|pull| pushes(&pull.entries))
            .min_by_key(|push| push.id)
    };
    let first = |pull: &PullThen| {
        let push = ever(pull.row.number)?;
        let passed = push.created.as_second() - pull.row.created.as_second();
        (passed <= OPENING && !log.openings.contains(&push.id)).then_some(push.id)
    };
    log.now().pulls.iter().filter_map(first).collect()
}

/// Reopenings of pull requests that no bot with this store had swept before.
fn reopenings(log: &Log) -> BTreeSet<CommentId> {
    let now = log.now();
    let reopens = |pull: &PullThen| {
        let all = pull.entries.iter().filter(|entry| entry.kind == "reopen");
        all.map(|entry| entry.id).collect::<Vec<_>>()
    };
    let knew = |number: i64, entry: CommentId| {
        let swept = log
            .moments
            .iter()
            .filter(|it| it.swept && it.stores_lost == now.stores_lost);
        let mut before = swept.flat_map(|it| &it.pulls);
        before.any(|it| it.row.number == number && it.is_guarded() && !reopens(it).contains(&entry))
    };
    let unknown = now.pulls.iter().flat_map(|pull| {
        let number = pull.row.number;
        let all = reopens(pull).into_iter();
        all.filter(move |entry| !knew(number, *entry))
    });
    unknown.collect()
}

fn pushes(entries: &[EntryRow]) -> impl Iterator<Item = &EntryRow> {
    entries.iter().filter(|entry| entry.kind == "pull_push")
}

/// What one line of a comment says of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Directive {
    /// It does not apply; perhaps to a named commit only.
    Declare(Option<String>),
    /// The declaration is taken back.
    Revoke,
}

/// The last directive for each gate.
fn directives(body: &str) -> BTreeMap<&'static str, Directive> {
    let mut found = BTreeMap::new();
    for line in body.lines() {
        let mut words = line.split_whitespace();
        let (command, word) = (words.next(), words.next().unwrap_or_default());
        let Some((gate, _)) = GATES
            .iter()
            .find(|(gate, alias)| [*gate, *alias].contains(&word))
        else {
            continue;
        };
        let commit = words.next().and_then(|word| word.strip_prefix('@'));
        match command {
            Some("/sop-n/a") => {
                found.insert(*gate, Directive::Declare(commit.map(str::to_owned)));
            }
            Some("/sop-revoke") => drop(found.insert(*gate, Directive::Revoke)),
            _ => {}
        }
    }
    found
}

fn takes_back(body: &str, gate: &str) -> bool {
    directives(body).get(gate) == Some(&Directive::Revoke)
}

fn revocations(pull: &PullThen) -> Vec<Revocation> {
    let of = |comment: &Comment| {
        let found = directives(&comment.body).into_iter();
        let revokes = found.filter(|(_, says)| *says == Directive::Revoke);
        let (by, place) = (comment.author.clone(), comment.id);
        let revocation = |gate| Revocation {
            pull: pull.row.number,
            by: by.clone(),
            gate,
            place,
        };
        revokes
            .map(|(gate, _)| revocation(gate))
            .collect::<Vec<_>>()
    };
    pull.comments.iter().flat_map(of).collect()
}

/// Everything that decides one gate of one pull request. The bot reads these one after the other,
/// so they need not be of the same moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight<'a> {
    pub(crate) pull: &'a PullRow,
    pub(crate) reviews: &'a [ReviewRow],
    pub(crate) entries: &'a [EntryRow],
    pub(crate) comments: &'a [Comment],
    pub(crate) teams: &'a Teams,
    /// Who opened this or another guarded pull request with the same head.
    pub(crate) openers: &'a BTreeSet<String>,
    pub(crate) past: &'a Past,
}

impl Sight<'_> {
    /// The state of a gate.
    pub(crate) fn state(&self, gate: &str, team: &str) -> State {
        let members = self.teams.get(team).cloned().unwrap_or_default();
        // Who is not in the team may not ask who is: nothing can be proven.
        if !members.contains(BOT) {
            return State::Pending;
        }
        let declared = members.iter().any(|who| self.declares(who, gate));
        let said = |what| members.iter().any(|who| self.verdict_of(who) == Some(what));
        if declared || said(ReviewState::Approved) {
            State::Success
        } else if said(ReviewState::RequestChanges) {
            State::Failure
        } else {
            State::Pending
        }
    }

    /// Whether a declaration of the gate stands.
    pub(crate) fn is_declared(&self, gate: &str, team: &str) -> bool {
        let members = self.teams.get(team).cloned().unwrap_or_default();
        members.contains(BOT) && members.iter().any(|who| self.declares(who, gate))
    }

    /// The newest push, if it is there, is not empty, and its last commit is the head.
    fn settled(&self) -> Option<&EntryRow> {
        let newest = pushes(self.entries).max_by_key(|push| push.id)?;
        (newest.commits.last() == Some(&self.pull.head)).then_some(newest)
    }

    fn counts_for_nothing(&self, who: &str) -> bool {
        self.openers.contains(who)
            || who == self.pull.author
            || who == BOT
            || pushes(self.entries).any(|push| push.author == who)
            || self
                .past
                .pushed
                .contains(&(self.pull.number, who.to_owned()))
    }

    /// Validated first, reduced second: the latest of the valid ones.
    fn verdict_of(&self, who: &str) -> Option<ReviewState> {
        let own = self.reviews.iter().filter(|review| review.author == who);
        let valid = own.filter(|review| self.is_valid(review));
        valid
            .max_by_key(|review| self.place(review))
            .map(|review| review.state)
    }

    fn place(&self, review: &ReviewRow) -> Option<CommentId> {
        let tells = |entry: &&EntryRow| entry.kind == "review" && entry.review == Some(review.id);
        self.entries.iter().find(tells).map(|entry| entry.id)
    }

    fn is_valid(&self, review: &ReviewRow) -> bool {
        let decides = matches!(
            review.state,
            ReviewState::Approved | ReviewState::RequestChanges
        );
        decides
            && review.official
            && !review.dismissed
            && !review.stale
            && review.commit == self.pull.head
            && self
                .place(review)
                .is_some_and(|place| Some(place) > self.newest("change_target_branch"))
            && !self.counts_for_nothing(&review.author)
            && self.settled().is_some()
    }

    fn newest(&self, kind: &str) -> Option<CommentId> {
        let of_kind = self.entries.iter().filter(|entry| entry.kind == kind);
        of_kind.map(|entry| entry.id).max()
    }

    /// The person's newest directive for the gate decides alone.
    fn declares(&self, who: &str, gate: &str) -> bool {
        let speaks = |comment: &&Comment| {
            comment.author == who && directives(&comment.body).contains_key(gate)
        };
        let Some(newest) = self
            .comments
            .iter()
            .filter(speaks)
            .max_by_key(|comment| comment.id)
        else {
            return false;
        };
        let Some(Directive::Declare(commit)) = directives(&newest.body).remove(gate) else {
            return false;
        };
        let takes_back = |it: &Revocation| {
            it.pull == self.pull.number && it.by == who && it.gate == gate && it.place > newest.id
        };
        let taken_back = self.past.revoked.iter().any(takes_back);
        !taken_back
            && !self.past.is_edited(newest)
            && !self.counts_for_nothing(who)
            && self.is_for_this_code(newest, commit.as_deref())
    }

    fn is_for_this_code(&self, comment: &Comment, commit: Option<&str>) -> bool {
        let Some(push) = self.settled() else {
            return false;
        };
        let later = |kind| self.newest(kind).is_some_and(|place| place > comment.id);
        let reopened =
            |entry: &EntryRow| entry.id > comment.id && self.past.reopenings.contains(&entry.id);
        let forgotten = self.entries.iter().any(reopened);
        if forgotten || later("pull_push") || later("change_target_branch") {
            return false;
        }
        match commit {
            Some(commit) => self.pull.head.starts_with(commit),
            None => {
                let passed = comment.created.as_second() - push.created.as_second();
                self.past.openings.contains(&push.id) || passed >= GRACE
            }
        }
    }
}

/// What a commit must carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The state of each gate.
    pub(crate) gates: [State; 2],
    /// The list of declarations.
    pub(crate) list: String,
}

/// The worst over all guarded pull requests with that head. `None`: there is none.
pub(crate) fn expected(moment: &Moment, head: &str, past: &Past) -> Option<Expected> {
    let here: Vec<&PullThen> = moment
        .pulls
        .iter()
        .filter(|pull| pull.is_guarded() && pull.row.head == head)
        .collect();
    let openers = here.iter().map(|pull| pull.row.author.clone()).collect();
    let sights: Vec<Sight<'_>> = here
        .iter()
        .map(|pull| Sight {
            pull: &pull.row,
            reviews: &pull.reviews,
            entries: &pull.entries,
            comments: &pull.comments,
            teams: &moment.teams,
            openers: &openers,
            past,
        })
        .collect();
    let worst =
        |(gate, team): (&str, &str)| sights.iter().map(|sight| sight.state(gate, team)).min();
    let gates = [worst(GATES[0])?, worst(GATES[1])?];
    let declared = GATES
        .iter()
        .filter(|(gate, team)| sights.iter().all(|sight| sight.is_declared(gate, team)));
    let names: Vec<&str> = declared.map(|(gate, _)| *gate).collect();
    let names = if names.is_empty() {
        "(none)".to_owned()
    } else {
        names.join(", ")
    };
    Some(Expected {
        gates,
        list: format!("N/A: {names}"),
    })
}

/// Whether the bot knew all pull requests with a head when an interval began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knowledge {
    /// Everything that happened before was told, or found by a sweep.
    All,
    /// Something may have gone unheard, or the timeline was late.
    Some,
}

/// Whether a success of that gate may have been posted on that commit by a bot that was at rest in
/// the first of these moments and read what it read in any of them, each thing later than the one
/// before: the pull request, its reviews, its timeline, the teams.
///
/// It never gives a false alarm: what holds in doubt is allowed, and a neighbour is only required to
/// be satisfied where it was there in all of these moments and known before them.
pub(crate) fn may_be_green(
    moments: &[Moment],
    head: &str,
    (gate, team): (&str, &str),
    (past, knowledge): (&Past, Knowledge),
) -> bool {
    let count = moments.last().map_or(0, |moment| moment.pulls.len());
    let is_here = |moment: &Moment, place: usize| {
        moment
            .pulls
            .get(place)
            .is_some_and(|pull| pull.is_guarded() && pull.row.head == head)
    };
    let always = |place: &usize| moments.iter().all(|moment| is_here(moment, *place));
    let required: Vec<usize> = match knowledge {
        Knowledge::All => (0..count).filter(always).collect(),
        Knowledge::Some => Vec::new(),
    };
    let openers: BTreeSet<String> = required
        .iter()
        .map(|place| moments[0].pulls[*place].row.author.clone())
        .collect();
    let green = |place: usize| {
        looks(moments.len()).any(|[a, b, c, d]| {
            let at = |moment: usize| moments[moment].pulls.get(place);
            let (Some(pull), Some(reviews), Some(talk)) = (at(a), at(b), at(c)) else {
                return false;
            };
            let sight = Sight {
                pull: &pull.row,
                reviews: &reviews.reviews,
                entries: &talk.entries,
                comments: &talk.comments,
                teams: &moments[d].teams,
                openers: &openers,
                past,
            };
            is_here(&moments[a], place) && sight.state(gate, team) == State::Success
        })
    };
    required.iter().all(|place| green(*place)) && (0..count).any(green)
}

/// Every way to read four things one after the other.
fn looks(moments: usize) -> impl Iterator<Item = [usize; 4]> {
    (0..moments).flat_map(move |a| {
        (a..moments).flat_map(move |b| {
            (b..moments).flat_map(move |c| (c..moments).map(move |d| [a, b, c, d]))
        })
    })
}

/// Whether a success of ours may stand on a commit that no guarded pull request has as its head: it
/// was posted before the store was lost.
pub(crate) const fn left_green(posted_in_store: usize, now: &Moment) -> bool {
    posted_in_store < now.stores_lost
}
