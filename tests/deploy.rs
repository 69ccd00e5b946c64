//! What must hold of `deploy/`, which no compiler reads: every file is what it claims to be, knows only
//! keys and variables that the program knows, closes what it should, and keeps no secret.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a file that is not as it must be is told by the test that fails"
)]

#[path = "deploy/files.rs"]
mod files;
#[path = "deploy/queries.rs"]
mod queries;

use queries::{alerts, metrics, metrics_of, panels};
use refire::config::{Config, Environment};
use refire::model::Cause;
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A configuration with nothing but what is required.
const LEAST: &str = "[forge]\nurl = \"https://git.example.org\"\nrepositories = [\"acme/*\"]\n";

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern")
}

fn nothing() -> Environment {
    Environment::of(Vec::<(String, String)>::new())
}

fn container(deployment: &Value) -> &Value {
    let containers = &deployment["spec"]["template"]["spec"]["containers"];
    assert_eq!(containers.as_array().map(Vec::len), Some(1));
    &containers[0]
}

#[test]
fn every_file_can_be_read_as_what_it_is() {
    for path in files::ending(".yaml") {
        assert!(!files::yaml(&path).is_empty(), "{path}");
    }
    for path in files::ending(".json") {
        assert!(files::json(&path).is_object(), "{path}");
    }
    for path in files::ending(".toml") {
        let read = Config::from_toml(Some(&path), &files::text(&path), &nothing());
        assert!(
            read.is_ok(),
            "{}",
            read.err().map(|e| e.to_string()).unwrap_or_default()
        );
    }
}

#[test]
fn the_configurations_that_are_written_out_in_the_documents_hold() {
    let block = pattern(r"(?s)```toml\n(.*?)```");
    let mut seen = 0;
    for path in files::ending(".md") {
        for block in block.captures_iter(&files::text(&path)) {
            let text = if block[1].contains("[forge]") {
                block[1].to_owned()
            } else {
                format!("{LEAST}{}", &block[1])
            };
            let read = Config::from_toml(Some(&path), &text, &nothing());
            assert!(
                read.is_ok(),
                "{}",
                read.err().map(|e| e.to_string()).unwrap_or_default()
            );
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn every_variable_is_one_that_the_program_knows() {
    let variable = pattern(r"\bREFIRE_[A-Z0-9_]*[A-Z0-9]\b");
    let mut named = BTreeSet::new();
    for path in files::all() {
        let text = if path.ends_with(".md") {
            files::text(&path)
        } else {
            files::without_comments(&path)
        };
        named.extend(
            variable
                .find_iter(&text)
                .map(|found| found.as_str().to_owned()),
        );
    }
    for name in &named {
        let environment = Environment::of([(name.as_str(), "x")]);
        let said = match Config::from_toml(None, LEAST, &environment) {
            Ok(_) => String::new(),
            Err(mistakes) => mistakes.to_string(),
        };
        assert!(!said.contains("is no variable of refire"), "{said}");
    }
    assert!(named.len() > 5, "{named:?}");
}

/// Whatever is called a token, a secret or a password is a path, or says what belongs there.
#[test]
fn no_secret_is_written_down() {
    let called = pattern(r"(?i)(token|secret|password|webhook|key)$");
    let token = pattern(r"\b[0-9a-f]{40,}\b|BEGIN [A-Z ]*PRIVATE KEY");
    for path in files::all() {
        assert!(!token.is_match(&files::text(&path)), "{path}");
    }
    for path in files::ending(".yaml") {
        for (key, text) in files::yaml(&path).iter().flat_map(files::texts) {
            let placeholder = text.starts_with('<') && text.ends_with('>');
            let file = text.starts_with('/') || text.starts_with("./");
            assert!(
                !called.is_match(&key) || placeholder || file,
                "{path}: {key}"
            );
        }
    }
    let compose = files::manifest("compose.yaml");
    for (name, secret) in compose["secrets"].as_object().expect("secrets") {
        let keys = secret.as_object().map(serde_json::Map::len);
        assert!(keys == Some(1) && secret["file"].is_string(), "{name}");
    }
}

#[test]
fn the_image_is_static_has_no_shell_and_is_not_root() {
    let dockerfile = files::without_comments("Dockerfile");
    let of = |instruction: &str| -> Vec<String> {
        let lines = dockerfile
            .lines()
            .filter(|line| line.starts_with(instruction));
        lines
            .map(|line| line[instruction.len()..].trim().to_owned())
            .collect()
    };
    let last = of("FROM").pop().expect("a stage");
    assert!(last.starts_with("gcr.io/distroless/static"), "{last}");
    assert!(dockerfile.contains("+crt-static") && dockerfile.contains("--profile dist --locked"));
    assert_eq!(of("USER"), ["10001:10001"]);
    assert_eq!(of("ENTRYPOINT"), [r#"["/usr/local/bin/refire"]"#]);
    assert!(dockerfile.contains(r#"CMD ["/usr/local/bin/refire", "health", "#));
    assert_eq!(of("ADD"), Vec::<String>::new());
}

#[test]
fn in_compose_the_bot_is_closed_and_the_ports_are_for_this_machine_alone() {
    let compose = files::manifest("compose.yaml");
    let bot = &compose["services"]["refire"];
    assert_eq!(bot["read_only"], true);
    assert_eq!(bot["user"], "10001:10001");
    assert_eq!(bot["cap_drop"], json!(["ALL"]));
    for service in compose["services"].as_object().expect("services").values() {
        assert_eq!(service["security_opt"], json!(["no-new-privileges:true"]));
        for port in service["ports"].as_array().expect("ports") {
            assert!(
                port.as_str()
                    .is_some_and(|port| port.starts_with("127.0.0.1:")),
                "{port}"
            );
        }
        assert_eq!(service.get("privileged"), None);
    }
}

/// What figure 9 is measured with (`tests/chaos/soak.rs`).
#[test]
fn the_image_and_the_unit_tell_the_allocator_what_the_soak_tells_it() {
    let soak = include_str!("chaos/soak.rs");
    let told = pattern(r#"\(\s*"(MALLOC_[A-Z_]+|GLIBC_TUNABLES)",\s*"(\S+)",?\s*\)"#);
    let told: Vec<String> = told
        .captures_iter(soak)
        .map(|found| format!("{}={}", &found[1], &found[2]))
        .collect();
    assert_eq!(told.len(), 5);
    for file in ["Dockerfile", "refire.service"] {
        let text = files::without_comments(file);
        for variable in &told {
            assert!(text.contains(variable), "{file}: {variable}");
        }
    }
}

#[test]
fn the_unit_closes_what_it_can_and_takes_secrets_as_credentials() {
    let unit = files::without_comments("refire.service");
    for line in [
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "ProtectProc=invisible",
        "ProcSubset=pid",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "PrivateUsers=yes",
        "PrivateMounts=yes",
        "MemoryDenyWriteExecute=yes",
        "RestrictNamespaces=yes",
        "SystemCallArchitectures=native",
        "UMask=0077",
    ] {
        assert!(unit.lines().any(|own| own == line), "{line}");
    }
    for secret in ["token", "webhook"] {
        assert!(unit.contains(&format!("LoadCredential={secret}:/etc/refire/{secret}")));
    }
    assert!(!unit.contains("Environment=REFIRE_TOKEN=") && !unit.contains("SetCredential"));
}

#[test]
fn on_kubernetes_there_is_one_pod_and_the_old_one_goes_first() {
    let deployment = files::manifest("kubernetes/deployment.yaml");
    assert_eq!(deployment["spec"]["replicas"], 1);
    assert_eq!(deployment["spec"]["strategy"], json!({"type": "Recreate"}));
    let spec = &deployment["spec"]["template"]["spec"];
    // With them a Service of that name would set variables that the program refuses.
    assert_eq!(spec["enableServiceLinks"], false);
    let grace = spec["terminationGracePeriodSeconds"].as_i64();
    assert!(grace.is_some_and(|grace| grace > 10), "{grace:?}");
}

#[test]
fn on_kubernetes_the_pod_is_restricted() {
    let deployment = files::manifest("kubernetes/deployment.yaml");
    let spec = &deployment["spec"]["template"]["spec"];
    assert_eq!(spec["automountServiceAccountToken"], false);
    assert_eq!(spec["securityContext"]["runAsNonRoot"], true);
    assert_eq!(spec["securityContext"]["runAsUser"], 10001);
    assert_eq!(
        spec["securityContext"]["seccompProfile"]["type"],
        "RuntimeDefault"
    );
    let own = &container(&deployment)["securityContext"];
    assert_eq!(own["allowPrivilegeEscalation"], false);
    assert_eq!(own["readOnlyRootFilesystem"], true);
    assert_eq!(own["capabilities"], json!({"drop": ["ALL"]}));
    let policy = files::manifest("kubernetes/networkpolicy.yaml");
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    for rules in ["ingress", "egress"] {
        for rule in policy["spec"][rules].as_array().expect("rules") {
            assert!(
                rule.get("from").or(rule.get("to")).is_some(),
                "open to all: {rule}"
            );
            assert!(rule.get("ports").is_some(), "open on all ports: {rule}");
        }
    }
}

#[test]
fn probes_ask_for_what_the_program_answers() {
    let health = include_str!("../src/web/health.rs");
    let deployment = files::manifest("kubernetes/deployment.yaml");
    let container = container(&deployment);
    for (probe, path) in [
        ("startupProbe", "/healthz"),
        ("livenessProbe", "/healthz"),
        ("readinessProbe", "/readyz"),
    ] {
        assert_eq!(container[probe]["httpGet"]["path"], path, "{probe}");
        assert!(health.contains(&format!(".route(\"{path}\"")));
    }
    // Store and forge may each take their time before it is said that they are not there.
    let patience = refire::web::health::PATIENCE.as_secs();
    let wait = container["readinessProbe"]["timeoutSeconds"].as_u64();
    assert!(wait.is_some_and(|wait| wait > patience), "{wait:?}");
}

#[test]
fn the_kustomization_names_files_that_exist_and_no_secret() {
    for (folder, listed) in [
        ("kubernetes", "resources"),
        ("kubernetes/monitoring", "resources"),
    ] {
        let kustomization = files::manifest(&format!("{folder}/kustomization.yaml"));
        for resource in kustomization[listed].as_array().expect("resources") {
            let name = resource.as_str().expect("a name");
            assert_ne!(
                files::manifest(&format!("{folder}/{name}"))["kind"],
                "Secret"
            );
        }
    }
    let kustomization = files::manifest("kubernetes/kustomization.yaml");
    assert_eq!(
        kustomization["configMapGenerator"][0]["files"],
        json!(["refire.toml"])
    );
    assert_eq!(kustomization.get("secretGenerator"), None);
}

#[test]
fn proxies_let_only_the_webhook_through() {
    let nginx = files::without_comments("proxy/nginx.conf");
    for inner in ["/metrics", "/healthz", "/readyz"] {
        let closed = format!(r"location = {inner}\s+\{{ return 404; \}}");
        assert!(pattern(&closed).is_match(&nginx), "{inner}");
    }
    assert!(nginx.contains("proxy_buffering off;") && nginx.contains("deny all;"));
    // Without `route` Caddy asks `respond` after `handle`, and /metrics is open.
    let caddy = files::without_comments("proxy/Caddyfile");
    let order =
        pattern(r"(?s)route \{.*respond @inner 404.*handle @webhook.*handle @own.*respond 404");
    assert!(order.is_match(&caddy));
    assert!(caddy.contains("@inner path /metrics /metrics/* /healthz"));
    let traefik = files::manifest("proxy/traefik.yaml");
    for (name, router) in traefik["http"]["routers"].as_object().expect("routers") {
        let rule = router["rule"].as_str().expect("a rule");
        if name == "refire-webhook" {
            assert!(rule.contains("&& Path(`/webhook`)"), "{rule}");
        } else {
            assert_eq!(router["middlewares"], json!(["refire-own"]), "{name}");
            assert!(rule.contains("!Path(`/metrics`)"), "{rule}");
        }
    }
}

#[test]
fn every_alert_has_a_section_in_the_runbook_and_every_section_an_alert() {
    let runbook = files::text("RUNBOOK.md");
    let tests = files::text("prometheus/alerts.test.yaml");
    let mut named = Vec::new();
    for (name, rule) in alerts() {
        assert!(runbook.contains(&format!("\n### {name}\n")), "{name}");
        let url = rule["annotations"]["runbook_url"]
            .as_str()
            .expect("an address");
        let end = format!("/deploy/RUNBOOK.md#{}", name.to_lowercase());
        assert!(url.ends_with(&end), "{name}: {url}");
        for annotation in ["summary", "description"] {
            assert!(rule["annotations"][annotation].is_string(), "{name}");
        }
        let severity = rule["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("critical" | "warning")), "{name}");
        assert!(
            tests.contains(&format!("alertname=\"{name}\"")),
            "{name} is not tested"
        );
        named.push(name);
    }
    let sections = pattern(r"(?m)^### (Refire\w+)$");
    let sections: Vec<_> = sections
        .captures_iter(&runbook)
        .map(|s| s[1].to_owned())
        .collect();
    assert_eq!(sections, named, "in the order of the alerts");
}

#[test]
fn every_cause_has_a_line_in_the_runbook() {
    let runbook = files::text("RUNBOOK.md");
    let causes = Cause::ALL.iter().map(|cause| cause.id());
    let missing: Vec<_> = causes
        .filter(|id| !runbook.contains(&format!("`{id}`")))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn alerts_and_panels_ask_for_metrics_of_the_program_and_each_has_a_panel() {
    let known = metrics();
    for (name, rule) in alerts() {
        let asked = metrics_of(rule["expr"].as_str().expect("a query"));
        assert!(
            !asked.is_empty() && asked.is_subset(&known),
            "{name}: {asked:?}"
        );
    }
    let mut shown = BTreeSet::new();
    for (title, query) in panels() {
        let asked = metrics_of(&query);
        assert!(
            !asked.is_empty() && asked.is_subset(&known),
            "{title}: {asked:?}"
        );
        shown.extend(asked);
    }
    assert_eq!(shown, known);
}

#[test]
fn the_dashboard_takes_its_data_from_where_one_says() {
    let dashboard = files::json("grafana/refire.json");
    assert!(
        dashboard["schemaVersion"]
            .as_i64()
            .is_some_and(|version| version >= 41)
    );
    assert_eq!(dashboard["templating"]["list"][0]["name"], "datasource");
    assert_eq!(dashboard.get("id"), None);
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut ids = BTreeSet::new();
    for panel in panels {
        assert!(ids.insert(panel["id"].as_i64()), "{}", panel["title"]);
        if panel["type"] != "row" {
            assert_eq!(
                panel["datasource"]["uid"], "${datasource}",
                "{}",
                panel["title"]
            );
        }
    }
}

#[test]
fn links_within_the_documents_lead_somewhere() {
    let link = pattern(r"\]\(#([a-z0-9-]+)\)");
    let heading = pattern(r"(?m)^#+ (.+)$");
    for path in files::ending(".md") {
        let text = files::text(&path);
        let anchor = |title: &str| -> String {
            let kept = title.to_lowercase().replace(' ', "-");
            kept.chars()
                .filter(|c| c.is_alphanumeric() || *c == '-')
                .collect()
        };
        let anchors: BTreeSet<_> = heading
            .captures_iter(&text)
            .map(|h| anchor(&h[1]))
            .collect();
        for link in link.captures_iter(&text) {
            assert!(anchors.contains(&link[1]), "{path}: #{}", &link[1]);
        }
    }
}
