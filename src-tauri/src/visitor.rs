//! A second `gatehouse` of the same profile: it asks the first to show itself, and ends.

use crate::arguments::Arguments;
use gatehouse_ipc::message::{Answer, Hello, PROTOCOL, Request, Role};
use gatehouse_ipc::{Client, SocketPath};
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;

pub(crate) async fn call_on_the_first(socket: &SocketPath, arguments: &Arguments) -> ExitCode {
    if arguments.background {
        return ExitCode::SUCCESS;
    }
    let hello = Hello { protocol: PROTOCOL, build: env!("CARGO_PKG_VERSION").to_owned(), role: Role::Visitor };
    let client = match Client::connect(socket, hello).await {
        Ok(client) => client,
        Err(error) => return crate::say(&format!("it runs already, but does not answer: {error}")),
    };
    let request = Request::Show { page: arguments.show.clone() };
    match client.request(request, |_, _| {}, &CancellationToken::new()).await {
        Ok(Answer::Shown { how }) if how == "failed" => crate::say("it runs already, but could not show its window"),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => crate::say(&format!("it runs already, but could not show its window: {}", error.message)),
    }
}
