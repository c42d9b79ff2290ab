//! `gatehouse-mcp`: the MCP server that a client launches.
//!
//! It carries: MCP on stdin and stdout, [`gatehouse_ipc`] to the app, nothing of its own in between. It reads the socket and
//! what the app left behind, it may start the app, and it writes no file. It knows no secret and never talks to Odoo.

mod answer;
mod arguments;
mod call;
mod desktop;
mod doctor;
mod launch;
mod line;
mod log;
mod program;
mod server;
mod session;
mod stdio;
mod tools;
mod twice;

use arguments::{Command, Options};
use server::Server;
use session::Session;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use stdio::Stdio;

fn main() -> ExitCode {
    match arguments::parse(std::env::args_os().skip(1)) {
        Ok(Command::Serve(options)) => run(serve(options)),
        Ok(Command::Doctor(options)) => run(doctor::examine(options)),
        Ok(Command::Detach { program, arguments }) => launch::detach(&program, &arguments),
        Ok(Command::Print(text)) => {
            say(&mut std::io::stdout(), &text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&mut std::io::stderr(), &format!("gatehouse-mcp: {error}\nTry: gatehouse-mcp --help\n"));
            ExitCode::from(2)
        }
    }
}

/// One thread: everything here waits, nothing computes, and a bridge starts with every chat.
fn run(future: impl Future<Output = ExitCode>) -> ExitCode {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(future),
        Err(error) => {
            say(&mut std::io::stderr(), &format!("gatehouse-mcp: cannot start: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Serves MCP until the client closes stdin.
async fn serve(options: Options) -> ExitCode {
    log::begin();
    let session = Arc::new(Session::new(options));
    let (stdio, writing) = Stdio::open(Arc::clone(&session));
    let ended = session.ended().clone();

    let served = tokio::spawn(async move {
        match rmcp::serve_server(Server::new(session), stdio).await {
            Ok(running) => running.waiting().await.is_ok(),
            Err(rmcp::service::ServerInitializeError::ConnectionClosed(_)) => true,
            Err(error) => {
                tracing::error!(kind = kind(&error), "the MCP session did not begin");
                false
            }
        }
    });
    let last_words = async {
        let went_well = served.await.unwrap_or(false);
        // What was answered still leaves.
        went_well && writing.await.is_ok()
    };
    let went_well = tokio::select! {
        went_well = last_words => went_well,
        () = async { ended.cancelled().await; tokio::time::sleep(Duration::from_secs(1)).await } => true,
    };
    // Not by returning: a read of stdin on another thread cannot be waited out.
    std::process::exit(i32::from(!went_well))
}

/// The kind alone: the error itself may hold a message with its arguments.
fn kind(error: &rmcp::service::ServerInitializeError) -> &'static str {
    use rmcp::service::ServerInitializeError as Error;
    match error {
        Error::ExpectedInitializeRequest(_) => "no initialize request",
        Error::InitializeFailed(_) => "initialize failed",
        Error::TransportError { .. } => "stdout is closed",
        _ => "other",
    }
}

fn say(to: &mut impl std::io::Write, text: &str) {
    // With nobody to read it there is nobody to tell.
    drop(to.write_all(text.as_bytes()));
    drop(to.flush());
}
