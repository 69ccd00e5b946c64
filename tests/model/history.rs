//! Random histories: what people, the insider, the post and the bot's machine do, step by step.
//!
//! A history is made from a seed alone. Steps name each other by labels, so that any of them can be
//! left out and the rest still means the same; what makes no sense any more is passed over.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use std::fmt;

/// A login.
pub(crate) type Who = &'static str;

/// The gates, each with its team and alias.
pub(crate) const GATES: [(&str, &str); 2] = [("qa-review", "qa"), ("security-review", "security")];

/// Branches that pull requests go into; the last one is not guarded.
pub(crate) const BASES: [&str; 3] = ["main", "release", "wild"];

/// So many pull requests there are at the most.
pub(crate) const SLOTS: usize = 3;

/// One thing that happens. `pull` is a slot, labels are those of earlier steps.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Somebody opens a pull request in a free slot.
    Open {
        pull: usize,
        by: Who,
        from: From,
        base: usize,
    },
    /// One more commit.
    Push { pull: usize, by: Who },
    /// All commits replaced by a new one.
    ForcePush { pull: usize, by: Who },
    /// The branch goes back to the head that it had so many heads ago.
    Back { pull: usize, by: Who, ago: usize },
    /// The base moves on and is merged into the branch.
    MergeBase { pull: usize, by: Who },
    /// The branch moves onto the head of another pull request.
    Onto { pull: usize, other: usize, by: Who },
    /// A review of the head, or of the head that was so many heads ago.
    Review {
        pull: usize,
        by: Who,
        says: Opinion,
        ago: usize,
    },
    /// A review is dismissed.
    Dismiss { review: usize, by: Who },
    /// A comment.
    Comment { pull: usize, by: Who, says: Says },
    /// A comment is changed, by its author or by somebody else.
    Edit {
        comment: usize,
        by: Option<Who>,
        says: Says,
    },
    /// A comment is deleted, by its author or by somebody else.
    Delete { comment: usize, by: Option<Who> },
    /// Somebody comes into a team.
    Join { team: &'static str, who: Who },
    /// Somebody leaves a team.
    Leave { team: &'static str, who: Who },
    /// Another base branch.
    Retarget { pull: usize, base: usize, by: Who },
    /// Closed without a merge.
    Close { pull: usize, by: Who },
    /// Merged by the owner.
    Merge { pull: usize },
    /// Opened again.
    Reopen { pull: usize, by: Who },
    /// A status that is not the bot's, under one of its contexts.
    Forge {
        pull: usize,
        ago: usize,
        gate: usize,
        state: &'static str,
        by: Who,
    },
    /// From now on deliveries arrive, or are lost.
    Mail { arrives: bool },
    /// A delivery is sent again, the newest or one before: doubled, late, or out of order.
    Again { back: usize },
    /// From now on the timeline is late.
    Hold,
    /// The timeline catches up.
    Release,
    /// The forge's clock goes on.
    Wait { seconds: u64 },
    /// A round of the sweep.
    Sweep,
    /// The bot comes to rest.
    Rest,
    /// The bot is killed after some more calls, and perhaps its store is lost.
    Fall { calls: usize, lost: bool },
    /// The bot is started again.
    Rise,
}

/// Which branch a pull request is from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From {
    /// One of its own.
    Own,
    /// One of its own, without a commit.
    Empty,
    /// That of another pull request.
    Same(usize),
}

/// What a review says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Opinion {
    Approves,
    Rejects,
    Remarks,
}

/// What a comment says; gates by their place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Says {
    Declare(usize),
    /// Of the commit that was the head so many heads ago.
    DeclareAt(usize, usize),
    DeclareBoth,
    Revoke(usize),
    Refire,
    Chat,
}

/// A history.
#[derive(Clone, Debug)]
pub(crate) struct History {
    pub(crate) seed: u64,
    /// Whether the bot comes to rest after every step; otherwise all happens at once.
    pub(crate) calm: bool,
    /// Each with its label.
    pub(crate) steps: Vec<(usize, Step)>,
}

impl History {
    /// The history of a seed.
    pub(crate) fn of(seed: u64, length: usize) -> Self {
        let mut author = Author {
            rng: StdRng::seed_from_u64(seed),
            comments: Vec::new(),
            reviews: Vec::new(),
        };
        let calm = author.rng.random_bool(0.6);
        let steps = (0..length).map(|label| (label, author.step(label)));
        Self {
            seed,
            calm,
            steps: steps.collect(),
        }
    }

    /// The same without some steps.
    pub(crate) fn without(&self, place: usize, count: usize) -> Self {
        let mut shorter = self.clone();
        shorter
            .steps
            .drain(place..(place + count).min(self.steps.len()));
        shorter
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pace = if self.calm {
            "the bot rests after every step"
        } else {
            "without pauses"
        };
        writeln!(f, "seed {}, {pace}:", self.seed)?;
        self.steps
            .iter()
            .try_for_each(|(label, step)| writeln!(f, "{label:>4}  {step:?}"))
    }
}

/// Makes up what happens next.
struct Author {
    rng: StdRng,
    comments: Vec<usize>,
    reviews: Vec<usize>,
}

const PUSHERS: [Who; 8] = [
    "alice", "alice", "alice", "alice", "bob", "eve", "eve", "quinn",
];
const VOICES: [Who; 10] = [
    "quinn", "quinn", "quinn", "quincy", "quincy", "sam", "sam", "sam", "bob", "alice",
];
const OPENERS: [Who; 4] = ["alice", "bob", "bob", "quinn"];
const MEMBERS: [(&str, Who); 9] = [
    ("qa", "quinn"),
    ("qa", "quinn"),
    ("qa", "quincy"),
    ("qa", "bob"),
    ("qa", "refire"),
    ("security", "sam"),
    ("security", "sam"),
    ("security", "quinn"),
    ("security", "refire"),
];

/// Makes up a step with this label.
type Making = fn(&mut Author, usize) -> Step;

/// How often which kind of step comes, in a hundred and some.
const KINDS: [(u32, Making); 14] = [
    (4, |author, _| author.opening()),
    (10, |author, _| author.push()),
    (22, Author::review),
    (2, |author, _| author.dismissal()),
    (22, Author::comment),
    (10, |author, _| author.tampering()),
    (4, |author, _| author.team()),
    (3, |author, _| Step::Retarget {
        pull: author.pull(),
        base: author.base(),
        by: author.one_of(&["alice", "eve", "quinn"]),
    }),
    (5, |author, _| author.closing()),
    (4, |author, _| author.forgery()),
    (7, |author, _| author.post()),
    (4, |author, _| author.lateness()),
    (8, |author, _| Step::Wait {
        seconds: author.one_of(&[1, 1, 2, 6, 12, 12, 30]),
    }),
    (12, |author, _| author.machine()),
];

impl Author {
    fn step(&mut self, label: usize) -> Step {
        let all: u32 = KINDS.iter().map(|(weight, _)| weight).sum();
        let mut ticket = self.rng.random_range(0..all);
        for (weight, make) in KINDS {
            if ticket < weight {
                return make(self, label);
            }
            ticket -= weight;
        }
        Step::Rest
    }

    fn one_of<T: Copy>(&mut self, choice: &[T]) -> T {
        *choice.choose(&mut self.rng).expect("there is a choice")
    }

    fn pull(&mut self) -> usize {
        self.one_of(&[0, 0, 0, 0, 0, 1, 1, 2])
    }

    fn base(&mut self) -> usize {
        self.one_of(&[0, 0, 0, 1, 1, 2])
    }

    fn gate(&mut self) -> usize {
        self.one_of(&[0, 0, 1])
    }

    /// An earlier step of that kind, rather a late one.
    fn earlier(&mut self, labels: &[usize]) -> usize {
        let near = labels.len().saturating_sub(3);
        let from = if self.rng.random_bool(0.7) { near } else { 0 };
        labels
            .get(from..)
            .and_then(|labels| labels.choose(&mut self.rng))
            .copied()
            .unwrap_or(0)
    }

    fn opening(&mut self) -> Step {
        let from = match self.rng.random_range(0..10) {
            0..6 => From::Same(0),
            6..8 => From::Own,
            _ => From::Empty,
        };
        Step::Open {
            pull: self.one_of(&[1, 1, 2]),
            by: self.one_of(&OPENERS),
            from,
            base: self.one_of(&[1, 1, 0, 2]),
        }
    }

    fn push(&mut self) -> Step {
        let (pull, by) = (self.pull(), self.one_of(&PUSHERS));
        match self.rng.random_range(0..13) {
            0..4 => Step::Push { pull, by },
            4..7 => Step::ForcePush { pull, by },
            7..10 => Step::Back {
                pull,
                by,
                ago: self.one_of(&[1, 1, 2]),
            },
            10..12 => Step::MergeBase { pull, by },
            _ => Step::Onto {
                pull: 2,
                other: self.one_of(&[0, 1]),
                by,
            },
        }
    }

    fn review(&mut self, label: usize) -> Step {
        self.reviews.push(label);
        let says = match self.rng.random_range(0..10) {
            0..7 => Opinion::Approves,
            7..9 => Opinion::Rejects,
            _ => Opinion::Remarks,
        };
        let ago = self.one_of(&[0, 0, 0, 0, 0, 1]);
        Step::Review {
            pull: self.pull(),
            by: self.one_of(&VOICES),
            says,
            ago,
        }
    }

    fn dismissal(&mut self) -> Step {
        let reviews = self.reviews.clone();
        Step::Dismiss {
            review: self.earlier(&reviews),
            by: self.one_of(&["eve", "quinn"]),
        }
    }

    fn says(&mut self) -> Says {
        let gate = self.gate();
        match self.rng.random_range(0..100) {
            0..38 => Says::Declare(gate),
            38..52 => Says::DeclareAt(gate, self.one_of(&[0, 0, 0, 1])),
            52..57 => Says::DeclareBoth,
            57..74 => Says::Revoke(gate),
            74..87 => Says::Refire,
            _ => Says::Chat,
        }
    }

    fn comment(&mut self, label: usize) -> Step {
        self.comments.push(label);
        Step::Comment {
            pull: self.pull(),
            by: self.one_of(&VOICES),
            says: self.says(),
        }
    }

    fn tampering(&mut self) -> Step {
        let comments = self.comments.clone();
        let comment = self.earlier(&comments);
        let by = self.one_of(&[None, Some("eve")]);
        if self.rng.random_bool(0.55) {
            Step::Edit {
                comment,
                by,
                says: self.says(),
            }
        } else {
            Step::Delete { comment, by }
        }
    }

    fn team(&mut self) -> Step {
        let (team, who) = self.one_of(&MEMBERS);
        if self.rng.random_bool(0.4) {
            Step::Leave { team, who }
        } else {
            Step::Join { team, who }
        }
    }

    fn closing(&mut self) -> Step {
        let (pull, by) = (self.pull(), self.one_of(&["alice", "eve"]));
        match self.rng.random_range(0..20) {
            0 => Step::Merge { pull },
            1..9 => Step::Close { pull, by },
            _ => Step::Reopen { pull, by },
        }
    }

    fn forgery(&mut self) -> Step {
        Step::Forge {
            pull: self.pull(),
            ago: self.one_of(&[0, 0, 0, 1]),
            gate: self.gate(),
            state: self.one_of(&["success", "success", "failure"]),
            by: self.one_of(&["eve", "alice"]),
        }
    }

    fn post(&mut self) -> Step {
        match self.rng.random_range(0..7) {
            0..2 => Step::Mail { arrives: false },
            2..4 => Step::Mail { arrives: true },
            _ => Step::Again {
                back: self.rng.random_range(0..8),
            },
        }
    }

    fn lateness(&mut self) -> Step {
        if self.rng.random_bool(0.35) {
            Step::Hold
        } else {
            Step::Release
        }
    }

    fn machine(&mut self) -> Step {
        match self.rng.random_range(0..12) {
            0..4 => Step::Sweep,
            4..7 => Step::Rest,
            7..9 => Step::Fall {
                calls: self.rng.random_range(0..12),
                lost: self.rng.random_bool(0.3),
            },
            _ => Step::Rise,
        }
    }
}
