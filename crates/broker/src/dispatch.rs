//! The way of a call, one step a function, top to bottom: admit, resolve, screen, describe, decide, reserve, ask. The
//! last three, recheck, execute and settle, stand in `running.rs`, because they go on whatever becomes of the caller.

use crate::admission::Admitted;
use crate::arrival::{Arrival, Stop};
use crate::desk::{Held, Matter, Raised};
use crate::failpoint::{self, Point};
use crate::journal::move_of;
use crate::policy::Decided;
use crate::preview::{card_of, is_passing, unseen_preview};
use crate::running::{Job, Shown, shown_digest};
use crate::sheet::{Kept, Sheet};
use crate::state::{Broker, new_call_id, new_ticket_id};
use crate::tools::arguments::Arguments;
use crate::tools::{self, Call, Site, Target};
use crate::view::Topic;
use gatehouse_core::{
    Agent, AgentId, BridgeId, CallFacts, Category, Connection, ConnectionId, Decision, Denial, Digest, EdgeError,
    ErrorCode, Hasher, Question, Retry, Ticket, TicketId, TicketKind, ToolDefinition,
};
use gatehouse_ipc::Reply;
use gatehouse_ipc::message::{Answer, CallAnswer};
use gatehouse_policy::{ChargeRequest, Full, Reservation, Verdict, guard};
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex};

impl Broker {
    /// Takes a call from arrival to answer.
    pub(crate) async fn dispatch(&self, arrival: Arrival) -> Reply {
        let mut sheet = Sheet::new(&arrival);
        let end = self.steps(&arrival, &mut sheet).await;
        if !sheet.recorded {
            self.write_down(&arrival, &mut sheet, &end);
        }
        if let Some(settled) = sheet.settled.take() {
            self.note_later(settled);
        }
        match end {
            Ok((result, ticket)) => self.reply(result, ticket),
            Err(Stop::Pending(answer)) => Reply::new(Ok(Answer::Call(answer))),
            Err(Stop::Refused(error)) => Reply::new(Err(error)),
            Err(Stop::Cancelled) => {
                Reply::new(Err(EdgeError::new(ErrorCode::Cancelled, "The client cancelled the call; nothing ran.")))
            }
        }
    }

    /// The ten steps. What runs, runs in [`Broker::run_job`].
    async fn steps(
        &self,
        arrival: &Arrival,
        sheet: &mut Sheet,
    ) -> Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop> {
        let (tool, definition) =
            self.0.tools.get(&arrival.call.name).ok_or_else(|| unknown_tool(&arrival.call.name))?;
        sheet.header.category = definition.risk.category;
        if arrival.call.name == tools::CONNECTION_ADD
            && let Some(name) = tools::secret_argument(&arrival.call.arguments)
        {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                format!(
                    "{name}: a secret must never pass through the conversation. Leave it out: the user enters it in \
                     Gatehouse. Tell them to consider it exposed and to make a new one."
                ),
            )
            .into());
        }
        let agent = self.admit(arrival).await?;
        failpoint::at(Point::Admit).await;
        let arguments = Arguments::check(definition, &arrival.call.arguments)?;
        if arrival.call.name == tools::APPROVAL_WAIT {
            sheet.recorded = true;
            return self.wait_for_ticket(arrival, &arguments).await;
        }
        let connection = self.resolve(arrival, &agent, tool.target(), definition.risk.category, &arguments)?;
        sheet.connection(connection.as_ref());
        failpoint::at(Point::Resolve).await;
        sheet.header.policy = Some(self.in_force().stack(&agent.id, connection.as_ref()).revision());
        self.screen(&agent.id, connection.as_ref(), definition, true)?;
        failpoint::at(Point::Screen).await;
        let site = Site {
            broker: self.clone(),
            agent,
            bridge: arrival.bridge.clone(),
            connection,
            started_app: arrival.call.started_app,
            is_planned: false,
            by_person: false,
        };
        let call = self.describe(arrival, &site, tool, arguments, sheet).await?;
        sheet.facts(call.facts());
        failpoint::at(Point::Describe).await;
        if arrival.call.name == tools::CONNECTION_ADD {
            return self.propose(arrival, &site, call.as_ref(), sheet).await;
        }
        // Before deciding, because it may take a moment: nothing passes between the decision and what it lets happen.
        let key = self.call_key(&site, call.as_ref()).await?;
        let decided = self.decide(&site, call.as_ref(), &arrival.call.arguments);
        failpoint::at(Point::Decide).await;
        let denied = matches!(decided.verdict.decision, Decision::Deny(_));
        // The same call may have a ticket already: it waits, runs, or ended and was not delivered.
        if !denied && let Some(ticket) = self.attach(arrival, &key) {
            sheet.recorded = true;
            return self.await_ticket(arrival, &ticket).await;
        }
        self.write_judgement(&decided, &site, call.as_ref(), arrival, sheet);
        let question = match &decided.verdict.decision {
            Decision::Deny(denial) => return Err(refused(denial).into()),
            Decision::Ask(question) => Some(question.clone()),
            Decision::Allow => None,
        };
        let ticket = if let Some(question) = question {
            let ticket = self.ask(arrival, site, call, key, question, &decided.verdict, sheet).await?;
            failpoint::at(Point::Ask).await;
            ticket
        } else {
            let reservation = self.reserve(&decided.verdict.charges)?;
            sheet.header.charges.clone_from(&reservation.charges);
            if !call.facts().changes_odoo() {
                return Ok((self.read_unasked(arrival, &site, call.as_ref(), &reservation, sheet).await?, None));
            }
            let Kept { arguments, about, judgement, .. } = sheet.take_kept();
            let job = Job {
                id: sheet.call.clone(),
                site,
                call,
                arguments,
                key,
                question: None,
                reservation: Mutex::new(Some(reservation)),
                ticket: None,
                observed: Value::Null,
                shown: Shown::default(),
                about,
                judgement: Mutex::new(judgement),
            };
            self.change_unasked(arrival, job)
        };
        sheet.recorded = true;
        self.await_ticket(arrival, &ticket).await
    }

    /// Step 1: May this agent call at all?
    async fn admit(&self, arrival: &Arrival) -> Result<Agent, Stop> {
        if self.is_stopping() {
            return Err(EdgeError::new(ErrorCode::AppUnavailable, "Gatehouse is being quit.").into());
        }
        if self.is_paused() {
            return Err(paused("The user paused every agent in Gatehouse.").into());
        }
        // Showing the person their own window reads nothing and decides nothing.
        let shows_a_window = arrival.call.name == tools::OPEN_MANAGER;
        match self.admitted(&arrival.agent, &arrival.evidence) {
            Admitted::Yes(agent) => Ok(agent),
            Admitted::Paused => Err(paused("The user paused this agent in Gatehouse.").into()),
            Admitted::No { as_guest, .. } if shows_a_window => Ok(as_guest),
            Admitted::No { .. } if arrival.call.name == tools::APPROVAL_WAIT => Ok(self.guest(arrival)),
            Admitted::No { was, .. } => {
                self.vault()?;
                self.ask_admission(arrival, was).await
            }
        }
    }

    /// Step 2: Which connection: the one named, else the one this bridge works on. Never another one in its place.
    fn resolve(
        &self,
        arrival: &Arrival,
        agent: &Agent,
        target: Target,
        category: Category,
        arguments: &Arguments,
    ) -> Result<Option<Connection>, EdgeError> {
        let named = match target {
            Target::None => return Ok(None),
            Target::Connection => arguments.text("connection"),
            Target::Alias => arguments.text("alias"),
        };
        let (pinned, activated) = self
            .0
            .bridges
            .with(&arrival.bridge, |bridge| (bridge.pinned.clone(), bridge.activated.clone()))
            .unwrap_or_default();
        if let (Some(pin), Some(name)) = (&pinned, named)
            && !pin.eq_ignore_ascii_case(name)
        {
            return Err(EdgeError::new(
                ErrorCode::UnknownConnection,
                format!("This bridge is pinned to “{pin}” and reaches no other connection."),
            ));
        }
        let chosen = self.registry(|registry| {
            let granted: Vec<&Connection> = agent
                .grants
                .iter()
                .filter_map(|id| registry.connections.get(id))
                .filter(|connection| connection.deleted_at.is_none())
                .collect();
            choose(&granted, named.or(pinned.as_deref()), activated.as_ref(), category).cloned()
        })?;
        Ok(Some(self.as_it_counts(chosen)))
    }

    /// Step 3: What can be refused without the network. A trial looks at hidden tools all the same, to say why.
    pub(crate) fn screen(
        &self,
        agent: &AgentId,
        connection: Option<&Connection>,
        tool: &ToolDefinition,
        hidden_too: bool,
    ) -> Result<(), EdgeError> {
        if hidden_too && self.is_hidden(agent, connection, &tool.name) {
            return Err(refused(&Denial {
                rule: "(hidden)".into(),
                message: format!("{} is hidden by policy: agents cannot use it. Do not try again.", tool.name),
                retry: Retry::Never,
            }));
        }
        if tool.name != tools::OPEN_MANAGER {
            self.vault()?;
        }
        let Some(connection) = connection else { return Ok(()) };
        if !self.allows_host(connection.host()) {
            return Err(refused(&Self::refused_host(connection)));
        }
        let needs_odoo = tool.name.starts_with("odoo_") && tool.name != "odoo_disconnect";
        if needs_odoo && !connection.is_usable() {
            return Err(EdgeError::new(
                ErrorCode::ConnectionUnavailable,
                format!("“{}” is signed out. Only the user can reconnect it, in Gatehouse.", connection.name),
            ));
        }
        if needs_odoo && connection.read_only && tool.risk.category != Category::Read && tool.name != "odoo_connect" {
            return Err(refused(&Denial {
                rule: "(read only)".into(),
                message: format!(
                    "“{}” is read only: the user allows no change through it. Do not try again.",
                    connection.name
                ),
                retry: Retry::Never,
            }));
        }
        Ok(())
    }

    /// Step 4: What the call is, from its arguments and Odoo's own metadata.
    async fn describe(
        &self,
        arrival: &Arrival,
        site: &Site,
        tool: &dyn tools::Tool,
        arguments: Arguments,
        sheet: &mut Sheet,
    ) -> Result<Box<dyn Call>, Stop> {
        // A model that is never touched is refused before anything is asked of Odoo about it.
        if let Some(model) = arguments.text("model") {
            let name = &arrival.call.name;
            let facts = CallFacts { model: Some(model.to_owned()), ..CallFacts::local(name, site.risk(name)) };
            if let Some(denial) =
                guard::judge(&facts, &Map::new(), &self.opened_models(site.connection.as_ref().map(|c| &c.id)))
            {
                sheet.header.model = Some(model.to_owned());
                sheet.guarded(&denial);
                return Err(refused(&denial).into());
            }
        }
        tokio::select! {
            biased;
            () = arrival.cancel.cancelled() => Err(Stop::Cancelled),
            described = tool.describe(site, arguments) => Ok(described?),
        }
    }

    /// Writes on the sheet why the call is decided so, with the limits as they are before it takes anything.
    pub(crate) fn write_judgement(
        &self,
        decided: &Decided,
        site: &Site,
        call: &dyn Call,
        arrival: &Arrival,
        sheet: &mut Sheet,
    ) {
        let judgement = self.explained(decided, site, call, &arrival.call.arguments, &self.limits());
        sheet.judged(self.about(site).map(|(_, facts)| facts), judgement);
    }

    /// Step 6: Takes from every limit that applies, or from none.
    pub(crate) fn reserve(&self, charges: &[ChargeRequest<'_>]) -> Result<Reservation, EdgeError> {
        self.limits().reserve(charges, self.now()).map_err(|full| limited(&full))
    }

    /// The ticket that the same call already has.
    fn attach(&self, arrival: &Arrival, key: &Digest) -> Option<TicketId> {
        self.0.desk.find(key, &arrival.agent, &arrival.bridge, |bridge| self.0.bridges.is_live(bridge), self.now())
    }

    /// Step 7: Puts the question to a person: preview from live data, then a ticket.
    #[expect(clippy::too_many_arguments, reason = "the parts of one question, used once")]
    async fn ask(
        &self,
        arrival: &Arrival,
        site: Site,
        call: Box<dyn Call>,
        key: Digest,
        question: Question,
        verdict: &Verdict<'_>,
        sheet: &mut Sheet,
    ) -> Result<TicketId, Stop> {
        self.0.desk.check_budget(&arrival.agent, self.now()).map_err(|denial| refused(&denial))?;
        let reservation = self.reserve(&verdict.charges)?;
        sheet.header.charges.clone_from(&reservation.charges);
        failpoint::at(Point::Reserve).await;
        let preview = tokio::select! {
            preview = call.preview(&site) => preview,
            () = arrival.cancel.cancelled() => {
                self.give_back(&reservation);
                sheet.header.charges.clear();
                return Err(Stop::Cancelled);
            }
        };
        // What cannot be previewed because it cannot be done is told to the agent, not asked of a person.
        let mut preview = match preview {
            Ok(preview) => preview,
            // What cannot be previewed for another reason is for the person to decide.
            Err(error) if is_passing(&error) => {
                let place = site.connection.as_ref().map_or("Gatehouse", |connection| connection.name.as_str());
                unseen_preview(call.as_ref(), place, &error)
            }
            Err(error) => {
                self.give_back(&reservation);
                sheet.header.charges.clear();
                return Err(error.into());
            }
        };
        let now = self.now();
        let id = new_ticket_id();
        let digest = shown_digest(&key, &preview.observed);
        let history = self.0.desk.history(&key, now);
        if call.facts().changes_odoo() && history.ran_before.is_none() {
            preview.touches.splice(0..0, self.lost_before(&arrival.agent, &key));
        }
        let card = card_of(&site, call.as_ref(), &preview, &question, &arrival.call.arguments, &history);
        let mut ticket = Ticket::open(id.clone(), TicketKind::Call, key, digest, now)
            .asked_by(arrival.agent.clone(), arrival.bridge.clone());
        if let Some(timeout) = verdict.timeout {
            ticket = ticket.within(timeout);
        }
        if let Some(connection) = &site.connection {
            ticket = ticket.about(connection.id.clone());
        }
        let badge = site.connection.as_ref().map(crate::cards::badge);
        let sentence = preview.sentence.clone();
        let observed = preview.observed.clone();
        let job = Arc::new(Job {
            id: new_call_id(),
            site,
            call,
            arguments: arrival.call.arguments.clone(),
            key,
            question: Some(question),
            reservation: Mutex::new(Some(reservation)),
            ticket: Some(id.clone()),
            observed,
            shown: Shown { is_unseen: preview.error.is_some(), entries: preview.into_all() },
            about: sheet.about.clone(),
            judgement: Mutex::new(sheet.judgement.clone()),
        });
        if let Err(error) = self.still_allowed(&job, &arrival.evidence).map(drop) {
            self.give_back_job(&job);
            sheet.header.charges.clear();
            return Err(error.into());
        }
        let held = Held {
            agent: Some(Self::card_agent(arrival)),
            badge,
            waits_until: Some(arrival.hold_until),
            ..Held::new(ticket, sentence, Matter::Call { job: job.clone(), card: Some(Box::new(card)) })
        };
        let is_live = |bridge: &BridgeId| self.0.bridges.is_live(bridge);
        let note = |held: &Held| self.note(move_of(held, "opened"));
        // While the preview was made, others of this agent came as far.
        match self.0.desk.raise(held, &arrival.agent, &arrival.bridge, is_live, now, note) {
            Ok(Raised::Opened(id)) => {
                self.changed(&[Topic::Activity]);
                self.announce(&id);
                Ok(id)
            }
            Ok(Raised::Joined(id)) => {
                self.give_back_job(&job);
                Ok(id)
            }
            Err(denial) => {
                self.give_back_job(&job);
                sheet.header.charges.clear();
                Err(refused(&denial).into())
            }
        }
    }

    /// What makes two calls the same call: agent, connection, database, Odoo user, tool, resolved arguments.
    async fn call_key(&self, site: &Site, call: &dyn Call) -> Result<Digest, EdgeError> {
        let mut hasher = Hasher::new("call").part(site.agent.id.as_str().as_bytes());
        if let Some(connection) = &site.connection {
            hasher = hasher.part(connection.id.as_str().as_bytes()).part(connection.database.as_bytes());
            if call.facts().model.is_some() {
                let uid = site.session().await?.sign_in.uid;
                hasher = hasher.part(&uid.to_be_bytes());
            }
        }
        Ok(hasher.part(call.facts().tool.as_bytes()).json(&call.resolved()).finish())
    }

    /// Answers; the ticket counts as delivered when the caller really got it.
    fn reply(&self, result: Result<CallAnswer, EdgeError>, ticket: Option<TicketId>) -> Reply {
        let result = result.map(Answer::Call);
        let Some(id) = ticket else { return Reply::new(result) };
        let broker = self.clone();
        Reply::noting(result, move |delivered| {
            if delivered {
                broker.0.desk.touch(&id, |held| held.ticket.deliver().ok());
            }
        })
    }
}

/// The connection that is named, else the one that is worked on, else the only one.
fn choose<'a>(
    granted: &[&'a Connection],
    named: Option<&str>,
    activated: Option<&ConnectionId>,
    category: Category,
) -> Result<&'a Connection, EdgeError> {
    let names = || granted.iter().map(|connection| connection.name.as_str()).collect::<Vec<_>>().join(", ");
    let none = || {
        EdgeError::new(
            ErrorCode::UnknownConnection,
            "You have no connection yet. Propose one with user_connection_add, or ask the user to add one in Gatehouse \
             (open_connection_manager).",
        )
    };
    if let Some(name) = named {
        return granted.iter().copied().find(|connection| connection.name.eq_ignore_ascii_case(name)).ok_or_else(
            || {
                if granted.is_empty() {
                    return none();
                }
                EdgeError::new(
                    ErrorCode::UnknownConnection,
                    format!("You have no connection “{name}”. Yours are: {}.", names()),
                )
            },
        );
    }
    if granted.len() > 1 && category != Category::Read {
        return Err(EdgeError::new(
            ErrorCode::ConnectionRequired,
            format!("Name the connection: several are yours ({}), and only reads may leave it out.", names()),
        ));
    }
    let working = activated.and_then(|id| granted.iter().copied().find(|connection| connection.id == *id));
    match (working, granted) {
        (Some(connection), _) => Ok(connection),
        (None, [only]) => Ok(*only),
        (None, []) => Err(none()),
        (None, _) => Err(EdgeError::new(
            ErrorCode::ConnectionRequired,
            format!("Name the connection, or choose one with user_connection_activate. Yours are: {}.", names()),
        )),
    }
}

/// A policy's refusal as the agent reads it: rule, message, whether to retry and when.
pub(crate) fn refused(denial: &Denial) -> EdgeError {
    let code = if denial.rule == "(ask budget)" { ErrorCode::RateLimited } else { ErrorCode::Denied };
    let error = |message: String| {
        EdgeError::new(code, message).with_detail(format!("rule {}", denial.rule)).with_rule(denial.rule.as_str())
    };
    match denial.retry {
        Retry::Never | Retry::WhenChanged => error(denial.message.clone()),
        Retry::After { seconds } => {
            error(format!("{} Try again in {seconds} s.", denial.message)).retryable_after(seconds)
        }
    }
}

/// A limit that is spent, as the agent reads it.
pub(crate) fn limited(full: &Full) -> EdgeError {
    let denial = full.denial();
    let error = EdgeError::new(ErrorCode::RateLimited, denial.message)
        .with_detail(format!("rule {}", denial.rule))
        .with_rule(denial.rule);
    match denial.retry {
        Retry::After { seconds } => error.retryable_after(seconds),
        Retry::Never | Retry::WhenChanged => error,
    }
}

pub(crate) fn paused(message: &str) -> EdgeError {
    EdgeError::new(ErrorCode::Paused, format!("{message} Stop and tell the user."))
        .with_detail("rule (paused)")
        .with_rule("(paused)")
}

fn unknown_tool(name: &str) -> EdgeError {
    let shown: String = name.chars().take(64).collect();
    EdgeError::new(ErrorCode::UnknownTool, format!("There is no tool “{shown}”."))
}
