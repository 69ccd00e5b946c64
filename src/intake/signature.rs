//! Who sent a delivery: HMAC-SHA256 over the raw body, compared in constant time.
//!
//! **Invariant:** nothing of a body is believed before [`Signing::verify`] has said `Ok`, and without
//! a usable secret it never does. Called by `webhook` alone.

use axum::http::{HeaderMap, HeaderValue};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use std::fmt;

/// The headers that carry the signature, the best known first: all have the same value
/// (gitea-facts §6.1, §9). A proxy may have dropped some.
const HEADERS: [&str; 3] = [
    "x-gitea-signature",
    "x-forgejo-signature",
    "x-hub-signature-256",
];

/// Why a delivery is not believed. None of the sentences depends on the body or on a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no secret to check with.
    #[error("no webhook secret is configured here, so no delivery can be believed")]
    NoSecret,
    /// No signature, or an empty one: Gitea sends that when the webhook has no secret (gitea-facts §6.1).
    #[error(
        "the delivery is not signed: give this webhook the secret that refire is configured with"
    )]
    Missing,
    /// The signature is not 64 hexadecimal digits.
    #[error(
        "the signature is malformed: it must be the HMAC-SHA256 of the body in hexadecimal digits"
    )]
    Malformed,
    /// It was made with another secret, or for another body.
    #[error(
        "the signature does not match: the secret of this webhook is not the one that refire is configured with"
    )]
    Mismatch,
}

/// The secrets that deliveries may be signed with; more than one while they are rotated.
#[derive(Clone)]
pub struct Secrets(Vec<Hmac<Sha256>>);

impl Secrets {
    /// Takes the secrets. An empty one is no secret and is left out.
    pub fn new(secrets: impl IntoIterator<Item = SecretString>) -> Self {
        let keyed = secrets.into_iter().filter_map(|secret| {
            let key = secret.expose_secret().as_bytes();
            if key.is_empty() {
                None
            } else {
                Hmac::new_from_slice(key).ok()
            }
        });
        Self(keyed.collect())
    }

    /// Begins with a body of which nothing has arrived.
    #[must_use]
    pub fn signing(&self) -> Signing {
        Signing(self.0.clone())
    }

    /// Whether the body was signed with one of the secrets.
    ///
    /// # Errors
    /// It was not, or nobody can say so.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
        let mut signing = self.signing();
        signing.take(body);
        signing.verify(headers)
    }
}

/// What a body that is arriving would have to be signed with.
#[derive(Clone)]
pub struct Signing(Vec<Hmac<Sha256>>);

impl Signing {
    /// Takes the next bytes.
    pub fn take(&mut self, piece: &[u8]) {
        for state in &mut self.0 {
            state.update(piece);
        }
    }

    /// Whether what arrived was signed with one of the secrets.
    ///
    /// # Errors
    /// It was not, or nobody can say so.
    pub fn verify(self, headers: &HeaderMap) -> Result<(), Refused> {
        if self.0.is_empty() {
            return Err(Refused::NoSecret);
        }
        let signature = presented(headers)?;
        let mut states = self.0.into_iter();
        if states.any(|state| state.verify_slice(&signature).is_ok()) {
            Ok(())
        } else {
            Err(Refused::Mismatch)
        }
    }
}

/// Keyed states are as good as the secrets: only their number is shown.
impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} set)", self.0.len())
    }
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signing({} set)", self.0.len())
    }
}

/// The first signature that is not empty, as bytes.
fn presented(headers: &HeaderMap) -> Result<[u8; 32], Refused> {
    let values = HEADERS
        .iter()
        .filter_map(|name| headers.get(*name))
        .map(HeaderValue::as_bytes);
    let mut digits =
        values.map(|value| value.strip_prefix(b"sha256=").unwrap_or(value).trim_ascii());
    let digits = digits
        .find(|digits| !digits.is_empty())
        .ok_or(Refused::Missing)?;
    let mut signature = [0; 32];
    hex::decode_to_slice(digits, &mut signature).map_err(|_| Refused::Malformed)?;
    Ok(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::fixture::{SECRET, headers, secrets, sign};
    use proptest::prelude::*;

    /// One recorded delivery of each version, byte for byte, with the signature it came with.
    const RECORDED: [(&str, &[u8]); 4] = [
        (
            "210094251f867195c1e4985d97789b51d4e3a7f9b8798d116d14436a97a0524f",
            include_bytes!("testdata/status-1.23.8.json"),
        ),
        (
            "f06a8f27fbd7d7b7d6ffec750421b910582cc61d73db456b5f7d039bdcc50ce7",
            include_bytes!("testdata/status-1.24.7.json"),
        ),
        (
            "86ada59103013cfd1a106d369d0774f07eb11509d314bf27b732cf3c6568223e",
            include_bytes!("testdata/status-1.25.4.json"),
        ),
        (
            "fb7dd9f2269f9a63d2b272bea94e33a06c2d2518ed75899d785d1939844bd955",
            include_bytes!("testdata/status-1.26.3.json"),
        ),
    ];

    #[test]
    fn recorded_deliveries_are_believed() {
        for (signature, body) in RECORDED {
            let gitea = headers(&[("x-gitea-signature", signature)]);
            assert_eq!(secrets(&[SECRET]).verify(&gitea, body), Ok(()));
            assert_eq!(
                secrets(&["another"]).verify(&gitea, body),
                Err(Refused::Mismatch)
            );
            let changed = [body, b" "].concat();
            assert_eq!(
                secrets(&[SECRET]).verify(&gitea, &changed),
                Err(Refused::Mismatch)
            );
        }
    }

    #[test]
    fn any_of_the_secrets_will_do_while_they_are_rotated() {
        for secret in ["old", "new"] {
            let signed = headers(&[("x-gitea-signature", &sign(secret, b"{}"))]);
            assert_eq!(secrets(&["new", "old"]).verify(&signed, b"{}"), Ok(()));
        }
    }

    #[test]
    fn the_signature_stands_in_one_of_three_headers() {
        let signature = sign(SECRET, b"{}");
        let prefixed = format!("sha256={signature}");
        let upper = signature.to_uppercase();
        for header in [
            [("x-gitea-signature", &signature)],
            [("x-forgejo-signature", &signature)],
            [("x-hub-signature-256", &prefixed)],
            [("x-gitea-signature", &upper)],
        ] {
            let header = headers(&header.map(|(name, value)| (name, value.as_str())));
            assert_eq!(
                secrets(&[SECRET]).verify(&header, b"{}"),
                Ok(()),
                "{header:?}"
            );
        }
        let first_counts = headers(&[
            ("x-gitea-signature", &"0".repeat(64)),
            ("x-hub-signature-256", &prefixed),
        ]);
        assert_eq!(
            secrets(&[SECRET]).verify(&first_counts, b"{}"),
            Err(Refused::Mismatch)
        );
    }

    #[test]
    fn without_a_signature_nothing_is_believed() {
        let unsigned = [
            headers(&[]),
            headers(&[
                ("x-gitea-signature", ""),
                ("x-hub-signature-256", "sha256="),
            ]),
        ];
        for headers in unsigned {
            assert_eq!(
                secrets(&[SECRET]).verify(&headers, b"{}"),
                Err(Refused::Missing)
            );
        }
        let signature = sign(SECRET, b"{}");
        for malformed in [
            &signature[1..],
            &format!("{signature}00"),
            "zz",
            "sha1=00",
            "é",
        ] {
            let header = headers(&[("x-gitea-signature", malformed)]);
            assert_eq!(
                secrets(&[SECRET]).verify(&header, b"{}"),
                Err(Refused::Malformed),
                "{malformed}"
            );
        }
    }

    #[test]
    fn an_empty_secret_is_no_secret() {
        let signed_with_nothing = headers(&[("x-gitea-signature", &sign("", b"{}"))]);
        for none in [secrets(&[]), secrets(&[""])] {
            assert_eq!(
                none.verify(&signed_with_nothing, b"{}"),
                Err(Refused::NoSecret)
            );
        }
        assert_eq!(
            secrets(&["", SECRET]).verify(&signed_with_nothing, b"{}"),
            Err(Refused::Mismatch)
        );
    }

    #[test]
    fn i21_secrets_are_never_printed() {
        assert_eq!(format!("{:?}", secrets(&[SECRET, "b"])), "Secrets(2 set)");
    }

    proptest! {
        #[test]
        fn no_other_signature_is_believed(body in any::<Vec<u8>>(), signature in any::<[u8; 32]>()) {
            let header = headers(&[("x-gitea-signature", &hex::encode(signature))]);
            prop_assert_eq!(secrets(&[SECRET]).verify(&header, &body), Err(Refused::Mismatch));
        }
    }
}
