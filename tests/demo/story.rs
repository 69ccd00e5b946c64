//! The story, step by step: what is done, what the bot answers, how the commit stands; and whether
//! it is as told.

use crate::paper::{comment, heading, reply};
use crate::scene::{Failure, Scene};
use forge::PullHandle;

const QA: &str = "qa-review / approved (pull_request)";
const SECURITY: &str = "security-review / approved (pull_request)";
const DECLARED: &str = "sop-checklist / na-declarations (pull_request)";

/// Plays it. The pull request is given back for whoever wants to go on.
pub(crate) async fn play(scene: &Scene) -> Result<PullHandle, Failure> {
    heading("alice opens a pull request");
    let pull = scene.forge.pull("alice");
    scene.quiet().await?;
    shows(
        &pull,
        &[
            (QA, "pending", "waits for"),
            (SECURITY, "pending", "waits for"),
            (DECLARED, "success", "(none)"),
        ],
    )?;

    heading("quinn of the qa team approves, and it stays blocked");
    pull.approved_by("quinn");
    scene.quiet().await?;
    shows(&pull, &[(QA, "pending", "the bot is not in the team")])?;

    heading("alice asks why");
    let told = says(scene, &pull, "alice", "/refire qa").await?;
    tells(
        &told,
        &[
            "cannot be verified",
            "Must be a team member",
            "Add `refire` to the team `acme/qa`; an owner of `acme` can: `",
        ],
    )?;
    shows(&pull, &[(QA, "pending", "cannot verify")])?;

    heading("olivia, an owner of acme, adds refire to the team qa; alice asks again");
    scene.forge.org("acme").team("qa").add("refire");
    let told = says(scene, &pull, "alice", "/refire qa").await?;
    tells(
        &told,
        &["`qa-review` is satisfied", "`quinn` of `acme/qa` approved"],
    )?;
    shows(
        &pull,
        &[
            (QA, "success", "approved by quinn"),
            (SECURITY, "pending", "waits for"),
        ],
    )?;

    heading("sam of the security team declares the other gate not applicable");
    let told = says(scene, &pull, "sam", "/sop-n/a security-review docs only").await?;
    tells(
        &told,
        &[
            "`security-review` is declared not applicable",
            "`docs only`",
            "/sop-revoke security-review",
        ],
    )?;
    shows(
        &pull,
        &[
            (QA, "success", ""),
            (SECURITY, "success", "declared not applicable by sam"),
            (DECLARED, "success", "N/A: security-review"),
        ],
    )?;

    heading("alice pushes another commit, which voids both");
    let left = pull.head();
    pull.push("alice");
    scene.quiet().await?;
    let last = pull
        .comments_by("refire")
        .pop()
        .ok_or("the reply to sam is gone")?;
    println!("The reply to sam reads now:");
    reply(&last.body);
    tells(
        &last.body,
        &[
            "does not hold any more",
            "was pushed after `sam` had declared it",
        ],
    )?;
    shows(
        &pull,
        &[
            (QA, "pending", "waits for"),
            (SECURITY, "pending", "waits for"),
            (DECLARED, "success", "(none)"),
        ],
    )?;
    let rows = scene.forge.repo("acme/widget").status_rows(&left);
    let newest = rows
        .iter()
        .rev()
        .find(|row| row.context == QA)
        .ok_or("the old commit has no statuses")?;
    println!(
        "  the success on {}: {} {}",
        left.get(..7).unwrap_or(&left),
        newest.state,
        newest.description
    );
    check(
        newest.state == "pending",
        "the success on the commit left behind is withdrawn",
    )?;

    heading("quinn asks who they are");
    let told = says(scene, &pull, "quinn", "/whoami-teams").await?;
    tells(
        &told,
        &[
            "`quinn`",
            "can approve `qa-review`",
            "✔ member",
            "✘ not a member",
            "✔ sees it",
        ],
    )?;
    Ok(pull)
}

/// Somebody comments; shows the comment and the reply, and gives the reply.
async fn says(scene: &Scene, pull: &PullHandle, who: &str, what: &str) -> Result<String, Failure> {
    let before = pull.comments_by("refire").len();
    comment(who, what);
    pull.comment(who, what);
    scene.quiet().await?;
    let replies = pull.comments_by("refire");
    let told = replies
        .get(before)
        .ok_or_else(|| format!("{what} by {who} got no reply"))?;
    check(replies.len() == before + 1, "one comment, one reply")?;
    reply(&told.body);
    Ok(told.body.clone())
}

/// The reply must say all of this.
fn tells(told: &str, words: &[&str]) -> Result<(), Failure> {
    for word in words {
        check(told.contains(word), &format!("the reply says {word:?}"))?;
    }
    Ok(())
}

/// Shows the statuses; they must be these.
fn shows(pull: &PullHandle, wanted: &[(&str, &str, &str)]) -> Result<(), Failure> {
    Scene::show_statuses(pull);
    for (context, state, words) in wanted {
        let row = pull
            .status(context)
            .ok_or_else(|| format!("there is no status {context:?}"))?;
        let right = row.state == *state && row.description.contains(words);
        check(
            right,
            &format!(
                "{context:?} is {state} and says {words:?}, not {} {:?}",
                row.state, row.description
            ),
        )?;
    }
    Ok(())
}

fn check(right: bool, told: &str) -> Result<(), Failure> {
    if right {
        Ok(())
    } else {
        Err(format!("it is not as told: {told}").into())
    }
}
