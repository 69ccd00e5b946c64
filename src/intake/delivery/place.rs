//! Where a delivery happened, and how events and memos of that place are made.

use crate::decide::reply::Addressee;
use crate::intake::payload::Comment;
use crate::intake::{Event, Put, Told, Topic, version};
use crate::memo::{self, Kind};
use crate::model::{Account, Digest, PullNumber, RepoName, RepositoryId, Sha};
use state::{Memo, PullKey};

/// Where something happened, by whom, and in which epoch of looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) repository: RepositoryId,
    pub(super) repo: RepoName,
    pub(super) sender: Option<Account>,
    pub(super) epoch: u64,
}

/// A commit of a repository, and when it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub(super) place: Place,
    pub(super) sha: Sha,
}

impl Head {
    /// The repository's number.
    #[must_use]
    pub const fn repository(&self) -> RepositoryId {
        self.place.repository
    }

    /// The commit.
    #[must_use]
    pub const fn sha(&self) -> &Sha {
        &self.sha
    }

    /// The commit, as records of pull requests name their heads.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.sha.as_str().as_bytes()
    }

    /// A look at one of the pull requests with that head.
    #[must_use]
    pub fn look(&self, pull: PullKey) -> Put {
        self.place.look(PullNumber::new(pull.number))
    }
}

impl Place {
    pub(super) fn look(&self, number: PullNumber) -> Put {
        self.put(number, Topic::Look, &Digest::of(""))
    }

    pub(super) fn commented(&self, comment: &Comment) -> Put {
        let Comment {
            id,
            created_at,
            on_issue,
            ..
        } = *comment;
        let topic = Topic::Comment {
            comment: id,
            created_at,
            on_issue,
            by: self.sender.as_ref().map(|sender| sender.id),
            typed_at: None,
        };
        let version = version(&comment.body, comment.updated_at);
        self.put(comment.on.number, topic, &version)
    }

    /// A look that is the same as another only if it is about the same edit.
    pub(super) fn edited(&self, comment: &Comment) -> Put {
        let identity = format!("edited/{}/{}", comment.id, Digest::of(&comment.body));
        Put {
            identity: identity.into_bytes(),
            ..self.look(comment.on.number)
        }
    }

    /// Our comment, which answers `to`, is to stand again as it was.
    pub(super) fn again(&self, reply: &Comment, to: &Addressee) -> Put {
        let topic = Topic::again(to, reply.id, reply.created_at);
        self.put(reply.on.number, topic, &Digest::of(""))
    }

    pub(super) fn reviewed(&self, number: PullNumber, reviewer: &Account, content: &str) -> Put {
        let digest = Digest::of(content);
        let topic = Topic::ReviewBody {
            reviewer: reviewer.clone(),
            digest: digest.clone(),
        };
        self.put(number, topic, &digest)
    }

    pub(super) fn memo<K: Kind>(&self, comment: &Comment, kind: &K) -> Memo {
        let (repository, number) = (self.repository.get(), comment.on.number.get());
        kind.memo(memo::of_comment::<K>(
            PullKey { repository, number },
            comment.id,
        ))
    }

    /// The login of whoever did it. `None`: not told.
    pub(super) fn by(&self) -> Option<String> {
        self.sender
            .as_ref()
            .map(|account| account.login.as_str().to_owned())
    }

    fn put(&self, number: PullNumber, topic: Topic, body: &Digest) -> Put {
        let (repository, repo) = (self.repository, self.repo.clone());
        let event = Event {
            repository,
            repo,
            number,
            topic,
            told: Told::Webhook,
            delivery: None,
        };
        Put::new(event, body, self.epoch)
    }
}
