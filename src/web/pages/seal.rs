//! Signed cookies.
//!
//! The crate for them (`axum-extra` with `cookie`) brings second versions of `hmac`, `sha2` and `rand`,
//! and what is needed of it is below. **Invariant:** the key is made when the process starts and
//! leaves it nowhere, so a restart signs everybody out.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use rand::{TryRngCore as _, rngs::OsRng};
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::Sha256;
use std::time::Duration;

/// Signs what browsers keep for us.
#[derive(Debug)]
pub(super) struct Seal {
    key: SecretSlice<u8>,
    /// Whether cookies are for TLS alone.
    secure: bool,
    /// Which paths they are for.
    path: String,
}

/// A word that nobody can guess. `None`: the system has no random bytes.
pub(super) fn random() -> Option<String> {
    let mut bytes = [0; 32];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

impl Seal {
    /// With a key of its own. `None`: the system has no random bytes.
    pub(super) fn new(secure: bool, below: &str) -> Option<Self> {
        let key = random()?.into_bytes();
        Some(Self {
            key: key.into(),
            secure,
            path: format!("{below}/"),
        })
    }

    /// A cookie of that name that holds this value.
    pub(super) fn cookie(
        &self,
        name: &str,
        value: &str,
        good_for: Duration,
    ) -> Option<HeaderValue> {
        let signature = self.sign(name, value)?;
        self.set(name, &format!("{value}.{signature}"), good_for.as_secs())
    }

    /// Takes a cookie back.
    pub(super) fn no_cookie(&self, name: &str) -> Option<HeaderValue> {
        self.set(name, "", 0)
    }

    /// What the cookie of that name holds, if we have signed it.
    pub(super) fn read(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name = self.full(name);
        let cookies = headers.get_all(header::COOKIE).into_iter();
        let texts = cookies.filter_map(|cookies| cookies.to_str().ok());
        let mut pairs = texts.flat_map(|text| text.split(';'));
        pairs.find_map(|pair| {
            let value = pair.trim().strip_prefix(name.as_str())?.strip_prefix('=')?;
            let (value, signature) = value.rsplit_once('.')?;
            self.holds(&name, value, signature)
                .then(|| value.to_owned())
        })
    }

    /// A word that only we can say about a value, and only for this purpose.
    pub(super) fn sign(&self, purpose: &str, value: &str) -> Option<String> {
        let mac = self.mac(&self.full(purpose), value)?;
        Some(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// Whether we have said it.
    pub(super) fn is_signed(&self, purpose: &str, value: &str, signature: &str) -> bool {
        self.holds(&self.full(purpose), value, signature)
    }

    fn holds(&self, full: &str, value: &str, signature: &str) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else {
            return false;
        };
        let mac = self.mac(full, value);
        mac.is_some_and(|mac| mac.verify_slice(&signature).is_ok())
    }

    fn mac(&self, full: &str, value: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose_secret()).ok()?;
        mac.update(full.as_bytes());
        mac.update(b"=");
        mac.update(value.as_bytes());
        Some(mac)
    }

    fn set(&self, name: &str, value: &str, seconds: u64) -> Option<HeaderValue> {
        let (name, path) = (self.full(name), &self.path);
        let secure = if self.secure { "; Secure" } else { "" };
        let text = format!(
            "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
        );
        let mut cookie = HeaderValue::from_str(&text).ok()?;
        cookie.set_sensitive(true);
        Some(cookie)
    }

    /// With the prefix by which browsers see to it that no neighbouring host sets it.
    fn full(&self, name: &str) -> String {
        if self.secure && self.path == "/" {
            format!("__Host-refire-{name}")
        } else {
            format!("refire-{name}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(set: &HeaderValue) -> HeaderMap {
        let pair = set.to_str().unwrap().split(';').next().unwrap();
        let cookies = format!("other=1; {pair}");
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&cookies).unwrap())])
    }

    #[test]
    fn what_was_signed_is_read_and_nothing_else() {
        let seal = Seal::new(true, "").unwrap();
        let set = seal
            .cookie("session", "abc", Duration::from_secs(9))
            .unwrap();
        assert!(
            set.to_str()
                .unwrap()
                .ends_with("; Path=/; Max-Age=9; HttpOnly; SameSite=Lax; Secure")
        );
        assert_eq!(seal.read(&sent(&set), "session").as_deref(), Some("abc"));
        assert_eq!(seal.read(&sent(&set), "sign-in"), None);
        let other = Seal::new(true, "").unwrap();
        assert_eq!(other.read(&sent(&set), "session"), None);
        let forged = HeaderValue::from_str(&set.to_str().unwrap().replace("abc", "abd")).unwrap();
        assert_eq!(seal.read(&sent(&forged), "session"), None);
    }

    #[test]
    fn a_signature_is_for_one_purpose() {
        let seal = Seal::new(false, "/refire").unwrap();
        let word = seal.sign("logout", "abc").unwrap();
        assert!(seal.is_signed("logout", "abc", &word));
        assert!(!seal.is_signed("session", "abc", &word));
        assert!(!seal.is_signed("logout", "abd", &word));
        assert!(!seal.is_signed("logout", "abc", ""));
    }
}
