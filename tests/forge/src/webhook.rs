//! Making and signing webhooks as Gitea does; `post` sends them.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::world::hook::Happening;
use crate::world::ids::HookId;

/// One delivery and what became of it.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The hook that heard.
    pub hook: HookId,
    /// The exact event, `X-Gitea-Event-Type`.
    pub event: String,
    /// Unlike for every delivery, even of the same payload.
    pub uuid: String,
    /// Headers as sent.
    pub headers: Vec<(String, String)>,
    /// The raw bytes that were signed.
    pub body: Vec<u8>,
    /// The bytes, parsed.
    pub payload: Value,
    /// The receiver's status; `None` while under way, when lost, or when nobody answered.
    pub status: Option<u16>,
    /// The receiver's answer (Gitea shows it in the hook's page).
    pub answer: String,
    /// Lost on the way by a test's wish.
    pub lost: bool,
}

/// The delivery of a happening, the so-many-th of all.
pub(crate) fn make(happening: &Happening, index: usize, target_headers: bool) -> Delivery {
    let hook = &happening.hook;
    let uuid = uuid(hook.id, index);
    let form = hook.content_type == "form";
    let payload = serde_json::from_slice(&happening.body).unwrap_or_default();
    let body = if form {
        form_of(&happening.body)
    } else {
        happening.body.clone()
    };
    let mut headers = named(happening, &uuid);
    headers.extend(signatures(&hook.secret, &happening.body));
    let kind = if form {
        "application/x-www-form-urlencoded"
    } else {
        "application/json"
    };
    headers.push(("content-type".to_owned(), kind.to_owned()));
    headers.push(("accept-encoding".to_owned(), "gzip".to_owned()));
    if !hook.authorization.is_empty() {
        headers.push(("authorization".to_owned(), hook.authorization.clone()));
    }
    if target_headers {
        for name in [
            "x-gitea-hook-installation-target-type",
            "x-github-hook-installation-target-type",
        ] {
            headers.push((name.to_owned(), happening.target.to_owned()));
        }
    }
    let (event, hook) = (happening.kind.exact.to_owned(), hook.id);
    Delivery {
        hook,
        event,
        uuid,
        headers,
        body,
        payload,
        status: None,
        answer: String::new(),
        lost: false,
    }
}

fn form_of(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("payload", &text)
        .finish()
        .into_bytes()
}

/// The same three values under three names each (gitea-facts §6.1).
fn named(happening: &Happening, uuid: &str) -> Vec<(String, String)> {
    let values = [
        ("delivery", uuid),
        ("event", happening.kind.coarse),
        ("event-type", happening.kind.exact),
    ];
    let brands = ["gitea", "gogs", "github"];
    let named =
        |brand: &str| values.map(|(name, value)| (format!("x-{brand}-{name}"), value.to_owned()));
    brands.iter().flat_map(|brand| named(brand)).collect()
}

/// Without a secret the signatures are sent empty.
fn signatures(secret: &str, body: &[u8]) -> Vec<(String, String)> {
    let (mut sha1, mut sha256) = (String::new(), String::new());
    if !secret.is_empty() {
        sha1 = mac::<Hmac<Sha1>>(secret, body);
        sha256 = mac::<Hmac<Sha256>>(secret, body);
    }
    let named = [
        ("x-gitea-signature", sha256.clone()),
        ("x-gogs-signature", sha256.clone()),
        ("x-hub-signature", format!("sha1={sha1}")),
        ("x-hub-signature-256", format!("sha256={sha256}")),
    ];
    named
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn mac<M: Mac + KeyInit>(secret: &str, body: &[u8]) -> String {
    let Ok(mut mac) = M::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// Looks like a random UUID and is the same in every run.
fn uuid(hook: HookId, index: usize) -> String {
    let hash = hex::encode(Sha1::digest(format!("delivery {index} to {hook}")));
    let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_signature() {
        let signed = signatures("key", b"The quick brown fox jumps over the lazy dog");
        let expected = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(
            signed[0],
            ("x-gitea-signature".to_owned(), expected.to_owned())
        );
        assert_eq!(signed[2].1, "sha1=de7c9b85b8b78aa6bc8a7a36f70a90701c9db4d9");
    }

    #[test]
    fn the_signatures_of_real_servers() {
        let recorded = [
            include_str!("../../fixtures/recordings/1.23.8/raw-deliveries.json"),
            include_str!("../../fixtures/recordings/1.24.7/raw-deliveries.json"),
            include_str!("../../fixtures/recordings/1.25.4/raw-deliveries.json"),
            include_str!("../../fixtures/recordings/1.26.3/raw-deliveries.json"),
        ];
        for file in recorded {
            let file: Value = serde_json::from_str(file).unwrap();
            let secret = file["secret"].as_str().unwrap();
            for delivery in file["deliveries"].as_object().unwrap().values() {
                for (name, value) in
                    signatures(secret, delivery["body"].as_str().unwrap().as_bytes())
                {
                    assert_eq!(delivery["headers"][&name], value, "{name}");
                }
            }
        }
    }

    #[test]
    fn no_secret_no_signature() {
        let signed = signatures("", b"{}");
        assert_eq!(signed[0].1, "");
        assert_eq!(signed[3].1, "sha256=");
    }
}
