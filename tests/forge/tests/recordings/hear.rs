//! Compares the deliveries that followed a step.

use serde_json::Value;

use crate::compare::Comparison;
use crate::play::{Player, text};
use crate::sink::Heard;

impl Player {
    /// Deliveries of this step; in recordings without them nothing was listened to.
    pub(crate) async fn hear(&mut self, place: &str, step: &Value) {
        if step["deliveries"].is_array() {
            self.settle();
        }
        self.forge.deliveries_idle().await;
        let mut heard = self.sink.take();
        let Some(recorded) = step["deliveries"].as_array() else {
            self.early.extend(heard);
            return;
        };
        for delivery in recorded {
            let event = text(&delivery["headers"]["x-gitea-event-type"]);
            let found = heard.iter().position(|one| one.event() == event);
            let found = found.map(|position| heard.remove(position));
            match found.or_else(|| self.early_push(delivery)) {
                Some(found) => self.compare_delivery(place, delivery, &found),
                None => {
                    let missing = format!("{place}: no delivery of {event}");
                    self.report.differences.push(missing);
                }
            }
        }
        let more = heard
            .iter()
            .map(|one| format!("{place}: a delivery of {} too many", one.event()));
        self.report.differences.extend(more);
        self.early.clear();
    }

    /// The push that made the step's branch: a set-up just before the step, whose delivery was
    /// recorded with the step when the server was slow to send it.
    fn early_push(&mut self, delivery: &Value) -> Option<Heard> {
        let after = delivery["payload"]["after"].as_str()?;
        let after = self.names.fill(after);
        let made = |one: &Heard| one.event() == "push" && one.payload()["after"] == after;
        let found = self.early.iter().position(made)?;
        Some(self.early.remove(found))
    }

    fn compare_delivery(&mut self, place: &str, recorded: &Value, heard: &Heard) {
        self.report.deliveries += 1;
        let mut comparison = Comparison {
            names: &mut self.names,
            differences: Vec::new(),
        };
        for (name, value) in recorded["headers"].as_object().unwrap() {
            let changes = name.contains("signature") || name.contains("delivery");
            match heard.header(name) {
                Some(_) if changes => {}
                answered => comparison.header(name, value.as_str(), answered),
            }
        }
        for name in heard
            .headers
            .keys()
            .map(|name| name.as_str())
            .filter(|name| name.starts_with("x-"))
        {
            if recorded["headers"][name].is_null() {
                comparison
                    .differences
                    .push(format!("header {name} too many"));
            }
        }
        comparison.bodies("", &recorded["payload"], &heard.payload());
        let mut found = std::mem::take(&mut comparison.differences);
        if recorded["signature-is-hmac-of-raw-body"] != heard.is_signed_with(&self.secret) {
            found.push("the signature".to_owned());
        }
        let event = heard.event().to_owned();
        self.report.differences.extend(
            found
                .into_iter()
                .map(|one| format!("{place}: delivery {event}: {one}")),
        );
    }
}
