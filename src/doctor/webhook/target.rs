//! Where a hook points, and where one should.
//!
//! A proxy may stand before the bot, so a host name proves nothing; the path does, and an address
//! in numbers has to be the one that the bot listens on.

use std::net::{IpAddr, SocketAddr};
use url::{Host, Url};

/// Where the bot hears deliveries.
pub const PATH: &str = "/webhook";

/// Whether deliveries to this address reach the bot, as far as the address can tell.
#[must_use]
pub fn is_here(url: &str, listen: SocketAddr) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    url.path().ends_with(PATH) && may_be(&url, listen)
}

/// Whether they reach the bot's door but not its ear: right host and port, wrong path.
#[must_use]
pub fn misses(url: &str, listen: SocketAddr) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let ours = url.port_or_known_default() == Some(listen.port()) && listen.port() != 80;
    ours && may_be(&url, listen) && !url.path().ends_with(PATH)
}

fn may_be(url: &Url, listen: SocketAddr) -> bool {
    let ip: IpAddr = match url.host() {
        Some(Host::Ipv4(ip)) => ip.into(),
        Some(Host::Ipv6(ip)) => ip.into(),
        Some(Host::Domain(_)) => return true,
        None => return false,
    };
    // Another address may be a proxy's; the same machine's loopback cannot be.
    let ours = ip == listen.ip() || listen.ip().is_unspecified() || ip.is_loopback();
    !ours || listen.port() == 0 || url.port_or_known_default() == Some(listen.port())
}

/// The address that a hook made for the bot has to have. `None`: the bot listens on every address
/// of its machine, or on one that the forge cannot reach, and does not know what it is called.
#[must_use]
pub fn own(listen: SocketAddr, forge: &Url) -> Option<String> {
    let near = match forge.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let known = !listen.ip().is_unspecified() && listen.port() != 0;
    (known && (near || !listen.ip().is_loopback())).then(|| format!("http://{listen}{PATH}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_path_has_to_be_ours_and_an_address_in_numbers_too() {
        for (url, here) in [
            ("http://127.0.0.1:8087/webhook", true),
            ("http://127.0.0.1:9999/webhook", false),
            ("http://127.0.0.1:8087/hook", false),
            ("https://refire.example.org/webhook", true),
            ("https://example.org/refire/webhook", true),
            ("https://ci.example.org/hooks/build", false),
            ("not an address", false),
            ("http://10.0.0.9:80/webhook", true),
        ] {
            assert_eq!(is_here(url, listen("127.0.0.1:8087")), here, "{url}");
        }
        assert!(is_here("http://127.0.0.1:1/webhook", listen("127.0.0.1:0")));
    }

    #[test]
    fn the_door_without_the_ear_is_a_miss() {
        let at = listen("127.0.0.1:8087");
        assert!(misses("http://127.0.0.1:8087/", at));
        assert!(!misses("http://127.0.0.1:8087/webhook", at));
        assert!(!misses("http://127.0.0.1:1/", at));
    }

    #[test]
    fn its_own_address_is_said_only_where_the_forge_can_reach_it() {
        let near = Url::parse("http://localhost:3000/").unwrap();
        let far = Url::parse("https://git.example.org/").unwrap();
        let own = |at: &str, forge| own(listen(at), forge);
        let loopback = Some("http://127.0.0.1:8087/webhook".to_owned());
        assert_eq!(own("127.0.0.1:8087", &near), loopback);
        assert_eq!(own("127.0.0.1:8087", &far), None);
        assert_eq!(own("0.0.0.0:8087", &near), None);
        let lan = Some("http://10.0.0.2:8087/webhook".to_owned());
        assert_eq!(own("10.0.0.2:8087", &far), lan);
    }
}
