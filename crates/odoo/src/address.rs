//! Addresses as people type and paste them.

use crate::{Capability, Version};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// Where an Odoo server is, taken from whatever a person pasted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Scheme, host and port, without path: `https://acme.odoo.com`, `http://[::1]:8069`.
    pub origin: String,
    /// The host alone, lower case, without brackets: `acme.odoo.com`, `::1`.
    pub host: String,
    /// The port, also where it is the scheme's own.
    pub port: u16,
    /// It is reached through TLS.
    pub secure: bool,
    /// The database, when the address names one (`?db=acme`) or an Odoo host implies it (`acme.odoo.com` → `acme`).
    pub database: Option<String>,
    /// The server is on this machine.
    pub is_loopback: bool,
}

impl Address {
    /// Host, and the port where it is not the scheme's own; to be shown large.
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or(self.origin.as_str(), |(_, authority)| authority)
    }

    /// A name to start from: the first label of the host, or all of an IP address.
    pub fn short_name(&self) -> &str {
        if self.host.parse::<IpAddr>().is_ok() {
            return &self.host;
        }
        let host = self.host.strip_prefix("www.").unwrap_or(&self.host);
        host.split('.').next().unwrap_or(host)
    }
}

/// Why a text is no address that Gatehouse connects to. Never repeats a secret that stood in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nothing was given.
    #[error("Enter the address of the Odoo server, as it stands in the browser: https://acme.odoo.com.")]
    Empty,
    /// It is not an address at all.
    #[error("This is not a web address. It should look like https://acme.odoo.com or odoo.example.com:8069.")]
    Malformed,
    /// An e-mail address.
    #[error("This looks like an e-mail address. Enter the address of the Odoo server here, and the login below.")]
    Email,
    /// Some other scheme.
    #[error("Gatehouse connects to https:// (or http:// on this machine or network), not to {scheme}:.")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// A user, password, key or token stands in the address.
    #[error(
        "The address holds a user name, password or key. Remove it there; the secret has its own field, from which it \
         goes to the keyring. What stood in an address may be in a browser's history: make a new key if it was one."
    )]
    Secret,
    /// Plain http to a host that is not on this machine or network.
    #[error(
        "http:// would send the key in the clear to {host}. Use https://{host}; plain http is for this machine and \
         private networks only."
    )]
    PlainHttp {
        /// The host.
        host: String,
    },
}

/// Reads an address: with or without scheme and path, with a port, IPv6, blanks around it, any case.
///
/// Without a scheme it is `https`, except on this machine and in private networks, where it is `http` unless the port is
/// 443 or 8443.
///
/// # Errors
/// What is no address, has another scheme, holds a secret, or is plain `http` to a public host.
pub fn parse(text: &str) -> Result<Address, AddressError> {
    let text =
        text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'' | '\u{200b}' | '\u{feff}'));
    if text.is_empty() {
        return Err(AddressError::Empty);
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err(AddressError::Malformed);
    }
    let url = with_scheme(text)?;
    if !url.username().is_empty() || url.password().is_some() || holds_secret(&url) {
        return Err(AddressError::Secret);
    }
    let host = url.host().ok_or(AddressError::Malformed)?;
    let place = Place::of(&host);
    let (name, bare) = match &host {
        Host::Domain(name) => (name.trim_end_matches('.').to_owned(), name.trim_end_matches('.').to_owned()),
        Host::Ipv4(ip) => (ip.to_string(), ip.to_string()),
        Host::Ipv6(ip) => (format!("[{ip}]"), ip.to_string()),
    };
    if name.is_empty() {
        return Err(AddressError::Malformed);
    }
    let secure = url.scheme() == "https";
    if !secure && place == Place::Public {
        return Err(AddressError::PlainHttp { host: name });
    }
    let port = url.port_or_known_default().filter(|port| *port != 0).ok_or(AddressError::Malformed)?;
    let origin = match url.port() {
        Some(port) => format!("{}://{name}:{port}", url.scheme()),
        None => format!("{}://{name}", url.scheme()),
    };
    let database = named_database(&url).or_else(|| implied_database(&bare));
    Ok(Address { origin, host: bare, port, secure, database, is_loopback: place == Place::Loopback })
}

/// The page of that Odoo where a person makes an API key.
///
/// Where the fact comes from: the *My Preferences* page has an address of its own only from 19 on (the action
/// `mail.action_res_users_my_fullpage` has the path `my-preferences`, and Odoo itself links to
/// `/odoo/my-preferences/<user id>`; without the id the form would be that of a new user). Everywhere else, and before the
/// user is known, `/web` opens the app in every version; see [`api_key_steps`] for the way from there.
pub fn api_key_page(origin: &str, version: Option<Version>, uid: Option<i64>) -> String {
    match (version, uid) {
        (Some(version), Some(uid)) if version.can(Capability::PreferencesPage) => {
            format!("{origin}/odoo/my-preferences/{uid}")
        }
        _ => format!("{origin}/web"),
    }
}

/// The way to a new API key, in Odoo's own words for that version.
pub fn api_key_steps(version: Option<Version>) -> &'static str {
    match version {
        Some(version) if version.can(Capability::PreferencesPage) => {
            "In Odoo: your picture at the top right → My Preferences → Security → Add API Key."
        }
        Some(_) => {
            "In Odoo: your picture at the top right → My Profile or Preferences → Account Security → New API Key."
        }
        None => "In Odoo: your picture at the top right → Preferences → Security → New API Key.",
    }
}

fn with_scheme(text: &str) -> Result<Url, AddressError> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return with_scheme(&format!("[{text}]"));
    }
    let text = text.trim_start_matches("//");
    if let Some((scheme, rest)) = text.split_once(':') {
        let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let is_port = rest.starts_with(|c: char| c.is_ascii_digit()) && !rest.starts_with("//");
        // `marc:secret@host` is no scheme; `https://marc:secret@host` is parsed and then refused for what it holds.
        if is_scheme && !is_port && (rest.starts_with("//") || !rest.contains('@')) {
            return match scheme.to_ascii_lowercase().as_str() {
                "http" | "https" => Url::parse(text).map_err(|_| AddressError::Malformed),
                _ => Err(AddressError::Scheme { scheme: scheme.to_owned() }),
            };
        }
    }
    let authority = text.split(['/', '?', '#']).next().unwrap_or(text);
    if authority.contains('@') {
        return Err(if authority.contains(':') { AddressError::Secret } else { AddressError::Email });
    }
    let url = Url::parse(&format!("https://{text}")).map_err(|_| AddressError::Malformed)?;
    let place = url.host().map_or(Place::Public, |host| Place::of(&host));
    if place == Place::Public || matches!(authority.rsplit_once(':'), Some((_, "443" | "8443"))) {
        return Ok(url);
    }
    Url::parse(&format!("http://{text}")).map_err(|_| AddressError::Malformed)
}

fn holds_secret(url: &Url) -> bool {
    const NAMES: [&str; 11] = [
        "api_key",
        "apikey",
        "key",
        "password",
        "passwd",
        "pwd",
        "token",
        "access_token",
        "auth_token",
        "secret",
        "signup_token",
    ];
    parameters(url).any(|(name, value)| !value.is_empty() && NAMES.contains(&name.to_ascii_lowercase().as_str()))
}

fn named_database(url: &Url) -> Option<String> {
    parameters(url).find(|(name, value)| name == "db" && !value.is_empty()).map(|(_, value)| value)
}

/// The parameters of the query and of an old web client's fragment (`/web#action=94&db=acme`).
fn parameters(url: &Url) -> impl Iterator<Item = (String, String)> {
    let fragment = url.fragment().unwrap_or_default().trim_start_matches('?').as_bytes();
    url.query_pairs()
        .chain(url::form_urlencoded::parse(fragment))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
}

/// On Odoo Online and Odoo.sh the database is named like the subdomain, unless it was renamed or duplicated.
fn implied_database(host: &str) -> Option<String> {
    let labels = host.strip_suffix(".odoo.com")?;
    let first = labels.split('.').next()?;
    (!first.is_empty() && first != "www").then(|| first.to_owned())
}

/// How far away a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Loopback,
    Private,
    Public,
}

impl Place {
    fn of(host: &Host<impl AsRef<str>>) -> Self {
        match host {
            Host::Ipv4(ip) => Self::of_ipv4(*ip),
            Host::Ipv6(ip) => Self::of_ipv6(*ip),
            Host::Domain(name) => Self::of_name(name.as_ref().trim_end_matches('.')),
        }
    }

    fn of_ipv4(ip: Ipv4Addr) -> Self {
        if ip.is_loopback() {
            Self::Loopback
        } else if ip.is_private() || ip.is_link_local() {
            Self::Private
        } else {
            Self::Public
        }
    }

    fn of_ipv6(ip: Ipv6Addr) -> Self {
        if let Some(ip) = ip.to_ipv4_mapped() {
            Self::of_ipv4(ip)
        } else if ip.is_loopback() {
            Self::Loopback
        } else if ip.is_unique_local() || ip.is_unicast_link_local() {
            Self::Private
        } else {
            Self::Public
        }
    }

    fn of_name(name: &str) -> Self {
        if name == "localhost" || name.ends_with(".localhost") {
            Self::Loopback
        } else if !name.contains('.')
            || [".local", ".lan", ".internal", ".home.arpa"].iter().any(|end| name.ends_with(end))
        {
            Self::Private
        } else {
            Self::Public
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> String {
        parse(text).map_or_else(|error| format!("{error:?}"), |address| address.origin)
    }

    fn database(text: &str) -> Option<String> {
        parse(text).unwrap().database
    }

    #[test]
    fn whatever_people_paste_becomes_an_origin() {
        for (text, expected) in [
            ("https://acme.odoo.com/odoo?db=acme", "https://acme.odoo.com"),
            ("https://acme.odoo.com/web#action=94&model=res.partner&view_type=list", "https://acme.odoo.com"),
            ("  HTTPS://Acme.ODOO.com/web/login?db=Acme  ", "https://acme.odoo.com"),
            ("acme.odoo.com", "https://acme.odoo.com"),
            ("acme.odoo.com.", "https://acme.odoo.com"),
            ("//acme.odoo.com/web", "https://acme.odoo.com"),
            ("https:/acme.odoo.com", "https://acme.odoo.com"),
            ("https://acme.odoo.com:443/odoo", "https://acme.odoo.com"),
            ("odoo.example.com:8069", "https://odoo.example.com:8069"),
            ("localhost:8069/web", "http://localhost:8069"),
            ("localhost", "http://localhost"),
            ("localhost:8443", "https://localhost:8443"),
            ("127.0.0.1:8069", "http://127.0.0.1:8069"),
            ("::1", "http://[::1]"),
            ("[::1]:8069", "http://[::1]:8069"),
            ("http://192.168.1.20:8069/web", "http://192.168.1.20:8069"),
            ("odoo.lan", "http://odoo.lan"),
            ("https://odoo.lan", "https://odoo.lan"),
            ("http://erp/web", "http://erp"),
            ("<https://acme.odoo.com>", "https://acme.odoo.com"),
            ("https://müller.example", "https://xn--mller-kva.example"),
        ] {
            assert_eq!(origin(text), expected, "{text}");
        }
    }

    #[test]
    fn plain_http_goes_to_this_machine_and_private_networks_only() {
        for text in
            ["http://acme.odoo.com", "http://8.8.8.8", "http://[2001:db8::1]:8069", "http://erp.example.com:8069/web"]
        {
            assert!(matches!(parse(text), Err(AddressError::PlainHttp { .. })), "{text}");
        }
        for text in [
            "http://10.1.2.3",
            "http://172.16.0.1",
            "http://[fd00::1]",
            "http://odoo.internal",
            "http://printer.local",
            "http://erp",
        ] {
            assert!(parse(text).is_ok_and(|address| !address.is_loopback), "{text}");
        }
        for text in [
            "http://localhost",
            "http://127.8.9.1",
            "http://[::1]",
            "http://[::ffff:127.0.0.1]",
            "http://app.localhost:8069",
        ] {
            assert!(parse(text).is_ok_and(|address| address.is_loopback), "{text}");
        }
        // Looks private, is not.
        for text in
            ["http://127.0.0.1.example.com", "http://localhost.example.com", "http://172.32.0.1", "http://local"]
        {
            let address = parse(text);
            assert!(address.is_err() || !address.unwrap().is_loopback, "{text}");
        }
    }

    #[test]
    fn a_secret_in_an_address_is_refused_and_not_repeated() {
        for text in [
            "https://marc:s3cr3t-pw@acme.odoo.com",
            "https://marc@acme.odoo.com/web",
            "marc:s3cr3t-pw@acme.odoo.com",
            "https://acme.odoo.com/odoo?api_key=s3cr3t-pw",
            "https://acme.odoo.com/web#db=acme&token=s3cr3t-pw",
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error, AddressError::Secret, "{text}");
            assert!(!error.to_string().contains("s3cr3t") && !format!("{error:?}").contains("s3cr3t"));
        }
    }

    #[test]
    fn what_is_no_address_of_a_web_server_is_refused() {
        assert_eq!(parse("  "), Err(AddressError::Empty));
        assert_eq!(parse("marc@acme.com"), Err(AddressError::Email));
        for text in [
            "ftp://acme.odoo.com",
            "ftp://acme.odoo.com/@x",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ssh:acme",
            "data:text/html,x",
            "ws://acme.odoo.com",
        ] {
            assert!(matches!(parse(text), Err(AddressError::Scheme { .. })), "{text}: {:?}", parse(text));
        }
        for text in [
            "acme odoo com",
            "https://",
            "https://acme.odoo.com:99999",
            "http://localhost:0",
            "https://a\\b",
            "https://[::1",
            "?",
        ] {
            assert_eq!(parse(text), Err(AddressError::Malformed), "{text}");
        }
    }

    #[test]
    fn the_database_is_read_from_the_query_else_from_an_odoo_host() {
        assert_eq!(database("https://acme.odoo.com/odoo?db=acme-copy").as_deref(), Some("acme-copy"));
        assert_eq!(database("https://erp.example.com/web?debug=1#action=1&db=prod").as_deref(), Some("prod"));
        assert_eq!(database("https://acme.odoo.com").as_deref(), Some("acme"));
        assert_eq!(database("https://acme-main-123.dev.odoo.com").as_deref(), Some("acme-main-123"));
        assert_eq!(database("https://www.odoo.com"), None);
        assert_eq!(database("https://odoo.com"), None);
        assert_eq!(database("https://erp.example.com"), None);
        assert_eq!(database("https://acme.odoo.com.evil.example"), None);
    }

    #[test]
    fn labels_and_names_are_short() {
        let address = parse("https://acme.odoo.com/web").unwrap();
        assert_eq!((address.authority(), address.short_name(), address.port), ("acme.odoo.com", "acme", 443));
        let address = parse("[::1]:8069").unwrap();
        assert_eq!((address.authority(), address.short_name(), address.host.as_str()), ("[::1]:8069", "::1", "::1"));
    }

    #[test]
    fn the_page_for_a_key_is_the_preferences_where_odoo_has_an_address_for_them() {
        let v19 = Version::parse("19.0");
        assert_eq!(api_key_page("https://a.odoo.com", v19, Some(6)), "https://a.odoo.com/odoo/my-preferences/6");
        assert_eq!(api_key_page("https://a.odoo.com", v19, None), "https://a.odoo.com/web");
        assert_eq!(api_key_page("https://a.odoo.com", Version::parse("18.0"), Some(6)), "https://a.odoo.com/web");
    }
}
