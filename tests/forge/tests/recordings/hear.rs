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
            // A new branch's push may have arrived with the step after it.
            let late = event == "push" && text(&delivery["payload"]["before"]).starts_with("{sha:");
            let mut all = heard
                .iter()
                .map(|one| (one.event(), one.payload()["after"].clone()));
            let position = all.position(|(kind, _)| kind == event);
            let found = match position {
                Some(position) => Some(heard.remove(position)),
                None if late => self.early_push(&delivery["payload"]),
                None => None,
            };
            match found {
                Some(found) => self.compare_delivery(place, delivery, &found),
                None => self
                    .report
                    .differences
                    .push(format!("{place}: no delivery of {event}")),
            }
        }
        let more = heard
            .iter()
            .map(|one| format!("{place}: a delivery of {} too many", one.event()));
        self.report.differences.extend(more);
        self.early.clear();
    }

    fn early_push(&mut self, payload: &Value) -> Option<Heard> {
        let after = self.names.fill(text(&payload["after"]));
        let found = self
            .early
            .iter()
            .position(|one| one.event() == "push" && one.payload()["after"] == after);
        found.map(|position| self.early.remove(position))
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
