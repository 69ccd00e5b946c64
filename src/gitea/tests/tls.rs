//! Behind TLS: whose certificates are trusted, and what is said of others.

use super::stub::{identity, reply};
use crate::config::{Config, Environment};
use crate::gitea::{BuildError, ErrorKind, Gitea, Settings, Waits};
use crate::model::Outcome;
use axum::http::{HeaderMap, header::USER_AGENT};
use axum::{Router, serve::Listener};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::json;
use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// An authority of the tests' own.
fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

struct Tls {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for Tls {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else {
                continue;
            };
            // Whoever does not trust us ends the handshake.
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// A server for `name` whose certificate `authority` signed; gives its port.
async fn serve(authority: &CertifiedIssuer<'static, KeyPair>, name: &str) -> u16 {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    let chain = vec![CertificateDer::from(certificate)];
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let tls = Tls {
        tcp: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        acceptor: TlsAcceptor::from(Arc::new(config)),
    };
    let port = tls.tcp.local_addr().unwrap().port();
    let answers = Router::new().fallback(async |headers: HeaderMap| {
        let by = headers[USER_AGENT].to_str().unwrap();
        reply(200, &json!({"version": format!("1.26.3+{by}")}))
    });
    tokio::spawn(async move { axum::serve(tls, answers).await });
    port
}

fn client(port: u16, authorities: Option<PathBuf>) -> Result<Gitea, BuildError> {
    let base: reqwest::Url = format!("https://localhost:{port}").parse().unwrap();
    let settings = Settings {
        api: base.clone(),
        base,
        timeout: Duration::from_secs(20),
        user_agent: "refire/test".to_owned(),
        authorities,
        waits: Waits::default(),
    };
    Gitea::new(&settings, vec![identity("bot")])
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_and_said_so() {
    let port = serve(&authority(), "localhost").await;
    let gitea = client(port, None).unwrap();
    let error = gitea.session().fetch_version().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Untrusted);
    assert_eq!(error.evidence.outcome, Outcome::Untrusted);
    assert!(!error.maybe_performed());
}

#[tokio::test]
async fn a_private_authority_is_trusted_once_it_is_named() {
    let ours = authority();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.pem");
    // More than one may stand there.
    std::fs::write(&file, authority().pem() + &ours.pem()).unwrap();
    let gitea = client(serve(&ours, "localhost").await, Some(file.clone())).unwrap();
    let version = gitea.session().fetch_version().await.unwrap();
    assert_eq!(version.text, "1.26.3+refire/test");
    // Its certificate for another name is still none for this one.
    let gitea = client(serve(&ours, "elsewhere.example").await, Some(file)).unwrap();
    let error = gitea.session().fetch_version().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Untrusted);
}

/// From the keys of the configuration to the wire.
#[tokio::test]
async fn the_configured_authority_and_user_agent_are_those_of_every_call() {
    let ours = authority();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.pem");
    std::fs::write(&file, ours.pem()).unwrap();
    let port = serve(&ours, "localhost").await;
    let text = format!(
        "[forge]\nurl = \"https://localhost:{port}\"\nrepositories = [\"acme/*\"]\nca_file = {:?}\n\
         user_agent = \"acme-bot/2\"\n",
        file.display().to_string()
    );
    let environment = Environment::of([("REFIRE_TOKEN", "0f1e2d3c")]);
    let config = Config::from_toml(None, &text, &environment).unwrap();
    let secrets = config.resolve_secrets(&environment).unwrap();
    let gitea = crate::app::client(&config, &secrets.tokens).unwrap();
    let version = gitea.session().fetch_version().await.unwrap();
    assert_eq!(version.text, "1.26.3+acme-bot/2");
}

#[test]
fn a_file_without_certificates_is_refused_with_its_name() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("ca.pem");
    let told = |file: &PathBuf| client(443, Some(file.clone())).unwrap_err().to_string();
    let name = file.display().to_string();
    assert_eq!(
        told(&file),
        format!(
            "the certificates in {name} cannot be read: No such file or directory (os error 2)"
        )
    );
    std::fs::write(&file, "no certificate").unwrap();
    assert!(told(&file).starts_with(&format!("{name} holds no certificate")));
}
