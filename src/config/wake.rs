//! Reading the secrets, and whether anything would wake the bot.

use super::{
    Config, Environment, Mistake, Mistakes, Origin, SecretSource, Secrets, origin::Placed,
};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

impl Config {
    /// Whether anything wakes the bot: a webhook or a sweep.
    #[must_use]
    pub const fn wakes(&self) -> bool {
        self.sweep.every.is_some() || !self.webhook.secrets.is_empty()
    }

    /// Reads everything that `serve` needs.
    ///
    /// # Errors
    /// Every secret that is missing, empty or unreadable; and nothing would wake the bot.
    pub fn resolve_secrets(&self, environment: &Environment) -> Result<Secrets, Mistakes> {
        let (tokens, mut mistakes) = self.read_tokens(environment);
        let (webhook, missing) = split(
            self.webhook
                .secrets
                .iter()
                .map(|(key, source)| read(key, source, environment)),
        );
        mistakes.extend(missing);
        let oauth = self.web.oauth.iter();
        let (oauth, missing) =
            split(oauth.map(|oauth| read(oauth.secret_key, &oauth.secret, environment)));
        mistakes.extend(missing);
        if !self.wakes() {
            mistakes.push(Mistake::new(
                Origin::Default,
                "",
                "No webhook secret and no sweep: nothing would wake the bot; set webhook.secret_env or webhook.secret_file, or sweep.every",
            ));
        }
        if mistakes.is_empty() {
            Ok(Secrets {
                tokens,
                webhook,
                oauth: oauth.into_iter().next(),
            })
        } else {
            Err(Mistakes::new(mistakes))
        }
    }

    /// Reads the webhook's secrets only, the newest first. Empty: no webhook is configured.
    ///
    /// # Errors
    /// Every secret that is missing, empty or unreadable.
    pub fn resolve_webhook_secrets(
        &self,
        environment: &Environment,
    ) -> Result<Vec<SecretString>, Mistakes> {
        let secrets = self.webhook.secrets.iter();
        let (secrets, missing) = split(secrets.map(|(key, source)| read(key, source, environment)));
        if missing.is_empty() {
            Ok(secrets)
        } else {
            Err(Mistakes::new(missing))
        }
    }

    /// The file that holds, or is to hold, the newest of the webhook's secrets. `None`: it is in a
    /// variable, or nowhere.
    #[must_use]
    pub fn webhook_secret_file(&self) -> Option<PathBuf> {
        let (_, source) = self.webhook.secrets.first()?;
        match &source.value {
            SecretSource::File(path) => Some(path.clone()),
            SecretSource::Variable(_) => None,
        }
    }

    /// Reads the tokens only, in the order of the identities: what `check` needs.
    ///
    /// # Errors
    /// Every token that is missing, empty or unreadable.
    pub fn resolve_tokens(&self, environment: &Environment) -> Result<Vec<SecretString>, Mistakes> {
        let (tokens, mistakes) = self.read_tokens(environment);
        if mistakes.is_empty() {
            Ok(tokens)
        } else {
            Err(Mistakes::new(mistakes))
        }
    }

    fn read_tokens(&self, environment: &Environment) -> (Vec<SecretString>, Vec<Mistake>) {
        split(self.identities.iter().map(|identity| {
            let token = read(&identity.token_key, &identity.token, environment)?;
            // It becomes a header: anything else would fail later, and less clearly.
            if token.expose_secret().bytes().all(|byte| byte.is_ascii_graphic()) {
                return Ok(token);
            }
            let says = format!("{} holds something that is not a token: blanks, several lines or letters beyond ASCII", identity.token.value);
            Err(Mistake::new(identity.token.origin.clone(), identity.token_key.as_str(), says))
        }))
    }
}

fn read(
    key: &str,
    source: &Placed<SecretSource>,
    environment: &Environment,
) -> Result<SecretString, Mistake> {
    source
        .value
        .read(environment)
        .map_err(|says| Mistake::new(source.origin.clone(), key, says))
}

fn split<T>(results: impl Iterator<Item = Result<T, Mistake>>) -> (Vec<T>, Vec<Mistake>) {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for result in results {
        match result {
            Ok(value) => right.push(value),
            Err(mistake) => wrong.push(mistake),
        }
    }
    (right, wrong)
}
