//! Posting. Each write is sent once; whether it is to be sent again is for its caller to decide.

use super::{
    body::Object,
    error::{CallError, ErrorKind},
    exchange::Call,
    path,
    session::Session,
    wire::{WireComment, WireStatus, WrittenStatus},
};
use crate::model::{Account, Comment, CommentId, PostedStatus, PullRef, RepoName};
use reqwest::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

const STATUSES: &str = "/repos/{owner}/{repo}/statuses/{sha}";
const COMMENTS: &str = "/repos/{owner}/{repo}/issues/{number}/comments";
const COMMENT: &str = "/repos/{owner}/{repo}/issues/comments/{id}";
const REACTIONS: &str = "/repos/{owner}/{repo}/issues/comments/{id}/reactions";

/// A write: how, where, and which answers are good.
struct Write<'a> {
    method: Method,
    route: &'static str,
    values: &'a [&'a str],
    due: &'static [u16],
}

impl Session {
    /// Posts a status of a pull request, which leads to its explanation, and says whose it is now.
    /// `None`: Gitea did not say.
    ///
    /// # Errors
    /// Any [`CallError`]; see [`CallError::maybe_performed`].
    pub async fn post_status(
        &self,
        pull: &PullRef,
        status: &PostedStatus,
    ) -> Result<Option<Account>, CallError> {
        let values = [pull.repo.owner(), pull.repo.name(), status.sha.as_str()];
        let write = Write {
            method: Method::POST,
            route: STATUSES,
            values: &values,
            due: &[201],
        };
        let by = self.writer();
        let leads_to = self.gitea().explanation_page(pull);
        let written = WrittenStatus::of(status, &leads_to);
        let row: WireStatus = self.write(by, &write, &written).await?;
        let creator = row.creator.map(|user| user.account());
        self.learn_writer(by, creator.as_ref());
        Ok(creator)
    }

    /// Posts a comment.
    ///
    /// # Errors
    /// Any [`CallError`]; see [`CallError::maybe_performed`].
    pub async fn post_comment(&self, pull: &PullRef, body: &str) -> Result<Comment, CallError> {
        let number = pull.number.to_string();
        let values = [pull.repo.owner(), pull.repo.name(), number.as_str()];
        let write = Write {
            method: Method::POST,
            route: COMMENTS,
            values: &values,
            due: &[201],
        };
        let by = self.writer();
        let row: WireComment = self.write(by, &write, &json!({ "body": body })).await?;
        let comment = row.comment();
        self.learn_writer(by, comment.author.as_ref());
        Ok(comment)
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    /// Any [`CallError`]; a 204, by which Gitea says that nothing was changed, is
    /// [`ErrorKind::Unexpected`] (gitea-facts §3.3).
    pub async fn edit_comment(
        &self,
        repo: &RepoName,
        id: CommentId,
        body: &str,
    ) -> Result<(), CallError> {
        let id = id.to_string();
        let values = [repo.owner(), repo.name(), id.as_str()];
        let write = Write {
            method: Method::PATCH,
            route: COMMENT,
            values: &values,
            due: &[200],
        };
        self.write::<Value>(self.writer(), &write, &json!({ "body": body }))
            .await
            .map(|_| ())
    }

    /// Adds a reaction to a comment; one that is there already is as good (gitea-facts §3.5).
    ///
    /// # Errors
    /// Any [`CallError`].
    pub async fn post_reaction(
        &self,
        repo: &RepoName,
        id: CommentId,
        reaction: &str,
    ) -> Result<(), CallError> {
        let id = id.to_string();
        let values = [repo.owner(), repo.name(), id.as_str()];
        let due = &[200, 201];
        let write = Write {
            method: Method::POST,
            route: REACTIONS,
            values: &values,
            due,
        };
        self.write::<Value>(self.writer(), &write, &json!({ "content": reaction }))
            .await
            .map(|_| ())
    }

    async fn write<T: DeserializeOwned + Send>(
        &self,
        by: usize,
        write: &Write<'_>,
        json: &impl Serialize,
    ) -> Result<T, CallError> {
        let unaskable = || {
            let mut error = self.error(by, write.route, ErrorKind::Unaskable);
            error.evidence.method = write.method.to_string();
            error
        };
        let path = path::path(write.route, write.values).map_err(|_| unaskable())?;
        let json = serde_json::to_vec(json).map_err(|_| unaskable())?;
        let Write { route, due, .. } = *write;
        let call = Call {
            method: write.method.clone(),
            route,
            path,
            json: Some(json),
            due,
            by,
        };
        let mut object = Object::new();
        self.call(&call, &mut object).await?;
        object.value.ok_or_else(|| self.unreadable(&call))
    }

    /// What an identity posted belongs to its account.
    fn learn_writer(&self, by: usize, account: Option<&Account>) {
        if let Some(account) = account {
            self.gitea().inner().own.learn(by, account);
        }
    }
}
