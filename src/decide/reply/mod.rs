//! Every sentence that the bot says, and nothing else says one.
//!
//! A [`Letter`] is what is to be told about one comment; [`render`] makes it Markdown: the outcome
//! first and bold, then what to do and who can, then why, per person, then the evidence, folded.
//! **Invariant:** a reply holds no live command, mentions nobody but the writer of an unheard
//! declaration, and is at most 16 KiB long.

mod alike;
pub mod cause;
mod declaration;
mod evidence;
mod gate;
mod held;
mod later;
mod notice;
mod promise;
pub mod repair;
pub mod shown;
mod slip;
pub mod status;
pub mod text;
mod whoami;

pub use alike::joined_in;
pub use held::{link_to, posted_after_all, unposted};
pub use later::Later;
pub use promise::Promise;

use crate::decide::alike::Joined;
use crate::decide::notice::Notice;
use crate::decide::statuses::Share;
use crate::decide::told::Bearing;
use crate::gate::declaration::Declared;
use crate::gate::policy::GateName;
use crate::gate::verdict::GateVerdict;
use crate::model::{
    Account, CommentId, Diagnosis, Digest, Evidence, Login, Membership, PullState, Sha, Sight,
    TeamName,
};
use commands::Misuse;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Bytes of a reply.
pub const MOST: usize = 16 * 1024;

/// What is to be told about one comment.
#[derive(Clone, Debug)]
pub struct Letter {
    /// What the reply answers; its marker names it.
    pub to: Addressee,
    /// Comments that ask the same and are answered with it.
    pub also: Vec<Joined>,
    /// One part for each command, in the order of the comment.
    pub parts: Vec<Part>,
    /// Other open pull requests with the same head.
    pub shares: Vec<Share>,
    /// Members of a team who could approve, by team; nobody where outsiders can read the repository.
    pub able: Vec<(TeamName, Vec<Account>)>,
    /// Gates that are not green, with what their status says; those that a part tells are not repeated.
    pub open: Vec<(GateName, String)>,
    /// Drafts of reviews that only their authors can see.
    pub hidden_drafts: u64,
    /// Whether the bot looks again by itself, not only with an event.
    pub looks_again: bool,
    /// What makes it look again.
    pub promise: Promise,
    /// The calls that decided.
    pub calls: Vec<Evidence>,
    /// What it has to do with causes that were told.
    pub bearing: Bearing,
}

impl Letter {
    /// What is told where nothing was evaluated.
    #[must_use]
    pub const fn plain(to: Addressee, parts: Vec<Part>) -> Self {
        Self {
            to,
            also: Vec::new(),
            parts,
            shares: Vec::new(),
            able: Vec::new(),
            open: Vec::new(),
            hidden_drafts: 0,
            looks_again: false,
            promise: Promise {
                events: false,
                every: None,
            },
            calls: Vec::new(),
            bearing: Bearing {
                elsewhere: Vec::new(),
                unread: None,
                held: Vec::new(),
            },
        }
    }
}

/// What a reply answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Addressee {
    /// A comment.
    Comment(CommentId),
    /// A review's body, by its digest.
    Review(String),
    /// Nobody in particular: a notice, by its key.
    All(String),
}

impl Addressee {
    /// The invisible line by which the bot finds its own reply again.
    #[must_use]
    pub fn marker(&self) -> String {
        match self {
            Self::Comment(id) => format!("{OPENS}comment {id}{CLOSES}"),
            Self::Review(digest) => format!("{OPENS}review {digest}{CLOSES}"),
            Self::All(notice) => format!("{OPENS}notice {notice}{CLOSES}"),
        }
    }

    /// What a body of our own answers. `None`: it is no reply.
    #[must_use]
    pub fn named_in(body: &str) -> Option<Self> {
        let (_, after) = body.rsplit_once(OPENS)?;
        let (named, _) = after.split_once(CLOSES)?;
        let (named, _) = named.split_once(AS).unwrap_or((named, ""));
        match named.split_once(' ')? {
            ("comment", id) => id.parse().ok().map(|id| Self::Comment(CommentId::new(id))),
            ("review", digest) => Some(Self::Review(digest.to_owned())),
            ("notice", key) => Some(Self::All(key.to_owned())),
            _ => None,
        }
    }
}

/// Whether a body of our own answers what a comment says now. A comment may be edited while its
/// answer is on the way, so the times of both prove nothing. A reply that only says that there is no
/// answer yet answers nothing.
#[must_use]
pub fn answers(reply: &str, comment: &str) -> bool {
    let named = reply
        .rsplit_once(OPENS)
        .and_then(|(_, after)| after.split_once(CLOSES));
    let digest = named.and_then(|(named, _)| named.split_once(AS));
    digest.is_some_and(|(_, digest)| digest == Digest::of(comment).as_str())
}

const OPENS: &str = "<!-- refire: answers ";
const AS: &str = " as ";
const CLOSES: &str = " -->";
/// Bytes by which a marker grows when it says which text was answered.
const STAMP: usize = AS.len() + 32;

impl std::fmt::Display for Addressee {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Comment(id) => write!(f, "{id}"),
            Self::Review(digest) => write!(f, "review-{digest}"),
            Self::All(notice) => write!(f, "notice-{notice}"),
        }
    }
}

/// What is told about one command.
#[derive(Clone, Debug)]
pub enum Part {
    /// How a gate stands.
    Gate(GateVerdict),
    /// What became of a declaration.
    Declaration(Declaration),
    /// A declaration was taken back, or there was none.
    Revocation {
        /// The gate.
        gate: GateName,
        /// Whether there was a declaration of this person.
        had: bool,
        /// Who else edited the comment, and so perhaps put it there. `None`: nobody that is known of.
        edited_by: Option<String>,
        /// How the gate stands now.
        now: GateVerdict,
    },
    /// Who somebody is to every team.
    WhoAmI(Whoami),
    /// The catalogue of commands.
    Help,
    /// A line that is ours but wrong; with the known gates.
    Slip(Misuse, Vec<(GateName, Vec<String>)>),
    /// More commands than are run.
    TooMany(usize),
    /// The comment is longer than what is searched.
    Truncated,
    /// Commands work on open pull requests only.
    NotOpen(PullState),
    /// Commands work on pull requests only.
    NotAPull,
    /// Commands work in plain comments only.
    NotAComment,
    /// This base branch is not guarded.
    NotGuarded(String),
    /// Its writer types too much, so it waits.
    Later(Later),
    /// The facts could not be read.
    CannotLook(Box<Diagnosis>),
    /// The comment that is answered is gone.
    Gone,
    /// Something that nobody asked about.
    Notice(Notice),
}

impl Part {
    /// The gate that it tells of. `None`: it tells of none, or of all.
    #[must_use]
    pub const fn gate(&self) -> Option<&GateName> {
        match self {
            Self::Gate(verdict) => Some(&verdict.gate),
            Self::Declaration(said) => Some(&said.gate.gate),
            Self::Revocation { gate, .. } => Some(gate),
            _ => None,
        }
    }
}

/// What became of one declaration.
#[derive(Clone, Debug)]
pub struct Declaration {
    /// The gate's verdict now.
    pub gate: GateVerdict,
    /// The declaration in question. `None`: the comment does not declare this gate any more.
    pub declared: Option<Declared>,
    /// Whether its writer is in one of the waiver teams; only asked where it counts otherwise.
    pub membership: Membership,
    /// The head that it holds for.
    pub head: Option<Sha>,
    /// Whether a push ends it.
    pub until_push: bool,
}

/// Who somebody is to every team, and what the bot sees of them.
#[derive(Clone, Debug)]
pub struct Whoami {
    /// Whom the table is about.
    pub who: Account,
    /// Whether that is who asked.
    pub whose: Whose,
    /// Whether that person opened this pull request.
    pub is_author: bool,
    /// Every team that a gate names, with what was found out.
    pub teams: Vec<TeamRow>,
}

/// Whom a table of teams is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The writer of the command.
    Writer,
    /// Somebody else, whom the writer named.
    Another,
    /// The writer, although somebody else was named: outsiders read along.
    WriterAlone(Login),
}

/// A row of the table of teams.
#[derive(Clone, Debug)]
pub struct TeamRow {
    /// The team.
    pub team: TeamName,
    /// Which gates its members can approve.
    pub approves: Vec<GateName>,
    /// Which gates its members can waive.
    pub waives: Vec<GateName>,
    /// Whether the person is in it.
    pub membership: Membership,
    /// What each identity of the bot sees of it, in their order. Empty: none may ask about teams.
    pub sights: Vec<(String, Sight)>,
}

/// A reply, ready to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The Markdown.
    pub body: String,
    /// Digest of what it tells, without times and evidence: equal outcomes are not told again.
    pub outcome: String,
}

impl Reply {
    /// The Markdown as the answer to this text, which the marker names by its digest.
    #[must_use]
    pub fn to(&self, comment: &str) -> String {
        let stamped = format!("{AS}{}{CLOSES}", Digest::of(comment));
        match self.body.strip_suffix(CLOSES) {
            Some(open) => format!("{open}{stamped}"),
            None => self.body.clone(),
        }
    }
}

/// The same sentences for a terminal: no marker, no folded evidence.
#[must_use]
pub fn tell(letter: &Letter) -> String {
    let mut told: Vec<String> = letter
        .parts
        .iter()
        .map(|part| render_part(part, letter))
        .collect();
    told.extend(gate::asides(letter));
    told.join("\n\n").replace("**", "")
}

/// Why a gate stands as it does, sentence by sentence, for programs.
#[must_use]
pub fn reasons(verdict: &GateVerdict, letter: &Letter) -> Vec<String> {
    let told = gate::render(verdict, letter).replace("**", "");
    told.split("\n\n")
        .map(str::to_owned)
        .chain(gate::asides(letter))
        .collect()
}

/// Makes the reply.
#[must_use]
pub fn render(letter: &Letter) -> Reply {
    let told = body(&letter.parts, letter);
    let timeless: Vec<Part> = letter.parts.iter().map(timeless).collect();
    let outcome = hex::encode(Sha256::digest(body(&timeless, letter).as_bytes()));
    let marker = alike::marker(&letter.also) + &letter.to.marker();
    let room = MOST.saturating_sub(marker.len() + STAMP + 2);
    let told = fit(&told, room.saturating_sub(evidence::LEAST));
    let folded = evidence::render(&evidence::of(letter), room.saturating_sub(told.len() + 2));
    Reply {
        body: format!("{told}{folded}\n\n{marker}"),
        outcome,
    }
}

fn body(parts: &[Part], letter: &Letter) -> String {
    let told: Vec<String> = parts.iter().map(|part| render_part(part, letter)).collect();
    let told = told.join("\n\n---\n\n");
    std::iter::once(told)
        .chain(gate::asides(letter))
        .chain(alike::render(letter))
        .chain(held::resolved(letter))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// The part without the times that it tells, which make no new outcome.
fn timeless(part: &Part) -> Part {
    match part {
        Part::CannotLook(diagnosis) => {
            let mut diagnosis = diagnosis.clone();
            for evidence in &mut diagnosis.evidence {
                evidence.at = jiff::Timestamp::UNIX_EPOCH;
            }
            Part::CannotLook(diagnosis)
        }
        other => other.clone(),
    }
}

fn render_part(part: &Part, letter: &Letter) -> String {
    match part {
        Part::Gate(verdict) => gate::render(verdict, letter),
        Part::Declaration(declaration) => declaration::render(declaration, letter),
        Part::Revocation {
            gate,
            had,
            edited_by,
            now,
        } => declaration::render_revocation(gate, *had, edited_by.as_deref(), now, letter),
        Part::WhoAmI(told) => whoami::render(told),
        Part::Help => slip::help(),
        Part::Slip(misuse, gates) => slip::render(misuse, gates),
        Part::CannotLook(diagnosis) => gate::cannot_look(diagnosis, letter),
        Part::Notice(notice) => notice::render(notice, letter),
        Part::Later(later) => later::render(later),
        other => slip::out_of_place(other),
    }
}

/// Cuts at a line's end, so that no table or code span is left open.
fn fit(told: &str, room: usize) -> String {
    if told.len() <= room {
        return told.to_owned();
    }
    let more =
        "\n\n*There is more than fits into one comment; the statuses on the commit are complete.*";
    let mut end = room.saturating_sub(more.len());
    while !told.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    let head = told.get(..end).unwrap_or_default();
    let line = head.rfind('\n').unwrap_or(0);
    format!("{}{more}", head.get(..line).unwrap_or_default())
}
