//! The way of a call, one step a function, top to bottom: admit, resolve, screen, describe, decide, reserve, ask,
//! recheck, record and execute, settle.

use crate::admission::Admitted;
use crate::desk::{Held, Matter, ended_error};
use crate::hold::hold_for;
use crate::preview::card_of;
use crate::state::{Broker, new_call_id, new_ticket_id};
use crate::tools::arguments::Arguments;
use crate::tools::{self, Call, Done, Site, Target};
use crate::view::Topic;
use gatehouse_core::{
    Agent, AgentId, BridgeId, CallFacts, CallHeader, CallId, Category, Charge, Connection, Decision, Denial, Digest,
    EdgeError, ErrorCode, Hasher, JournalEvent, Outcome, Question, Retry, Ticket, TicketId, TicketKind, TicketState,
    Timestamp, ToolDefinition,
};
use gatehouse_ipc::message::{CallAnswer, CallTool};
use gatehouse_ipc::{ProgressSender, Reply};
use gatehouse_policy::{ChargeRequest, Full, Reservation, Verdict, guard};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A call as it came in.
pub(crate) struct Arrival {
    pub(crate) bridge: BridgeId,
    pub(crate) agent: AgentId,
    pub(crate) call: CallTool,
    pub(crate) progress: ProgressSender,
    pub(crate) cancel: CancellationToken,
    /// When the client's request arrived at the bridge.
    pub(crate) arrived_at: Timestamp,
    /// Until when it may be held.
    pub(crate) hold_until: Timestamp,
}

/// A described call with all it needs to run: what a ticket keeps. Never a resent one.
pub(crate) struct Job {
    pub(crate) id: CallId,
    pub(crate) site: Site,
    pub(crate) call: Box<dyn Call>,
    pub(crate) arguments: Value,
    pub(crate) key: Digest,
    pub(crate) question: Option<Question>,
    pub(crate) reservation: std::sync::Mutex<Option<Reservation>>,
    pub(crate) ticket: Option<TicketId>,
    /// The values that the preview was made from.
    pub(crate) observed: Value,
}

/// Why a call ends before or without running.
pub(crate) enum Stop {
    /// Refused.
    Refused(EdgeError),
    /// The agent is told to come back.
    Pending(CallAnswer),
    /// The client no longer wants the answer.
    Cancelled,
}

impl From<EdgeError> for Stop {
    fn from(error: EdgeError) -> Self {
        Self::Refused(error)
    }
}

/// What the journal says of a call, as far as it got.
struct Sheet {
    call: CallId,
    header: CallHeader,
    arguments: Value,
    /// What a call that ran came to.
    summary: String,
    /// The call has its own intent and end in the journal.
    recorded: bool,
}

impl Arrival {
    pub(crate) fn new(
        broker: &Broker,
        bridge: BridgeId,
        agent: AgentId,
        call: CallTool,
        progress: ProgressSender,
        cancel: CancellationToken,
    ) -> Self {
        let waited = i64::try_from(call.elapsed_ms.min(600_000)).unwrap_or(0);
        let arrived_at = Timestamp::from_millis(broker.now().as_millis() - waited);
        let hold = broker.0.options.hold.unwrap_or_else(|| hold_for(call.client.as_ref().map(|c| c.name.as_str())));
        Self { bridge, agent, call, progress, cancel, arrived_at, hold_until: arrived_at.plus(hold) }
    }
}

impl Broker {
    /// Takes a call from arrival to answer.
    pub(crate) async fn dispatch(&self, arrival: Arrival) -> Reply {
        let mut sheet = Sheet::new(&arrival);
        let end = self.steps(&arrival, &mut sheet).await;
        if !sheet.recorded {
            self.write_down(&arrival, &sheet, &end);
        }
        match end {
            Ok((result, ticket)) => self.reply(result, ticket),
            Err(Stop::Pending(answer)) => Reply::new(Ok(gatehouse_ipc::message::Answer::Call(answer))),
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
        let agent = self.admit(arrival).await?;
        if arrival.call.name == tools::CONNECTION_ADD
            && let Some(name) = tools::secret_argument(&arrival.call.arguments)
        {
            // Not even the journal keeps it.
            sheet.arguments = json!({});
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                format!(
                    "{name}: a secret must never pass through the conversation. Leave it out: the user enters it in \
                     Gatehouse. Tell them to consider it exposed and to make a new one."
                ),
            )
            .into());
        }
        let arguments = Arguments::check(definition, &arrival.call.arguments)?;
        if arrival.call.name == tools::APPROVAL_WAIT {
            sheet.recorded = true;
            return self.wait_for_ticket(arrival, &arguments).await;
        }
        let connection = self.resolve(arrival, &agent, tool.target(), definition.risk.category, &arguments)?;
        sheet.connection(connection.as_ref());
        self.screen(connection.as_ref(), definition)?;
        let site = Site {
            broker: self.clone(),
            agent,
            bridge: arrival.bridge.clone(),
            connection,
            started_app: arrival.call.started_app,
        };
        let call = match self.describe(arrival, &site, tool, arguments).await {
            Err(stop) if arrival.call.name == tools::CONNECTION_ADD => {
                sheet.arguments = json!({});
                return Err(stop);
            }
            described => described?,
        };
        sheet.facts(call.facts());
        if arrival.call.name == tools::CONNECTION_ADD {
            sheet.header.decision = "ask".into();
            return self.propose(arrival, &site, call.as_ref()).await;
        }
        let verdict = self.decide(&site, call.as_ref(), &arrival.call.arguments);
        sheet.decision(&verdict.decision);
        let key = self.call_key(&site, call.as_ref()).await?;
        match verdict.decision {
            Decision::Deny(denial) => Err(refused(denial).into()),
            Decision::Allow => {
                let reservation = self.reserve(&verdict.charges)?;
                sheet.header.charges.clone_from(&reservation.charges);
                let job = Arc::new(Job {
                    id: sheet.call.clone(),
                    site,
                    call,
                    arguments: arrival.call.arguments.clone(),
                    key,
                    question: None,
                    reservation: std::sync::Mutex::new(Some(reservation)),
                    ticket: None,
                    observed: Value::Null,
                });
                Ok((self.run_unasked(arrival, job, sheet).await?, None))
            }
            Decision::Ask(question) => {
                sheet.recorded = true;
                let ticket = match self.attach(arrival, &key) {
                    Some(ticket) => ticket,
                    None => {
                        sheet.recorded = false;
                        let ticket = self.ask(arrival, site, call, key, question, &verdict.charges, sheet).await?;
                        sheet.recorded = true;
                        ticket
                    }
                };
                self.await_ticket(arrival, &ticket).await
            }
        }
    }

    /// 1. May this agent call at all?
    async fn admit(&self, arrival: &Arrival) -> Result<Agent, Stop> {
        if self.is_stopping() {
            return Err(EdgeError::new(ErrorCode::AppUnavailable, "Gatehouse is being quit.").into());
        }
        if self.is_paused() {
            return Err(paused("The user paused every agent in Gatehouse.").into());
        }
        // Showing the person their own window reads nothing and decides nothing.
        let shows_a_window = arrival.call.name == tools::OPEN_MANAGER;
        match self.admitted(&arrival.agent, &arrival.bridge) {
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

    /// 2. Which connection: the one named, else the one this bridge works on. Never another one in its place.
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
        let granted: Vec<Connection> = self.registry(|registry| {
            let live = registry.connections.values().filter(|c| c.deleted_at.is_none() && agent.is_granted(&c.id));
            live.cloned().collect()
        });
        let by_name = |name: &str| granted.iter().find(|c| c.name.eq_ignore_ascii_case(name)).cloned();
        let names = || granted.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
        if let (Some(pin), Some(name)) = (&pinned, named)
            && !pin.eq_ignore_ascii_case(name)
        {
            return Err(EdgeError::new(
                ErrorCode::UnknownConnection,
                format!("This bridge is pinned to “{pin}” and reaches no other connection."),
            ));
        }
        if let Some(name) = named.or(pinned.as_deref()) {
            return by_name(name).map(Some).ok_or_else(|| {
                EdgeError::new(
                    ErrorCode::UnknownConnection,
                    if granted.is_empty() {
                        "You have no connection yet. Propose one with user_connection_add, or ask the user to add one in \
                         Gatehouse (open_connection_manager)."
                            .to_owned()
                    } else {
                        format!("You have no connection “{name}”. Yours are: {}.", names())
                    },
                )
            });
        }
        if granted.len() > 1 && category != Category::Read {
            return Err(EdgeError::new(
                ErrorCode::ConnectionRequired,
                format!("Name the connection: several are yours ({}), and only reads may leave it out.", names()),
            ));
        }
        let working = activated.and_then(|id| granted.iter().find(|c| c.id == id).cloned());
        match (working, granted.as_slice()) {
            (Some(connection), _) => Ok(Some(connection)),
            (None, [only]) => Ok(Some(only.clone())),
            (None, []) => Err(EdgeError::new(
                ErrorCode::UnknownConnection,
                "You have no connection yet. Propose one with user_connection_add, or ask the user to add one in \
                 Gatehouse (open_connection_manager).",
            )),
            (None, _) => Err(EdgeError::new(
                ErrorCode::ConnectionRequired,
                format!("Name the connection, or choose one with user_connection_activate. Yours are: {}.", names()),
            )),
        }
    }

    /// 3. What can be refused without the network.
    fn screen(&self, connection: Option<&Connection>, tool: &ToolDefinition) -> Result<(), EdgeError> {
        if self.is_hidden(connection, &tool.name) {
            return Err(refused(Denial {
                rule: "(hidden)".into(),
                message: format!("{} is hidden by policy.", tool.name),
                retry: Retry::Never,
            }));
        }
        if tool.name != tools::OPEN_MANAGER {
            self.vault()?;
        }
        let Some(connection) = connection else { return Ok(()) };
        let needs_odoo = tool.name.starts_with("odoo_") && tool.name != "odoo_disconnect";
        if needs_odoo && !connection.is_usable() {
            return Err(EdgeError::new(
                ErrorCode::ConnectionUnavailable,
                format!("“{}” is signed out. Only the user can reconnect it, in Gatehouse.", connection.name),
            ));
        }
        if needs_odoo && connection.read_only && tool.risk.category != Category::Read && tool.name != "odoo_connect" {
            return Err(refused(Denial {
                rule: "(read only)".into(),
                message: format!("“{}” is read only: the user allows no change through it.", connection.name),
                retry: Retry::Never,
            }));
        }
        Ok(())
    }

    /// 4. What the call is, from its arguments and Odoo's own metadata.
    async fn describe(
        &self,
        arrival: &Arrival,
        site: &Site,
        tool: &dyn tools::Tool,
        arguments: Arguments,
    ) -> Result<Box<dyn Call>, Stop> {
        // A model that is never touched is refused before anything is asked of Odoo about it.
        if let Some(model) = arguments.text("model") {
            let definition = tool.definition();
            let facts =
                CallFacts { model: Some(model.to_owned()), ..CallFacts::local(&definition.name, definition.risk) };
            if let Some(denial) = guard::judge(&facts, &Map::new(), &[]) {
                return Err(refused(denial).into());
            }
        }
        tokio::select! {
            described = tool.describe(site, arguments) => Ok(described?),
            () = arrival.cancel.cancelled() => Err(Stop::Cancelled),
        }
    }

    /// 5. What guard and policy say: the strictest answer of all layers.
    pub(crate) fn decide(&self, site: &Site, call: &dyn Call, arguments: &Value) -> Verdict {
        // The context of a call is ours alone: no argument of any tool reaches it but language, zone and companies.
        if let Some(denial) = guard::judge(call.facts(), &Map::new(), &[]) {
            return Verdict { decision: Decision::Deny(denial), charges: Vec::new(), timeout: None };
        }
        let verdict = self.judge(site, call.facts(), arguments);
        self.answered_by_standing_approval(site, call.facts(), verdict)
    }

    /// 6. Takes from every limit that applies, or from none.
    pub(crate) fn reserve(&self, charges: &[ChargeRequest]) -> Result<Reservation, EdgeError> {
        self.limits().reserve(charges, self.now()).map_err(|full| limited(&full))
    }

    /// The ticket that the same call already has.
    fn attach(&self, arrival: &Arrival, key: &Digest) -> Option<TicketId> {
        self.0.desk.find(key, &arrival.agent, &arrival.bridge, |bridge| self.0.bridges.is_live(bridge), self.now())
    }

    /// 7. Puts the question to a person: preview from live data, then a ticket.
    #[expect(clippy::too_many_arguments, reason = "the parts of one question, used once")]
    async fn ask(
        &self,
        arrival: &Arrival,
        site: Site,
        call: Box<dyn Call>,
        key: Digest,
        question: Question,
        charges: &[ChargeRequest],
        sheet: &mut Sheet,
    ) -> Result<TicketId, Stop> {
        self.0.desk.check_budget(&arrival.agent, self.now()).map_err(refused)?;
        let reservation = self.reserve(charges)?;
        sheet.header.charges.clone_from(&reservation.charges);
        let preview = tokio::select! {
            preview = call.preview(&site) => preview,
            () = arrival.cancel.cancelled() => {
                self.give_back(&reservation);
                return Err(Stop::Cancelled);
            }
        };
        // What cannot be previewed because it cannot be done is told to the agent, not asked of a person.
        let preview = match preview {
            Ok(preview) => preview,
            Err(error) => {
                self.give_back(&reservation);
                return Err(error.into());
            }
        };
        let now = self.now();
        let id = new_ticket_id();
        let digest = shown_digest(&key, &preview.observed);
        let card = card_of(
            &site,
            call.as_ref(),
            &preview,
            &question,
            &arrival.call.arguments,
            &self.0.desk.history(&key, now),
        );
        let mut ticket = Ticket::open(id.clone(), TicketKind::Call, key, digest, now)
            .asked_by(arrival.agent.clone(), arrival.bridge.clone());
        if let Some(connection) = &site.connection {
            ticket = ticket.about(connection.id.clone());
        }
        let badge = site.connection.as_ref().map(crate::cards::badge);
        let job = Arc::new(Job {
            id: new_call_id(),
            site,
            call,
            arguments: arrival.call.arguments.clone(),
            key,
            question: Some(question),
            reservation: std::sync::Mutex::new(Some(reservation)),
            ticket: Some(id.clone()),
            observed: preview.observed,
        });
        self.0.desk.open(Held {
            ticket,
            sentence: preview.sentence,
            agent: self.card_agent(arrival),
            badge,
            matter: Matter::Call { job, card: Box::new(card) },
            held_until: Some(arrival.hold_until),
            waiters: 0,
            presented_at: None,
            result: None,
            limited: None,
        });
        self.note_ticket(&id, "opened");
        self.announce(&id);
        Ok(id)
    }

    /// Waits for a ticket's end; claims and runs it when the person approved. Says `pending` when the hold is over.
    pub(crate) async fn await_ticket(
        &self,
        arrival: &Arrival,
        id: &TicketId,
    ) -> Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop> {
        let mut desk = self.0.desk.watch();
        let _waiting = Waiting::begin(self, id, arrival.hold_until);
        let mut next_progress = self.now().plus(Duration::from_secs(5));
        loop {
            desk.borrow_and_update();
            let now = self.now();
            let state = self
                .0
                .desk
                .look(id, |held| (held.ticket.state().clone(), held.ticket.kind()))
                .ok_or_else(|| EdgeError::new(ErrorCode::TicketGone, "There is no such ticket any more."))?;
            match state {
                (TicketState::Approved { .. }, TicketKind::Call) => {
                    if let Some(error) = self.0.desk.touch(id, |held| held.limited.take()).flatten() {
                        // The approval stays; this call is told when to come back for it.
                        return Err(error.into());
                    }
                    if let Some(job) = self.claim(id) {
                        tokio::spawn(self.clone().run_claimed(job, id.clone(), arrival.cancel.clone()));
                    }
                }
                (TicketState::Settled { .. }, _) => {
                    let (result, replayed) = self.result_of(id, arrival);
                    return Ok((mark_replayed(result, replayed), Some(id.clone())));
                }
                (ended, _) if !ended.is_open() => {
                    let told = self.0.desk.look(id, |held| held.result.clone()).flatten();
                    return Ok((told.unwrap_or_else(|| Err(ended_error(&ended))), Some(id.clone())));
                }
                _ => {}
            }
            if now >= arrival.hold_until {
                return Err(Stop::Pending(self.pending_answer(id)));
            }
            let wake = arrival.hold_until.since(now).min(next_progress.since(now)).max(Duration::from_millis(5));
            tokio::select! {
                _ = desk.changed() => {}
                () = tokio::time::sleep(wake) => {
                    if self.now() >= next_progress {
                        next_progress = next_progress.plus(Duration::from_secs(5));
                        arrival.progress.send("waiting for a person in Gatehouse");
                    }
                }
                () = arrival.cancel.cancelled() => return Err(Stop::Cancelled),
            }
        }
    }

    /// Takes an approved ticket, exactly once; `None` when another call was faster or it is too late.
    fn claim(&self, id: &TicketId) -> Option<Arc<Job>> {
        let now = self.now();
        self.0.desk.change(id, |held| {
            let Matter::Call { job, .. } = &held.matter else { return None };
            let job = job.clone();
            held.ticket.claim(now).ok().map(|()| job)
        })?
    }

    /// Runs a claimed ticket to its end, whatever becomes of the call that claimed it: what was sent is settled.
    async fn run_claimed(self, job: Arc<Job>, id: TicketId, cancel: CancellationToken) {
        match self.recheck(&job, &cancel).await {
            Ok(()) => {
                let result = self.run_job(&job).await;
                let now = self.now();
                self.0.desk.change(&id, |held| {
                    held.result = Some(result);
                    held.ticket.settle(now)
                });
            }
            Err(Recheck::Drifted) => {
                let now = self.now();
                self.give_back_job(&job);
                self.0.desk.change(&id, |held| {
                    held.result = Some(Err(EdgeError::new(
                        ErrorCode::Drifted,
                        "Nothing ran: what the person saw has changed in Odoo since. Repeat the call and they will be \
                         asked anew, with the difference marked.",
                    )));
                    held.ticket.void("what the person saw has changed since", now)
                });
                self.note_ticket(&id, "void");
            }
            Err(Recheck::Refused(error)) => {
                let now = self.now();
                self.give_back_job(&job);
                self.0.desk.change(&id, |held| {
                    held.result = Some(Err(error.clone()));
                    held.ticket.void(error.message.clone(), now)
                });
                self.note_ticket(&id, "void");
            }
            Err(Recheck::Limited(error)) => {
                let now = self.now();
                self.0.desk.change(&id, |held| {
                    held.limited = Some(error);
                    held.ticket.release(now)
                });
            }
            Err(Recheck::Detached) => {
                let now = self.now();
                self.0.desk.change(&id, |held| held.ticket.release(now));
            }
        }
        self.changed(&[Topic::Approvals, Topic::Activity]);
    }

    /// 8. Everything once more at the moment of running.
    async fn recheck(&self, job: &Job, cancel: &CancellationToken) -> Result<(), Recheck> {
        if cancel.is_cancelled() {
            return Err(Recheck::Detached);
        }
        if self.is_paused() || self.is_stopping() {
            return Err(Recheck::Refused(paused("The user paused every agent in Gatehouse.")));
        }
        if let Admitted::Paused = self.admitted(&job.site.agent.id, &job.site.bridge) {
            return Err(Recheck::Refused(paused("The user paused this agent in Gatehouse.")));
        }
        let agent = self.registry(|registry| registry.agents.get(&job.site.agent.id).cloned());
        if let Some(connection) = &job.site.connection {
            let granted = agent.is_some_and(|agent| agent.is_granted(&connection.id));
            let now = self.connection(&connection.id).map_err(Recheck::Refused)?;
            if !granted
                || now.origin != connection.origin
                || now.database != connection.database
                || now.login != connection.login
            {
                return Err(Recheck::Refused(EdgeError::new(
                    ErrorCode::ConnectionUnavailable,
                    "The connection has changed since the person approved.",
                )));
            }
            let tool = &job.call.facts().tool;
            if tool.starts_with("odoo_") && tool != "odoo_disconnect" {
                let definition = self.0.tools.get(tool).map(|(_, definition)| definition.clone());
                if let Some(definition) = definition {
                    self.screen(Some(&now), &definition).map_err(Recheck::Refused)?;
                }
            }
        }
        if let Decision::Deny(denial) = self.decide(&job.site, job.call.as_ref(), &job.arguments).decision {
            return Err(Recheck::Refused(refused(denial)));
        }
        let observed = job.call.preview(&job.site).await.map_err(Recheck::Refused)?.observed;
        if shown_digest(&job.key, &observed) != shown_digest(&job.key, &job.observed) {
            return Err(Recheck::Drifted);
        }
        if cancel.is_cancelled() {
            return Err(Recheck::Detached);
        }
        let mut reservation = job.reservation.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(reserved) = reservation.as_mut() {
            let moved = self.limits().move_to(reserved, self.now());
            *reserved = moved.map_err(|full| Recheck::Limited(limited(&full)))?;
        }
        Ok(())
    }

    /// A call that nobody has to be asked about.
    async fn run_unasked(
        &self,
        arrival: &Arrival,
        job: Arc<Job>,
        sheet: &mut Sheet,
    ) -> Result<Result<CallAnswer, EdgeError>, Stop> {
        if job.call.facts().changes_odoo() {
            // Once sent it goes on to its end, whatever becomes of the caller.
            sheet.recorded = true;
            let broker = self.clone();
            let running = tokio::spawn(async move { broker.run_job(&job).await });
            return running
                .await
                .map_err(|_| EdgeError::new(ErrorCode::Internal, "The call failed inside Gatehouse.").into());
        }
        tokio::select! {
            done = job.call.run(&job.site) => Ok(match done {
                Ok(done) => {
                    sheet.header.charges.extend(self.charge_rows(&job, &done));
                    sheet.summary.clone_from(&done.summary);
                    Ok(answer_of(&done))
                }
                Err(error) => Err(error),
            }),
            () = arrival.cancel.cancelled() => {
                self.give_back_job(&job);
                Err(Stop::Cancelled)
            }
        }
    }

    /// 9 and 10. Writes the intent down durably, executes, settles. What changes nothing needs no intent.
    async fn run_job(&self, job: &Job) -> Result<CallAnswer, EdgeError> {
        let mut header = self.header_of(job);
        let started = self.now();
        let elapsed = |until: Timestamp| u64::try_from(until.since(started).as_millis()).unwrap_or(u64::MAX);
        if job.call.facts().risk.category == Category::Read {
            let done = job.call.run(&job.site).await;
            let outcome = match &done {
                Ok(done) => {
                    header.charges.extend(self.charge_rows(job, done));
                    Outcome::Done { summary: done.summary.clone() }
                }
                Err(error) => Outcome::Failed { code: error.code, message: error.message.clone() },
            };
            let duration_ms = elapsed(self.now());
            let event = JournalEvent::Call { call: job.id.clone(), of: header, outcome, duration_ms };
            self.note_call(event, json!({"arguments": job.arguments}));
            return done.map(|done| answer_of(&done));
        }
        let payload = json!({"arguments": job.arguments, "resolved": job.call.resolved(), "before": job.observed});
        if let Err(error) = self.note_intent(JournalEvent::Intent { call: job.id.clone(), of: header }, payload).await {
            self.give_back_job(job);
            return Err(error);
        }
        let done = job.call.run(&job.site).await;
        let duration_ms = elapsed(self.now());
        let (outcome, given_back) = match &done {
            Ok(done) => (Outcome::Done { summary: done.summary.clone() }, Vec::new()),
            Err(error) if error.code == ErrorCode::OutcomeUnknown => {
                (Outcome::Unknown { message: error.message.clone() }, Vec::new())
            }
            Err(error) => {
                (Outcome::Failed { code: error.code, message: error.message.clone() }, self.give_back_job(job))
            }
        };
        self.note(JournalEvent::Settled { call: job.id.clone(), outcome, duration_ms, given_back });
        self.changed(&[Topic::Activity]);
        done.map(|done| answer_of(&done))
    }

    /// Rows are charged when they were counted.
    fn charge_rows(&self, job: &Job, done: &Done) -> Vec<Charge> {
        let now = self.now();
        let reservation = job.reservation.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reservation.as_ref().map(|reserved| self.limits().settle_rows(reserved, done.rows, now)).unwrap_or_default()
    }

    fn header_of(&self, job: &Job) -> CallHeader {
        let facts = job.call.facts();
        CallHeader {
            agent: job.site.agent.id.clone(),
            connection: job.site.connection.as_ref().map(|c| c.id.clone()),
            connection_name: job.site.connection.as_ref().map(|c| c.name.clone()),
            tool: facts.tool.clone(),
            category: facts.risk.category,
            model: facts.model.clone(),
            method: facts.method.clone(),
            records: facts.records,
            decision: if job.question.is_some() { "ask".into() } else { "allow".into() },
            rule: job.question.as_ref().map(|question| question.rule.clone()).unwrap_or_default(),
            ticket: job.ticket.clone(),
            charges: job.charges(),
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

    /// The result of a settled ticket, and whether another call than this one ran it.
    fn result_of(&self, id: &TicketId, arrival: &Arrival) -> (Result<CallAnswer, EdgeError>, bool) {
        self.0
            .desk
            .look(id, |held| {
                let replayed = match held.ticket.state() {
                    TicketState::Settled { at } => arrival.arrived_at > *at,
                    _ => false,
                };
                (held.result.clone(), replayed)
            })
            .and_then(|(result, replayed)| result.map(|result| (result, replayed)))
            .unwrap_or_else(|| (Err(EdgeError::new(ErrorCode::Internal, "The ticket ended without a result.")), false))
    }

    /// Answers; the ticket counts as delivered when the caller really got it.
    fn reply(&self, result: Result<CallAnswer, EdgeError>, ticket: Option<TicketId>) -> Reply {
        let result = result.map(gatehouse_ipc::message::Answer::Call);
        let Some(id) = ticket else { return Reply::new(result) };
        let broker = self.clone();
        Reply::noting(result, move |delivered| {
            if delivered {
                broker.0.desk.touch(&id, |held| held.ticket.deliver().ok());
            }
        })
    }

    /// What the agent reads when the hold is over.
    fn pending_answer(&self, id: &TicketId) -> CallAnswer {
        let now = self.now();
        let looked = self.0.desk.look(id, |held| {
            (held.ticket.state().name(), held.ticket.expires_at().since(now).as_secs(), held.ticket.kind())
        });
        let (state, expires_in, kind) = looked.unwrap_or(("gone", 0, TicketKind::Call));
        let (status, message) = match (state, kind) {
            ("running", _) => {
                ("running", "The call is running in Odoo. Call approval_wait with this ticket for its outcome.")
            }
            (_, TicketKind::Form) => (
                "awaiting_person",
                "The form is open in Gatehouse; the user enters the secret there. Call approval_wait with this ticket for the outcome.",
            ),
            (_, TicketKind::Admission) => (
                "pending_approval",
                "The user has not admitted you yet. Nothing ran. Call approval_wait with this ticket, then repeat the call.",
            ),
            _ => (
                "pending_approval",
                "A person has not decided yet. Nothing ran. Call approval_wait with this ticket, or repeat the same call; \
                 tell the user that Gatehouse waits for them.",
            ),
        };
        CallAnswer {
            text: json!({"status": status, "ticket": id, "expires_in_seconds": expires_in, "next": message})
                .to_string(),
            is_error: false,
        }
    }

    fn write_down(
        &self,
        arrival: &Arrival,
        sheet: &Sheet,
        end: &Result<(Result<CallAnswer, EdgeError>, Option<TicketId>), Stop>,
    ) {
        let mut header = sheet.header.clone();
        let outcome = match end {
            Ok((Ok(_), _)) => Outcome::Done { summary: sheet.summary.clone() },
            Ok((Err(error), _)) | Err(Stop::Refused(error)) => {
                if header.decision.is_empty() {
                    header.decision = "deny".into();
                }
                Outcome::Failed { code: error.code, message: error.message.clone() }
            }
            Err(Stop::Pending(_)) => return,
            Err(Stop::Cancelled) => {
                Outcome::Failed { code: ErrorCode::Cancelled, message: "cancelled by the client".into() }
            }
        };
        let duration_ms = u64::try_from(self.now().since(arrival.arrived_at).as_millis()).unwrap_or(u64::MAX);
        self.note_call(
            JournalEvent::Call { call: sheet.call.clone(), of: header, outcome, duration_ms },
            json!({"arguments": sheet.arguments}),
        );
        self.changed(&[Topic::Activity]);
    }
}

enum Recheck {
    /// The data has changed.
    Drifted,
    /// Refused now.
    Refused(EdgeError),
    /// A limit is full in the window of now.
    Limited(EdgeError),
    /// The caller is gone.
    Detached,
}

impl Job {
    fn charges(&self) -> Vec<Charge> {
        let reservation = self.reservation.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        reservation.as_ref().map(|reserved| reserved.charges.clone()).unwrap_or_default()
    }
}

impl Sheet {
    fn new(arrival: &Arrival) -> Self {
        Self {
            call: new_call_id(),
            header: CallHeader {
                agent: arrival.agent.clone(),
                connection: None,
                connection_name: None,
                tool: arrival.call.name.chars().take(64).collect(),
                category: Category::Execute,
                model: None,
                method: None,
                records: None,
                decision: String::new(),
                rule: String::new(),
                ticket: None,
                charges: Vec::new(),
            },
            arguments: arrival.call.arguments.clone(),
            summary: String::new(),
            recorded: false,
        }
    }

    fn connection(&mut self, connection: Option<&Connection>) {
        self.header.connection = connection.map(|c| c.id.clone());
        self.header.connection_name = connection.map(|c| c.name.clone());
    }

    fn facts(&mut self, facts: &CallFacts) {
        self.header.category = facts.risk.category;
        self.header.model.clone_from(&facts.model);
        self.header.method.clone_from(&facts.method);
        self.header.records = facts.records;
    }

    fn decision(&mut self, decision: &Decision) {
        let (word, rule) = match decision {
            Decision::Allow => ("allow", ""),
            Decision::Ask(question) => ("ask", question.rule.as_str()),
            Decision::Deny(denial) => ("deny", denial.rule.as_str()),
        };
        self.header.decision = word.into();
        self.header.rule = rule.into();
    }
}

/// Counts a live call that waits on a ticket, for as long as it does.
struct Waiting {
    broker: Broker,
    id: TicketId,
}

impl Waiting {
    fn begin(broker: &Broker, id: &TicketId, hold_until: Timestamp) -> Self {
        broker.0.desk.touch(id, |held| {
            held.waiters += 1;
            held.held_until = Some(held.held_until.map_or(hold_until, |until| until.max(hold_until)));
        });
        broker.changed(&[Topic::Approvals]);
        Self { broker: broker.clone(), id: id.clone() }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.broker.0.desk.touch(&self.id, |held| {
            held.waiters -= 1;
            if held.waiters == 0 {
                held.held_until = None;
            }
        });
        self.broker.changed(&[Topic::Approvals]);
    }
}

/// What the person approves: the call and the values it was shown with.
pub(crate) fn shown_digest(key: &Digest, observed: &Value) -> Digest {
    Hasher::new("shown").part(key.as_bytes()).json(observed).finish()
}

/// A policy's refusal as the agent reads it.
pub(crate) fn refused(denial: Denial) -> EdgeError {
    let code = if denial.rule == "(ask budget)" { ErrorCode::RateLimited } else { ErrorCode::Denied };
    let advice = match denial.retry {
        Retry::Never => " Do not retry it.".to_owned(),
        Retry::After { seconds } => format!(" Try again in {seconds} s."),
        Retry::WhenChanged => String::new(),
    };
    let error =
        EdgeError::new(code, format!("{}{advice}", denial.message)).with_detail(format!("rule {}", denial.rule));
    if matches!(denial.retry, Retry::After { .. }) { error.retryable() } else { error }
}

fn limited(full: &Full) -> EdgeError {
    let error =
        EdgeError::new(ErrorCode::RateLimited, full.denial().message).with_detail(format!("rule {}", full.rule));
    if full.retry_after.is_some() { error.retryable() } else { error }
}

fn paused(message: &str) -> EdgeError {
    EdgeError::new(ErrorCode::Paused, format!("{message} Stop and tell the user.")).with_detail("rule (paused)")
}

fn unknown_tool(name: &str) -> EdgeError {
    let shown: String = name.chars().take(64).collect();
    EdgeError::new(ErrorCode::UnknownTool, format!("There is no tool “{shown}”."))
}

fn answer_of(done: &Done) -> CallAnswer {
    CallAnswer { text: done.answer.to_string(), is_error: false }
}

fn mark_replayed(result: Result<CallAnswer, EdgeError>, replayed: bool) -> Result<CallAnswer, EdgeError> {
    let Ok(answer) = result else { return result };
    if !replayed {
        return Ok(answer);
    }
    let text = match serde_json::from_str::<Value>(&answer.text) {
        Ok(Value::Object(mut map)) => {
            map.insert("replayed".into(), json!(true));
            Value::Object(map).to_string()
        }
        _ => answer.text,
    };
    Ok(CallAnswer { text, ..answer })
}
