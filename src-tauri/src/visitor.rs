//! A second `gatehouse` of the same profile: it asks the first to show itself, and ends.

use crate::arguments::Arguments;
use gatehouse_ipc::message::{Answer, Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, SocketPath};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

/// The error says why the first could not be spoken to: it may be ending at this moment.
pub(crate) async fn call_on_the_first(socket: &SocketPath, arguments: &Arguments) -> Result<ExitCode, String> {
    let hello = Hello { protocol: PROTOCOL, build: env!("CARGO_PKG_VERSION").to_owned(), role: Role::Visitor };
    let client = Client::connect(socket, hello)
        .await
        .map_err(|error| format!("it runs already, but does not answer: {error}"))?;
    if arguments.background {
        return Ok(ExitCode::SUCCESS);
    }
    let request = Request::Show { page: arguments.show.clone() };
    match client.request(request, |_, _| {}, &CancellationToken::new()).await {
        Ok(Answer::Shown { how }) if how == "failed" => {
            Ok(crate::say("it runs already, but could not show its window"))
        }
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(error) => Err(format!("it runs already, but could not show its window: {}", error.message)),
    }
}
