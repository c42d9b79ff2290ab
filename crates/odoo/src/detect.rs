use crate::answer;
use crate::error::{OdooError, ProtocolMismatch};
use crate::http::Http;
use crate::jsonrpc;
use crate::version::{OLDEST, Version};
use crate::versions::Capability;
use gatehouse_core::Protocol;
use serde::Deserialize;
use serde_json::Value;

/// The most memory that a server's word about its version may take, in bytes.
const MAX_VERSION: u64 = 64 * 1024;

#[derive(Deserialize)]
struct ServerVersion {
    version: String,
    #[serde(default)]
    version_info: Value,
}

/// Asks a server for its version: `GET /web/version`, which 19 and later have, else `common.version` over `/jsonrpc`. Sends
/// no credential.
pub(crate) async fn version(http: &Http) -> Result<Version, OdooError> {
    let first = match http.get("/web/version").await {
        Ok(answer) if answer.status.is_success() => {
            let told = answer::value(&answer.body, MAX_VERSION).ok();
            if let Some(version) =
                told.and_then(|told| ServerVersion::deserialize(told).ok()).and_then(|found| found.read())
            {
                return Ok(version);
            }
            None
        }
        Ok(_) => None,
        Err(error @ (OdooError::Redirected { .. } | OdooError::NotOdoo { .. } | OdooError::TooLarge { .. })) => {
            Some(error)
        }
        Err(error) => return Err(error),
    };
    match jsonrpc::version(http, None).await {
        Ok(answer) => {
            let info = answer.get("server_version_info").and_then(Version::from_info);
            let text = answer.get("server_version").and_then(Value::as_str);
            info.or_else(|| text.and_then(Version::parse)).ok_or_else(|| OdooError::NotOdoo {
                host: http.host().to_owned(),
                what: "it names no version of Odoo".to_owned(),
            })
        }
        Err(second) => Err(match (first, second) {
            (Some(first @ OdooError::Redirected { .. }), _) => first,
            (_, OdooError::NoApi { host, .. }) => {
                OdooError::NotOdoo { host, what: "it has neither /web/version nor /jsonrpc".to_owned() }
            }
            (_, second) => second,
        }),
    }
}

impl ServerVersion {
    fn read(&self) -> Option<Version> {
        Version::from_info(&self.version_info).or_else(|| Version::parse(&self.version))
    }
}

/// Chooses how to talk: JSON-2 from 19 on with an API key, else JSON-RPC; or what the person chose, where it can be.
/// Never answers [`Protocol::Auto`].
pub(crate) fn protocol(version: Version, has_key: bool, wanted: Protocol) -> Result<Protocol, ProtocolMismatch> {
    if version < OLDEST {
        return Err(ProtocolMismatch::TooOld(version.to_string()));
    }
    match wanted {
        Protocol::Json2 if !has_key => Err(ProtocolMismatch::PasswordOnJson2),
        Protocol::Json2 if !version.can(Capability::Json2) => Err(ProtocolMismatch::NoJson2(version.to_string())),
        Protocol::Json2 => Ok(Protocol::Json2),
        Protocol::Auto if has_key && version.can(Capability::Json2) => Ok(Protocol::Json2),
        Protocol::Auto | Protocol::JsonRpc if !version.can(Capability::JsonRpc) => {
            Err(ProtocolMismatch::NoJsonRpc(version.to_string()))
        }
        Protocol::Auto | Protocol::JsonRpc => Ok(Protocol::JsonRpc),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(version: &str, has_key: bool, wanted: Protocol) -> Result<Protocol, ProtocolMismatch> {
        protocol(Version::parse(version).unwrap(), has_key, wanted)
    }

    #[test]
    fn json_2_is_taken_from_19_on_with_a_key_and_json_rpc_otherwise() {
        assert_eq!(chosen("19.0", true, Protocol::Auto), Ok(Protocol::Json2));
        assert_eq!(chosen("19.0", false, Protocol::Auto), Ok(Protocol::JsonRpc));
        assert_eq!(chosen("saas~18.4", true, Protocol::Auto), Ok(Protocol::JsonRpc));
        assert_eq!(chosen("19.0", true, Protocol::JsonRpc), Ok(Protocol::JsonRpc));
        assert_eq!(chosen("14.0", true, Protocol::Auto), Ok(Protocol::JsonRpc));
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_reason() {
        assert!(matches!(chosen("13.0", true, Protocol::Auto), Err(ProtocolMismatch::TooOld(_))));
        assert!(matches!(chosen("19.0", false, Protocol::Json2), Err(ProtocolMismatch::PasswordOnJson2)));
        assert!(matches!(chosen("18.0", true, Protocol::Json2), Err(ProtocolMismatch::NoJson2(_))));
        assert!(matches!(chosen("22.0", false, Protocol::Auto), Err(ProtocolMismatch::NoJsonRpc(_))));
        assert!(matches!(chosen("22.0", true, Protocol::JsonRpc), Err(ProtocolMismatch::NoJsonRpc(_))));
    }
}
