//! The report as people and as machines read it.

use super::Fix;
use crate::doctor::{Area, Finding, Level, Report, Verdict};
use serde_json::json;

/// One line a finding, with cause, evidence and repair below what is not right.
pub(super) fn lines(report: &Report, colours: bool) -> String {
    let mut out = String::new();
    let mut area = None;
    for finding in &report.findings {
        if area != Some(finding.area) {
            out.push_str(heading(finding.area));
            out.push('\n');
            area = Some(finding.area);
        }
        out.push_str(&line(finding, colours));
    }
    out.push_str(&ending(report));
    out
}

const fn heading(area: Area) -> &'static str {
    match area {
        Area::Forge => "Forge",
        Area::Identities => "Identities",
        Area::Teams => "Teams",
        Area::Repositories => "Repositories",
        Area::Webhook => "Webhook",
        Area::Contexts => "Contexts",
        Area::Store => "Store",
    }
}

fn line(finding: &Finding, colours: bool) -> String {
    let (word, colour) = match finding.level {
        Level::Ok => ("ok", "32"),
        Level::Warn => ("warn", "33"),
        Level::Fail => ("fail", "31"),
        Level::Skip => ("skip", "36"),
    };
    let word = if colours {
        format!("\u{1b}[{colour}m{word:<4}\u{1b}[0m")
    } else {
        format!("{word:<4}")
    };
    let mut line = format!("  {word}  {}\n", finding.what);
    let cause = finding.cause.map(cause_id);
    let below = [
        ("cause", cause.as_ref()),
        ("evidence", finding.evidence.as_ref()),
        ("repair", finding.repair.as_ref()),
    ];
    for (name, text) in below {
        if let Some(text) = text {
            line.push_str(&format!("        {name}: {text}\n"));
        }
    }
    line
}

/// The name that the cause has in every log and in JSON.
fn cause_id(cause: crate::model::Cause) -> String {
    let id = serde_json::to_value(cause).unwrap_or_default();
    id.as_str().unwrap_or_default().to_owned()
}

fn ending(report: &Report) -> String {
    let count = |level| report.findings.iter().filter(|f| f.level == level).count();
    let verdict = match report.verdict() {
        Verdict::Sound => "nothing fails",
        Verdict::Failing => {
            "something fails: the first repair comes first, what follows may come of it"
        }
        Verdict::Unknown => "something could not be found out",
    };
    format!(
        "{} ok, {} to look at, {} failing, {} skipped: {verdict}\n",
        count(Level::Ok),
        count(Level::Warn),
        count(Level::Fail),
        count(Level::Skip)
    )
}

/// One object.
pub(super) fn json(report: &Report, fixes: &[Fix]) -> String {
    let fixes: Vec<_> = fixes
        .iter()
        .map(|fix| {
            let (done, told) = match &fix.done {
                Ok(told) => (true, told),
                Err(why) => (false, why),
            };
            json!({ "step": fix.step.to_string(), "done": done, "told": told })
        })
        .collect();
    let all = json!({
        "verdict": report.verdict(),
        "findings": report.findings,
        "fixes": fixes,
    });
    format!("{all}\n")
}
