//! Chromium without a window, spoken to over a pipe: each message is JSON and ends with a zero byte.
//!
//! The protocol is Chromium's own (DevTools), of which a dozen methods are needed here. Crates for it
//! bring sixty thousand generated lines or a second HTTP client, so this is all there is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use tempfile::TempDir;
use tokio::task::block_in_place;

/// Where Debian and others put it.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A window of its own, with nobody's cookies.
pub(crate) struct Chromium {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: String,
    last: u64,
    events: VecDeque<Value>,
    /// What the browser complained of.
    complaints: Vec<String>,
    _folder: TempDir,
}

impl Chromium {
    pub(crate) fn start() -> Self {
        let program = PROGRAMS.into_iter().find(|program| is_there(program));
        let program = program.expect(
            "Chromium is missing: these tests need Debian's package `chromium` (apt-get install chromium)",
        );
        let folder = TempDir::new().expect("a directory");
        // Chromium reads from the third and writes to the fourth file that it is started with.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(program)
            .args([
                "--headless=new",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--no-first-run",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--force-color-profile=srgb",
                "--lang=en",
            ])
            .arg(format!("--user-data-dir={}", folder.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium starts");
        let to = child.stdin.take().expect("a pipe");
        let from = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut chromium = Self {
            child,
            to,
            from,
            session: String::new(),
            last: 0,
            events: VecDeque::new(),
            complaints: Vec::new(),
            _folder: folder,
        };
        chromium.open_window();
        chromium
    }

    fn open_window(&mut self) {
        let window = self.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let target = json!({"targetId": window["targetId"], "flatten": true});
        let attached = self.ask("Target.attachToTarget", &target);
        self.session = attached["sessionId"]
            .as_str()
            .expect("a session")
            .to_owned();
        for domain in ["Page", "Runtime", "Log"] {
            self.ask(&format!("{domain}.enable"), &json!({}));
        }
        self.sized(1_000, 900);
    }

    /// How wide and high the window is.
    pub(crate) fn sized(&mut self, width: u32, height: u32) {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500,
        });
        self.ask("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Light or dark.
    pub(crate) fn coloured(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// Whether pages may run scripts.
    pub(crate) fn scripted(&mut self, on: bool) {
        let disabled = json!({"value": !on});
        self.ask("Emulation.setScriptExecutionDisabled", &disabled);
    }

    /// Goes to an address and waits until all of it is there.
    pub(crate) fn goes_to(&mut self, url: &str) {
        self.events.clear();
        self.ask("Page.navigate", &json!({"url": url}));
        self.await_load();
    }

    /// Clicks on what a selector finds, and waits for the page to which that leads.
    pub(crate) fn follows(&mut self, selector: &str) {
        self.events.clear();
        self.tells(&format!(
            "document.querySelector({}).click()",
            json!(selector)
        ));
        self.await_load();
    }

    fn await_load(&mut self) {
        loop {
            let loaded = |event: &Value| event["method"] == "Page.loadEventFired";
            if self.events.iter().any(loaded) {
                return;
            }
            let message = self.read();
            self.note(message);
        }
    }

    /// What an expression of JavaScript gives; promises are waited for.
    pub(crate) fn tells(&mut self, expression: &str) -> Value {
        let asked = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let told = self.ask("Runtime.evaluate", &asked);
        assert!(told["exceptionDetails"].is_null(), "{expression}: {told}");
        told["result"]["value"].clone()
    }

    /// Waits until an expression holds.
    pub(crate) fn waits_for(&mut self, expression: &str) {
        let came = self.tells(&format!(
            "new Promise((said) => {{
                const late = setTimeout(() => said(false), 30000);
                const look = () => {{
                    if ({expression}) {{ clearTimeout(late); said(true); }} else setTimeout(look, 10);
                }};
                look();
            }})"
        ));
        let (text, complaints) = (self.text(), &self.complaints);
        assert_eq!(
            came, true,
            "it never came to this: {expression}\n{complaints:#?}\n{text}"
        );
    }

    /// What a reader reads.
    pub(crate) fn text(&mut self) -> String {
        let text = self.tells("document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// A picture of the whole page, as PNG.
    pub(crate) fn picture(&mut self) -> Vec<u8> {
        let shot = json!({"format": "png", "captureBeyondViewport": true});
        let shot = self.ask("Page.captureScreenshot", &shot);
        let data = shot["data"].as_str().expect("a picture");
        STANDARD.decode(data).expect("base64")
    }

    /// What the browser has complained of: scripts that failed, and what the policy forbade.
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.last += 1;
        let id = self.last;
        let mut message = json!({"id": id, "method": method, "params": params});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        let bytes = [message.to_string().as_bytes(), b"\0"].concat();
        block_in_place(|| self.to.write_all(&bytes)).expect("Chromium listens");
        loop {
            let message = self.read();
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
            self.note(message);
        }
    }

    fn note(&mut self, event: Value) {
        let entry = &event["params"]["entry"];
        let failed = event["method"] == "Runtime.exceptionThrown";
        // That a page is answered with 404 is no complaint of it.
        let forbidden = event["method"] == "Log.entryAdded"
            && entry["level"] == "error"
            && entry["source"] != "network";
        if failed || forbidden {
            self.complaints.push(event["params"].to_string());
        }
        self.events.push_back(event);
    }

    fn read(&mut self) -> Value {
        let mut bytes = Vec::new();
        let read = block_in_place(|| self.from.read_until(0, &mut bytes));
        read.expect("Chromium speaks");
        assert_eq!(bytes.pop(), Some(0), "Chromium has ended");
        serde_json::from_slice(&bytes).expect("JSON")
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output();
    found.is_ok_and(|output| output.status.success())
}
