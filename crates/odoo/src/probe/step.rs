use crate::error::OdooError;
use crate::tls::CertificateFacts;
use gatehouse_core::EdgeError;
use std::time::{Duration, Instant};

/// The steps of a test, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// The address is one.
    Address,
    /// The host's name has addresses.
    Dns,
    /// The port answers.
    Tcp,
    /// The certificate is trusted.
    Tls,
    /// It is an Odoo, of a version that Gatehouse speaks to.
    Version,
    /// JSON-2 or JSON-RPC.
    Protocol,
    /// The database is there.
    Database,
    /// Odoo takes login and secret.
    SignIn,
    /// What the user may read.
    Rights,
}

impl StepKind {
    /// The step's name in data: `address`, `dns`, `tcp`, `tls`, `version`, `protocol`, `database`, `sign_in`, `rights`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Version => "version",
            Self::Protocol => "protocol",
            Self::Database => "database",
            Self::SignIn => "sign_in",
            Self::Rights => "rights",
        }
    }
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepState {
    /// Begun.
    Running,
    /// Fine.
    Ok,
    /// Worth knowing, not in the way.
    Warning,
    /// Failed; the steps after it are not tried.
    Failed,
    /// Not needed here.
    Skipped,
}

/// One step, as it begins or ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// Where it stands.
    pub state: StepState,
    /// What was found or what went wrong, in a sentence; empty while it runs.
    pub message: String,
    /// What to do about a warning or failure.
    pub fix: Option<String>,
    /// How long it took.
    pub elapsed: Duration,
    /// The server's certificate; only at the end of [`StepKind::Tls`].
    pub certificate: Option<CertificateFacts>,
}

/// The step at which a test ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct ProbeFailure {
    /// Which step.
    pub step: StepKind,
    /// What went wrong, for both edges.
    pub error: EdgeError,
    /// What to do about it, for the person.
    pub fix: Box<str>,
}

/// Tells the steps, one at a time.
pub(super) struct Steps<F> {
    on_step: F,
    kind: StepKind,
    begun: Instant,
    certificate: Option<CertificateFacts>,
}

impl<F: FnMut(Step)> Steps<F> {
    pub(super) fn new(on_step: F) -> Self {
        Self { on_step, kind: StepKind::Address, begun: Instant::now(), certificate: None }
    }

    pub(super) fn begin(&mut self, kind: StepKind) {
        self.kind = kind;
        self.begun = Instant::now();
        self.tell(StepState::Running, String::new(), None);
    }

    /// Keeps the certificate for the end of this step.
    pub(super) fn show(&mut self, certificate: Option<CertificateFacts>) {
        self.certificate = certificate;
    }

    pub(super) fn pass(&mut self, message: String) {
        self.tell(StepState::Ok, message, None);
    }

    pub(super) fn warn(&mut self, message: String, fix: &str) {
        self.tell(StepState::Warning, message, Some(fix.to_owned()));
    }

    pub(super) fn skip(&mut self, kind: StepKind, message: &str) {
        self.kind = kind;
        self.begun = Instant::now();
        self.tell(StepState::Skipped, message.to_owned(), None);
    }

    /// Ends the step with this error, with its own words for what to do.
    pub(super) fn fail(&mut self, error: &OdooError) -> ProbeFailure {
        self.fail_with(error.bare_edge(), error.fix())
    }

    /// Ends an earlier step in place of this one: the server told only now what was wrong with it.
    pub(super) fn fail_at(&mut self, kind: StepKind, error: &OdooError) -> ProbeFailure {
        self.tell(StepState::Skipped, String::new(), None);
        self.kind = kind;
        self.fail(error)
    }

    pub(super) fn fail_with(&mut self, error: EdgeError, fix: impl Into<String>) -> ProbeFailure {
        let fix = fix.into();
        let message = match &error.detail {
            Some(detail) => format!("{} {detail}", error.message),
            None => error.message.clone(),
        };
        self.tell(StepState::Failed, message, Some(fix.clone()));
        ProbeFailure { step: self.kind, error, fix: fix.into_boxed_str() }
    }

    pub(super) fn unless_failed<T>(&mut self, outcome: Result<T, OdooError>) -> Result<T, ProbeFailure> {
        outcome.map_err(|error| self.fail(&error))
    }

    fn tell(&mut self, state: StepState, message: String, fix: Option<String>) {
        let certificate = if state == StepState::Running { None } else { self.certificate.take() };
        (self.on_step)(Step { kind: self.kind, state, message, fix, elapsed: self.begun.elapsed(), certificate });
    }
}
