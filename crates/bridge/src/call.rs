use crate::answer;
use crate::launch::{unavailable, unreachable};
use crate::session::Session;
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_ipc::message::{Answer, CallTool, ClientClaim, Request};
use gatehouse_ipc::{Client, ConnectError, Pending, Update};
use rmcp::model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer};
use std::sync::Arc;
use std::time::Instant;

/// Carries one tool call to the app and its answer back. Dropping the future cancels it there.
pub(crate) async fn carry(
    session: &Arc<Session>,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> CallToolResult {
    let arrived = Instant::now();
    let Ok(_room) = session.room().try_acquire() else {
        let error = EdgeError::new(ErrorCode::TooMuch, "Too many calls at once. Wait for some answers first.");
        return answer::error(&error.retryable());
    };
    let mut progress = Progress::new(context, arrived);
    match ask(session, request, context, &mut progress).await {
        Ok(answer) => answer,
        Err(error) => answer::error(&error),
    }
}

async fn ask(
    session: &Arc<Session>,
    request: CallToolRequestParams,
    context: &RequestContext<RoleServer>,
    progress: &mut Progress,
) -> Result<CallToolResult, EdgeError> {
    let mut call = CallTool {
        name: request.name.into_owned(),
        arguments: request.arguments.unwrap_or_default().into(),
        client: claim(context),
        elapsed_ms: 0,
        wants_progress: progress.is_wanted(),
        started_app: false,
    };
    let mut is_second = false;
    loop {
        let (client, started_app) = reach(session, &call.name, progress).await?;
        call.started_app |= started_app;
        call.elapsed_ms = u64::try_from(progress.arrived.elapsed().as_millis()).unwrap_or(u64::MAX);
        let error = match client.ask(Request::CallTool(call.clone())) {
            Ok(pending) => match answer_to(pending, session, context, progress).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            },
            Err(error) => error,
        };
        // The app went away. What was never sent, or changes nothing, may be asked once more.
        let was_lost = client.is_closed() && error.code == ErrorCode::OutcomeUnknown && session.only_reads(&call.name);
        let was_not_sent = client.is_closed() && error.code == ErrorCode::AppUnavailable;
        if is_second && was_lost {
            return Err(unavailable("Gatehouse ended before it answered. Try again.").retryable());
        }
        if is_second || !(was_lost || was_not_sent) {
            return Err(error);
        }
        is_second = true;
    }
}

async fn answer_to(
    mut pending: Pending,
    session: &Session,
    context: &RequestContext<RoleServer>,
    progress: &mut Progress,
) -> Result<CallToolResult, EdgeError> {
    loop {
        match pending.next().await {
            Update::Progress { message, .. } => progress.tell(message).await,
            Update::Done(result, receipt) => {
                session.owe(context.id.clone(), receipt);
                if context.ct.is_cancelled() {
                    session.forget(&context.id);
                }
                return match result? {
                    Answer::Call(told) => Ok(answer::result(told)),
                    _ => Err(EdgeError::new(ErrorCode::Internal, "Gatehouse answered something else.")),
                };
            }
        }
    }
}

/// The app, started if need be and allowed; and whether it was started now.
async fn reach(session: &Arc<Session>, tool: &str, progress: &mut Progress) -> Result<(Client, bool), EdgeError> {
    match session.connect().await {
        Ok(client) => Ok((client, false)),
        Err(ConnectError::NotRunning) => {
            session.may_start(tool)?;
            let start = session.start();
            progress.tell("starting Gatehouse".to_owned()).await;
            Ok((start.await?, true))
        }
        Err(error) => Err(unreachable(&error)),
    }
}

fn claim(context: &RequestContext<RoleServer>) -> Option<ClientClaim> {
    let short = |text: String| text.chars().filter(|c| !c.is_control()).take(80).collect();
    context.client_info().map(|client| ClientClaim { name: short(client.name), version: short(client.version) })
}

/// MCP's progress of one call: seconds since it arrived, always growing, only where the client asked for it.
struct Progress {
    arrived: Instant,
    last: f64,
    to: Option<(ProgressToken, Peer<RoleServer>)>,
}

impl Progress {
    fn new(context: &RequestContext<RoleServer>, arrived: Instant) -> Self {
        let to = context.meta.get_progress_token().map(|token| (token, context.peer.clone()));
        Self { arrived, last: 0.0, to }
    }

    fn is_wanted(&self) -> bool {
        self.to.is_some()
    }

    async fn tell(&mut self, message: String) {
        let Some((token, peer)) = &self.to else {
            return;
        };
        let seconds = (self.arrived.elapsed().as_secs_f64() * 1000.0).round() / 1000.0;
        self.last = if seconds > self.last { seconds } else { self.last + 0.001 };
        let note = ProgressNotificationParam::new(token.clone(), self.last).with_message(message);
        if peer.notify_progress(note).await.is_err() {
            // Whoever cannot be told is gone; the end of input says so.
            self.to = None;
        }
    }
}
