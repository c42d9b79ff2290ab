use crate::error::OdooError;
use gatehouse_core::{Digest, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

/// What a server's certificate says about itself. Read without trusting it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// Whom it was made for: `CN=erp.example.com`.
    pub subject: String,
    /// Who signed it: `C=US, O=Let's Encrypt, CN=R11`.
    pub issuer: String,
    /// The host names and addresses it is for.
    pub names: Vec<String>,
    /// From when it is valid, in seconds since 1970.
    pub not_before: i64,
    /// Until when it is valid, in seconds since 1970.
    pub not_after: i64,
    /// The last day on which it is valid, `2027-02-19`.
    pub expires_on: String,
    /// It signed itself.
    pub is_self_signed: bool,
}

impl CertificateFacts {
    /// Reads a certificate in DER form.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = match certificate.subject_alternative_name() {
            Ok(Some(names)) => names.value.general_names.iter().filter_map(name).collect(),
            _ => Vec::new(),
        };
        Some(Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            names,
            not_before: certificate.validity().not_before.timestamp(),
            not_after: certificate.validity().not_after.timestamp(),
            expires_on: certificate.validity().not_after.to_datetime().date().to_string(),
            is_self_signed: certificate.subject() == certificate.issuer(),
        })
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|ip| std::net::Ipv4Addr::from(ip).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|ip| std::net::Ipv6Addr::from(ip).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// No authority that this computer trusts signed it.
    #[error("it was signed by itself or by an authority that this computer does not know.")]
    UnknownIssuer,
    /// It is over.
    #[error("it has expired.")]
    Expired,
    /// It has not begun.
    #[error("it is not valid yet; is this computer's clock right?")]
    NotYetValid,
    /// It is for other hosts.
    #[error("it was made for another host name.")]
    WrongName,
    /// Its authority took it back.
    #[error("its authority has revoked it.")]
    Revoked,
    /// Anything else.
    #[error("it is damaged or made for another purpose.")]
    Unusable,
}

impl CertificateProblem {
    /// What to do about it, for the person.
    pub fn fix(self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "If this is your own server, ask its administrator for the certificate (PEM) of the authority that signed \
                 it, or the server's own, and add it under TLS. If it is not, somebody may be listening in: do not go on."
            }
            Self::Expired => "The server's administrator has to renew it.",
            Self::NotYetValid => {
                "Check date and time of this computer; else the server's administrator has to look at it."
            }
            Self::WrongName => "Use the address that the certificate was made for, or have one made for this address.",
            Self::Revoked => "Do not go on; the server's administrator has to install a new one.",
            Self::Unusable => "The server's administrator has to install a certificate for web servers.",
        }
    }

    /// Finds the reason in the causes of an error; `None` when no certificate was to blame.
    pub(crate) fn behind(error: &(dyn Error + 'static)) -> Option<Self> {
        causes(error).find_map(|cause| match cause.downcast_ref::<rustls::Error>()? {
            rustls::Error::InvalidCertificate(reason) => Some(Self::from(reason)),
            _ => None,
        })
    }
}

impl From<&CertificateError> for CertificateProblem {
    fn from(reason: &CertificateError) -> Self {
        match reason {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::WrongName,
            CertificateError::Revoked => Self::Revoked,
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            // A self-made certificate that says it is an authority (what `openssl req -x509` makes).
            CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => Self::UnknownIssuer,
            _ => Self::Unusable,
        }
    }
}

/// An error and everything behind it, also through `io::Error`, which hides what it wraps.
pub(crate) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
        match error.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn Error + 'static)),
            None => error.source(),
        }
    }
    std::iter::successors(Some(error), |error| next(*error)).take(16)
}

/// How certificates are checked, by HTTP client and probe alike: the operating system's roots, the authorities given, and a
/// server certificate given as it is.
pub(crate) fn client_config(tls: &Tls) -> Result<ClientConfig, OdooError> {
    config(tls, None)
}

/// The same, keeping the server's certificate in `seen`, whether it was trusted or not.
pub(crate) fn watching_config(tls: &Tls, seen: Seen) -> Result<ClientConfig, OdooError> {
    config(tls, Some(seen))
}

/// A configuration for plain HTTP: nothing is trusted, and no roots are loaded.
pub(crate) fn no_tls_config() -> Result<ClientConfig, OdooError> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The certificate that a server showed, in DER form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Option<Vec<u8>>>>);

impl Seen {
    fn keep(&self, der: &[u8]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(der.to_vec());
    }

    /// What it says about itself.
    pub(crate) fn facts(&self) -> Option<CertificateFacts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_deref().and_then(CertificateFacts::read)
    }
}

fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, OdooError> {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| OdooError::Setup(error.to_string()))
}

fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()))
}

fn config(tls: &Tls, seen: Option<Seen>) -> Result<ClientConfig, OdooError> {
    let given = match tls {
        Tls::System => Vec::new(),
        Tls::CustomCa { pem } => certificates(pem)?,
    };
    let platform = if given.is_empty() {
        rustls_platform_verifier::Verifier::new(provider())
    } else {
        rustls_platform_verifier::Verifier::new_with_extra_roots(given.iter().cloned(), provider())
    }
    .map_err(|error| OdooError::BadAuthority(error.to_string()))?;
    let mut config = builder()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier { platform, given, seen }))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, OdooError> {
    let given = CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| OdooError::BadAuthority(error.to_string()))?;
    if given.is_empty() {
        return Err(OdooError::BadAuthority(
            "it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----).".to_owned(),
        ));
    }
    Ok(given)
}

/// What is trusted besides the system's authorities, for a person to decide on: each certificate with whom it says that it
/// was made for, and its SHA-256 fingerprint.
///
/// # Errors
/// [`OdooError::BadAuthority`] where it cannot be read; then nothing is trusted by it.
pub fn trusted_besides(tls: &Tls) -> Result<Vec<String>, OdooError> {
    let Tls::CustomCa { pem } = tls else { return Ok(Vec::new()) };
    let told = |der: CertificateDer<'_>| {
        let subject = CertificateFacts::read(&der).map_or_else(|| "unreadable".to_owned(), |facts| facts.subject);
        format!("{subject} (SHA-256 {})", Digest::of(&der))
    };
    Ok(certificates(pem)?.into_iter().map(told).collect())
}

/// The platform's verifier, and one thing more: a server's own certificate, given as it is, is trusted for the names and
/// the time it was made for. Small servers have no authority, and a certificate that signed itself is all their
/// administrator can hand out.
struct Verifier {
    platform: rustls_platform_verifier::Verifier,
    given: Vec<CertificateDer<'static>>,
    seen: Option<Seen>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(seen) = &self.seen {
            seen.keep(end_entity);
        }
        if self.given.iter().any(|given| given == end_entity) {
            return verify_given(end_entity, server_name, now);
        }
        self.platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.platform.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

fn verify_given(
    certificate: &CertificateDer<'_>,
    server_name: &ServerName<'_>,
    now: UnixTime,
) -> Result<ServerCertVerified, rustls::Error> {
    let facts = CertificateFacts::read(certificate).ok_or(CertificateError::BadEncoding)?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    if now < facts.not_before {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > facts.not_after {
        return Err(CertificateError::Expired.into());
    }
    rustls::client::verify_server_name(&ParsedCertificate::try_from(certificate)?, server_name)?;
    Ok(ServerCertVerified::assertion())
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("given", &self.given.len()).finish_non_exhaustive()
    }
}
