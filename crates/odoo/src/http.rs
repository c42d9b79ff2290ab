use crate::address::{self, Address};
use crate::error::{Lost, OdooError, Unreachable};
use crate::tls::{self, CertificateProblem, causes};
use crate::traffic::{HeldBack, Traffic};
use crate::transport::Kind;
use gatehouse_core::Tls;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Request, Response, StatusCode, Url};
use std::error::Error;
use std::fmt;
use std::io::ErrorKind;
use std::time::{Duration, SystemTime};
use tokio::time::{Instant, sleep, timeout_at};

/// How much and how long Gatehouse reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest answer, in bytes after decompression.
    pub body: u64,
    /// The most memory that the values of one answer may take, in bytes. A short text can stand for large values: a row of
    /// one field takes some ninety times its text.
    pub values: u64,
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
            // Together with the line's own buffers below 64 MiB; one file of 12 MB in base64 comes through.
            body: 16 * 1024 * 1024,
            values: 32 * 1024 * 1024,
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
/// The longest wait that is passed on; what a server asks for beyond it is nonsense.
const LONGEST_WAIT: Duration = Duration::from_hours(24);
/// From here on a body gets its room at once; the part that is not written to takes no memory.
const LARGE: usize = 1024 * 1024;

/// The HTTP side of one connection: its pool of lines, its certificate rules, its limits. Sends nothing anywhere but to
/// its own origin.
pub(crate) struct Http {
    client: reqwest::Client,
    address: Address,
    limits: Limits,
    traffic: Traffic,
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
        // Nothing on this machine drops a line without a word; a new one is cheaper without watching for it.
        if address.is_loopback {
            client = client.tcp_keepalive(None::<Duration>);
        }
        let client = client.build().map_err(|error| OdooError::Setup(words(&error)))?;
        let traffic = Traffic::to(&address.host);
        Ok(Self { client, address, limits, traffic })
    }

    /// How much memory the values of an answer may take, in bytes.
    pub(crate) const fn memory(&self) -> u64 {
        self.limits.values
    }

    /// Host and port, for messages.
    pub(crate) fn host(&self) -> &str {
        self.address.authority()
    }

    /// A GET without a credential.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer, OdooError> {
        let request = Request::new(reqwest::Method::GET, self.url(path)?);
        Box::pin(self.exchange(request, Kind::Read, None)).await
    }

    /// The same with headers that hold none.
    pub(crate) async fn page(&self, path: &str, headers: HeaderMap) -> Result<Answer, OdooError> {
        let mut request = Request::new(reqwest::Method::GET, self.url(path)?);
        *request.headers_mut() = headers;
        Box::pin(self.exchange(request, Kind::Read, None)).await
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
        Box::pin(self.exchange(request, kind, deadline)).await
    }

    fn url(&self, path: &str) -> Result<Url, OdooError> {
        Url::parse(&format!("{}{path}", self.address.origin))
            .map_err(|_| OdooError::InvalidRequest("its path is not one"))
    }

    async fn exchange(
        &self,
        mut request: Request,
        kind: Kind,
        deadline: Option<Duration>,
    ) -> Result<Answer, OdooError> {
        let within = deadline.unwrap_or_else(|| self.limits.of(kind));
        let until = Instant::now() + within;
        let mut wait = BACKOFF;
        let mut tries_left = if kind == Kind::Write { 0 } else { RETRIES };
        loop {
            let again = if tries_left == 0 { None } else { request.try_clone() };
            let outcome = self.attempt(request, kind, within, until, wait).await;
            let Some(again) = again else {
                return outcome;
            };
            let pause = match &outcome {
                Ok(answer) if answer.is_passing() => answer.retry_after.unwrap_or(wait),
                // A kept line that the server had closed in the meantime.
                Err(OdooError::Interrupted { .. }) => Duration::ZERO,
                _ => return outcome,
            };
            if pause >= until.saturating_duration_since(Instant::now()) {
                return outcome;
            }
            sleep(pause).await;
            (request, tries_left) = (again, tries_left - 1);
            wait *= 2;
        }
    }

    /// Sends it once, when its turn comes. A server that is asked too much gets a pause from all requests.
    async fn attempt(
        &self,
        request: Request,
        kind: Kind,
        within: Duration,
        until: Instant,
        wait: Duration,
    ) -> Result<Answer, OdooError> {
        let timed_out = || OdooError::TimedOut { host: self.host().to_owned(), within };
        let _slot = self.traffic.slot(until).await.map_err(|held| match (held, kind) {
            (HeldBack::Paused(rest), _) => OdooError::Busy { retry_after: Some(rest) },
            (HeldBack::Full, Kind::Read) => timed_out(),
            (HeldBack::Full, Kind::Write) => OdooError::Busy { retry_after: None },
        })?;
        let exchange = async {
            let response = self.client.execute(request).await.map_err(|error| self.not_answered(&error, kind))?;
            if response.status().is_redirection() && response.headers().contains_key(LOCATION) {
                return Err(self.redirected(&response));
            }
            self.read(response, kind).await
        };
        let outcome = timeout_at(until, exchange).await.unwrap_or_else(|_| {
            Err(match kind {
                Kind::Read => timed_out(),
                Kind::Write => OdooError::OutcomeUnknown { cause: Lost::TimedOut },
            })
        });
        if let Ok(answer) = &outcome
            && answer.status == StatusCode::TOO_MANY_REQUESTS
        {
            self.traffic.pause(answer.retry_after.unwrap_or(wait));
        }
        outcome
    }

    async fn read(&self, mut response: Response, kind: Kind) -> Result<Answer, OdooError> {
        let status = response.status();
        let retry_after = retry_after(response.headers());
        let limit = usize::try_from(self.limits.body).unwrap_or(usize::MAX);
        let announced = response.content_length().unwrap_or(0);
        if announced > self.limits.body {
            return Err(self.too_large(kind));
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(LARGE));
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    if body.len() + chunk.len() > limit {
                        return Err(self.too_large(kind));
                    }
                    // Doubling again and again would leave copies behind.
                    if body.len() + chunk.len() > body.capacity().max(LARGE) {
                        body.reserve_exact(limit - body.len());
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => {
                    return Ok(Answer { status, retry_after, body });
                }
                Err(error) => {
                    let is_dropped = causes(&error).any(<dyn Error>::is::<hyper::Error>);
                    return Err(if is_dropped {
                        self.interrupted(kind)
                    } else {
                        self.garbled(kind, "its answer is packed, and damaged")
                    });
                }
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

    /// A complete answer that is none.
    fn garbled(&self, kind: Kind, what: &str) -> OdooError {
        match kind {
            Kind::Read => OdooError::NotOdoo { host: self.host().to_owned(), what: what.to_owned() },
            Kind::Write => OdooError::OutcomeUnknown { cause: Lost::Unreadable },
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
        } else if causes(error).filter_map(|cause| cause.downcast_ref()).any(hyper::Error::is_parse) {
            self.garbled(kind, "its answer is not valid HTTP, or its headers are endless")
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
        let url = target.and_then(|location| response.url().join(location).ok());
        let to = match url.map(|url| url.origin()) {
            None => "an address that cannot be read".to_owned(),
            Some(origin) if !origin.is_tuple() => "an address that is not of the web".to_owned(),
            Some(origin) if origin.ascii_serialization() == self.address.origin => "another page of its own".to_owned(),
            Some(origin) => origin.ascii_serialization(),
        };
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

/// How long to wait: `Retry-After` in seconds, or as a date, which counts from the server's own clock where it tells it.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::trim);
    let asked = text(RETRY_AFTER)?;
    let wait = if asked.bytes().all(|b| b.is_ascii_digit()) && !asked.is_empty() {
        Duration::from_secs(asked.parse().unwrap_or(u64::MAX))
    } else {
        let date = httpdate::parse_http_date(asked).ok()?;
        let now = text(DATE).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(SystemTime::now);
        date.duration_since(now).unwrap_or_default()
    };
    Some(wait.min(LONGEST_WAIT))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_to_wait_is_read_from_seconds_and_from_dates() {
        let asked = |retry: &'static str, date: Option<&'static str>| {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(retry))]);
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_static(date));
            }
            retry_after(&headers).map(|wait| wait.as_secs())
        };
        let date = Some("Sat, 21 Nov 2026 16:00:00 GMT");
        for (retry, date, wait) in [
            ("0", None, Some(0)),
            (" 7 ", None, Some(7)),
            ("Sat, 21 Nov 2026 16:00:30 GMT", date, Some(30)),
            ("Sat, 21 Nov 2026 15:59:30 GMT", date, Some(0)),
            ("Saturday, 21-Nov-26 16:00:30 GMT", date, Some(30)),
            ("Fri, 31 Dec 2100 23:59:59 GMT", date, Some(86_400)),
            ("Fri, 01 Jan 1999 00:00:00 GMT", None, Some(0)),
            ("18446744073709551615", None, Some(86_400)),
            ("999999999999999999999999999", None, Some(86_400)),
            ("-5", None, None),
            ("1.5", None, None),
            ("soon", None, None),
            ("", None, None),
        ] {
            assert_eq!(asked(retry, date), wait, "{retry}");
        }
    }
}
