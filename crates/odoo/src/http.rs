use crate::address::{self, Address};
use crate::error::{Lost, OdooError, Unreachable};
use crate::tls::{self, CertificateProblem, causes};
use crate::transport::Kind;
use gatehouse_core::Tls;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Request, Response, StatusCode, Url};
use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// How much and how long Gatehouse reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest answer, in bytes after decompression.
    pub body: u64,
    /// How long a read may take in all, retries included.
    pub read: Duration,
    /// How long a write may take.
    pub write: Duration,
    /// How long a line may take to be set up; at most the call's own time.
    pub connect: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 * 1024 * 1024,
            read: Kind::Read.deadline(),
            write: Kind::Write.deadline(),
            connect: Duration::from_secs(10),
        }
    }
}

impl Limits {
    const fn of(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Read => self.read,
            Kind::Write => self.write,
        }
    }
}

/// How often a read is sent again.
const RETRIES: u32 = 2;
/// The wait before the first retry where the server names none; doubled for the next.
const BACKOFF: Duration = Duration::from_millis(400);
/// Lines are kept this long; most servers and proxies keep them for a minute, so a write seldom meets a dead one.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// The HTTP side of one connection: its pool of lines, its certificate rules, its limits. Sends nothing anywhere but to
/// its own origin.
pub(crate) struct Http {
    client: reqwest::Client,
    address: Address,
    limits: Limits,
}

impl Http {
    /// A pool for this origin. Opens no line yet.
    pub(crate) fn new(origin: &str, tls: &Tls, limits: Limits) -> Result<Self, OdooError> {
        let address = address::parse(origin)?;
        let tls = if address.secure { tls::client_config(tls)? } else { tls::no_tls_config()? };
        let mut client = reqwest::Client::builder()
            .user_agent(concat!("Gatehouse/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(limits.connect)
            .pool_idle_timeout(KEEP_ALIVE)
            .tcp_nodelay(true);
        // Without TLS whoever names the proxy would read the credential; a variable of the environment could.
        if address.is_loopback || !address.secure {
            client = client.no_proxy();
        }
        let client = client.build().map_err(|error| OdooError::Setup(words(&error)))?;
        Ok(Self { client, address, limits })
    }

    /// Host and port, for messages.
    pub(crate) fn host(&self) -> &str {
        self.address.authority()
    }

    /// A GET without a credential.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, OdooError> {
        let request = Request::new(reqwest::Method::GET, self.url(path)?);
        self.exchange(request, Kind::Read, None).await
    }

    /// A POST of JSON. The headers may hold a credential; `path` is percent-encoded by the caller.
    pub(crate) async fn post(
        &self,
        path: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        kind: Kind,
        deadline: Option<Duration>,
    ) -> Result<Answer, OdooError> {
        let mut request = Request::new(reqwest::Method::POST, self.url(path)?);
        *request.headers_mut() = headers;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
        self.exchange(request, kind, deadline).await
    }

    fn url(&self, path: &str) -> Result<Url, OdooError> {
        Url::parse(&format!("{}{path}", self.address.origin))
            .map_err(|_| OdooError::InvalidRequest("its path is not one"))
    }

    async fn exchange(&self, request: Request, kind: Kind, deadline: Option<Duration>) -> Result<Answer, OdooError> {
        let within = deadline.unwrap_or_else(|| self.limits.of(kind));
        let until = Instant::now() + within;
        if kind == Kind::Write {
            return self.attempt(request, kind, within, until).await;
        }
        let mut wait = BACKOFF;
        for _ in 0..RETRIES {
            let Some(copy) = request.try_clone() else {
                break;
            };
            let outcome = self.attempt(copy, kind, within, until).await;
            let pause = match &outcome {
                Ok(answer) if answer.is_passing() => answer.retry_after.unwrap_or(wait),
                // A kept line that the server had closed in the meantime.
                Err(OdooError::Interrupted { .. }) => Duration::ZERO,
                _ => return outcome,
            };
            if Instant::now() + pause >= until {
                return outcome;
            }
            sleep(pause).await;
            wait *= 2;
        }
        self.attempt(request, kind, within, until).await
    }

    async fn attempt(
        &self,
        request: Request,
        kind: Kind,
        within: Duration,
        until: Instant,
    ) -> Result<Answer, OdooError> {
        let exchange = async {
            let response = self.client.execute(request).await.map_err(|error| self.not_answered(&error, kind))?;
            if response.status().is_redirection() {
                return Err(self.redirected(&response));
            }
            self.read(response, kind).await
        };
        timeout_at(until, exchange).await.unwrap_or_else(|_| {
            Err(match kind {
                Kind::Read => OdooError::TimedOut { host: self.host().to_owned(), within },
                Kind::Write => OdooError::OutcomeUnknown { cause: Lost::TimedOut },
            })
        })
    }

    async fn read(&self, mut response: Response, kind: Kind) -> Result<Answer, OdooError> {
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(seconds);
        let announced = response.content_length().unwrap_or(0);
        if announced > self.limits.body {
            return Err(self.too_large(kind));
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    if (body.len() + chunk.len()) as u64 > self.limits.body {
                        return Err(self.too_large(kind));
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => {
                    return Ok(Answer { status, retry_after, body });
                }
                Err(_) => return Err(self.interrupted(kind)),
            }
        }
    }

    fn too_large(&self, kind: Kind) -> OdooError {
        match kind {
            Kind::Read => OdooError::TooLarge { limit: self.limits.body },
            Kind::Write => OdooError::OutcomeUnknown { cause: Lost::TooLarge },
        }
    }

    fn interrupted(&self, kind: Kind) -> OdooError {
        match kind {
            Kind::Read => OdooError::Interrupted { host: self.host().to_owned() },
            Kind::Write => OdooError::OutcomeUnknown { cause: Lost::Interrupted },
        }
    }

    /// What it means that no answer began: nothing was sent when the line could not be set up; else nobody knows.
    fn not_answered(&self, error: &reqwest::Error, kind: Kind) -> OdooError {
        let host = || self.host().to_owned();
        if let Some(problem) = CertificateProblem::behind(error) {
            OdooError::Certificate { host: host(), problem }
        } else if error.is_connect() {
            OdooError::Unreachable { host: host(), cause: self.unreachable(error) }
        } else if error.is_builder() {
            OdooError::InvalidRequest("it is not valid HTTP")
        } else {
            self.interrupted(kind)
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Unreachable {
        if error.is_timeout() {
            return Unreachable::TimedOut;
        }
        for cause in causes(error) {
            if cause.is::<rustls::Error>() {
                return Unreachable::TlsFailed;
            }
            if let Some(io) = cause.downcast_ref::<std::io::Error>() {
                match of_io(io.kind()) {
                    Unreachable::Other => {}
                    known => return known,
                }
            }
            let text = cause.to_string();
            if text.contains("dns error") {
                return Unreachable::NameNotFound;
            }
            if text.contains("tunnel") || text.contains("proxy") {
                return Unreachable::Proxy;
            }
        }
        if self.address.secure { Unreachable::TlsFailed } else { Unreachable::Other }
    }

    fn redirected(&self, response: &Response) -> OdooError {
        let target = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
        let to = target
            .and_then(|location| response.url().join(location).ok())
            .map(|url| url.origin().ascii_serialization())
            .filter(|origin| *origin != self.address.origin)
            .unwrap_or_else(|| "another page of its own".to_owned());
        OdooError::Redirected { host: self.host().to_owned(), to }
    }
}

/// What the kind of a system error says about a line that could not be set up.
pub(crate) fn of_io(kind: ErrorKind) -> Unreachable {
    match kind {
        ErrorKind::ConnectionRefused => Unreachable::Refused,
        ErrorKind::TimedOut => Unreachable::TimedOut,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => Unreachable::NoRoute,
        _ => Unreachable::Other,
    }
}

/// `Retry-After` in seconds; a date, which no Odoo and no usual proxy sends, counts as absent.
fn seconds(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

fn words(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(String::new, ToString::to_string)
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("origin", &self.address.origin).finish_non_exhaustive()
    }
}

/// A complete answer, of whatever kind.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Whether a read is worth another try.
    fn is_passing(&self) -> bool {
        matches!(self.status.as_u16(), 429 | 502 | 503 | 504)
    }

    /// Whether the body begins like JSON; anything else is a web page or a proxy's text.
    pub(crate) fn looks_like_json(&self) -> bool {
        self.body.iter().find(|byte| !byte.is_ascii_whitespace()).is_some_and(|byte| !matches!(byte, b'<' | b'>'))
            && !self.body.is_empty()
    }
}
