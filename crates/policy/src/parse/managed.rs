//! An administrator's file: a policy, and what it pins of connections.

use super::pointer::At;
use super::{Parser, ROOT, parse};
use crate::json::{Node, Value};
use crate::outline::{EnvironmentPin, PinsOutline};
use crate::redact::is_match;
use crate::{Policy, PolicyProblem};
use gatehouse_core::{Environment, ToolDefinition};

/// An administrator's file.
#[derive(Debug, Clone, PartialEq)]
pub struct Managed {
    /// The policy of the layer `managed`.
    pub policy: Policy,
    /// What it pins.
    pub pins: Pins,
}

/// What an administrator pins of connections, by host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pins {
    environments: Vec<(HostPattern, Environment)>,
    allowed_hosts: Option<Vec<HostPattern>>,
}

/// `erp.acme.com`, `*.acme.com:8069`: `*` stands for any characters; without a port, any port.
#[derive(Debug, Clone, PartialEq, Eq)]
struct HostPattern {
    name: String,
    /// None for any.
    port: Option<String>,
}

impl Managed {
    /// Reads an administrator's file: a policy that may hold the key `pin` besides.
    pub fn parse(text: &str, tools: &[ToolDefinition]) -> Result<Self, Vec<PolicyProblem>> {
        parse(text, tools, |parser, root| {
            let [version, default, hide, all_tools, tools, redact] = ROOT;
            let known = [version, default, hide, all_tools, tools, redact, "pin"];
            let [version, default, hide, all_tools, tools, redact, pin] = parser.object(root, At::ROOT, known)?;
            let policy = parser.policy(root, [version, default, hide, all_tools, tools, redact]);
            let pins = pin.map_or_else(Pins::default, |node| parser.pins(node));
            Some(Self { policy, pins })
        })
    }
}

impl Pins {
    /// The environment of connections to this host, where one is pinned. `host` is `name` or `name:port`.
    pub fn environment(&self, host: &str) -> Option<Environment> {
        self.environments.iter().find(|(pattern, _)| pattern.matches(host)).map(|(_, environment)| *environment)
    }

    /// Whether connections to this host may be.
    pub fn allows(&self, host: &str) -> bool {
        self.allowed_hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|pattern| pattern.matches(host)))
    }

    /// The same as plain data.
    pub fn outline(&self) -> PinsOutline {
        let pin = |(pattern, environment): &(HostPattern, Environment)| EnvironmentPin {
            host: pattern.text(),
            environment: environment.as_str().to_owned(),
        };
        PinsOutline {
            environments: self.environments.iter().map(pin).collect(),
            allowed_hosts: self.allowed_hosts.as_ref().map(|hosts| hosts.iter().map(HostPattern::text).collect()),
        }
    }
}

impl HostPattern {
    fn parse(text: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._*[]:".contains(c);
        let (name, port) = split(text);
        let is_port = |port: &str| port == "*" || (port.parse::<u16>().is_ok() && !port.starts_with('+'));
        let sound = !name.is_empty() && text.len() <= 300 && text.chars().all(plain) && port.is_none_or(is_port);
        // More than one colon is an address of IPv6, which stands in brackets.
        let sound = sound && (!name.contains(':') || name.starts_with('['));
        sound.then(|| Self { name: name.to_owned(), port: port.filter(|port| *port != "*").map(str::to_owned) })
    }

    fn matches(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let (name, port) = split(&host);
        is_match(self.name.as_bytes(), name.as_bytes()) && (self.port.is_none() || self.port.as_deref() == port)
    }

    fn text(&self) -> String {
        self.port.as_ref().map_or_else(|| self.name.clone(), |port| format!("{}:{port}", self.name))
    }
}

/// Name and port of `name:port`, `name`, `[::1]:port` or `[::1]`.
fn split(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    }
}

impl Parser<'_> {
    fn pins(&mut self, node: &Node<'_>) -> Pins {
        let at = &At::ROOT.key("pin");
        let Some([environments, hosts]) = self.object(node, at, ["environments", "allowed_hosts"]) else {
            return Pins::default();
        };
        let environments = environments.map_or_else(Vec::new, |node| self.environments(node, &at.key("environments")));
        let allowed_hosts = hosts.map(|node| self.hosts(node, &at.key("allowed_hosts")));
        Pins { environments, allowed_hosts }
    }

    fn environments(&mut self, node: &Node<'_>, at: &At<'_>) -> Vec<(HostPattern, Environment)> {
        let mut pins = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            let at = &at.index(index);
            let Some([host, environment]) = self.object(item, at, ["host", "environment"]) else { continue };
            self.required(item, at, [("host", host), ("environment", environment)]);
            let host = host.and_then(|node| self.host(node, &at.key("host")));
            let environment = environment.and_then(|node| self.environment(node, &at.key("environment")));
            pins.extend(host.zip(environment));
        }
        pins
    }

    fn hosts(&mut self, node: &Node<'_>, at: &At<'_>) -> Vec<HostPattern> {
        let mut hosts = Vec::new();
        for (index, item) in self.list(node, at).iter().enumerate() {
            hosts.extend(self.host(item, &at.index(index)));
        }
        hosts
    }

    fn host(&mut self, node: &Node<'_>, at: &At<'_>) -> Option<HostPattern> {
        let pattern = match &node.value {
            Value::Text(text) => HostPattern::parse(text),
            _ => None,
        };
        if pattern.is_none() {
            let message = "A host is written like erp.acme.com, *.acme.com or localhost:8069, in lower case.";
            self.report(node, at, message);
        }
        pattern
    }

    fn environment(&mut self, node: &Node<'_>, at: &At<'_>) -> Option<Environment> {
        let all = [Environment::Production, Environment::Staging, Environment::Development];
        let known = match &node.value {
            Value::Text(word) => all.into_iter().find(|environment| environment.as_str() == word),
            _ => None,
        };
        if known.is_none() {
            self.report(node, at, "An environment is \"production\", \"staging\" or \"development\".");
        }
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_pattern_without_a_port_matches_any_port() {
        for (pattern, host, matches) in [
            ("erp.acme.com", "erp.acme.com", true),
            ("erp.acme.com", "erp.acme.com:8443", true),
            ("erp.acme.com", "ERP.acme.com", true),
            ("erp.acme.com", "erp.acme.com.evil.org", false),
            ("*.acme.com", "a.b.acme.com", true),
            ("*.acme.com", "acme.com", false),
            ("localhost:8069", "localhost:8069", true),
            ("localhost:8069", "localhost:8070", false),
            ("localhost:8069", "localhost", false),
            ("localhost:*", "localhost", true),
            ("[::1]:8069", "[::1]:8069", true),
            ("[::1]", "[::1]:8069", true),
            ("*", "anything.at.all:1", true),
        ] {
            assert_eq!(HostPattern::parse(pattern).unwrap().matches(host), matches, "{pattern} {host}");
        }
        for bad in ["", "Acme.com", "a b", "https://acme.com", "acme.com:", "acme.com:x", "a:b:c", ":80"] {
            assert!(HostPattern::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_first_pin_that_matches_counts_and_only_an_administrators_file_has_pins() {
        let text = r#"{"version": "1", "default": "allow", "pin": {
            "environments": [
                {"host": "test.acme.com", "environment": "staging"},
                {"host": "*.acme.com", "environment": "production"}],
            "allowed_hosts": ["*.acme.com"]}}"#;
        let pins = Managed::parse(text, &[]).unwrap().pins;
        assert_eq!(pins.environment("test.acme.com"), Some(Environment::Staging));
        assert_eq!(pins.environment("erp.acme.com:8069"), Some(Environment::Production));
        assert_eq!(pins.environment("example.org"), None);
        assert!(pins.allows("erp.acme.com") && !pins.allows("example.org"));
        assert_eq!(Pins::default().environment("x"), None);
        assert!(Pins::default().allows("x"));
        assert_eq!(Policy::parse(text, &[]).unwrap_err()[0].pointer, "/pin");
        let bad = r#"{"version": "1", "default": "deny", "pin": {"environments": [{"host": "A", "environment": "live"}], "allowed": []}}"#;
        let pointers: Vec<String> = Managed::parse(bad, &[]).unwrap_err().into_iter().map(|p| p.pointer).collect();
        assert_eq!(pointers, ["/pin/environments/0/host", "/pin/environments/0/environment", "/pin/allowed"]);
    }
}
