//! Clients that Gatehouse answers before they give up: "a person has not decided yet", with the ticket.

use super::client::{Client, Play};
use serde_json::json;

const CLAUDE_DESKTOP: Client = Client { name: "claude-ai", held: 20, gives_up: 60 };
const COWORK: Client = Client { name: "local-agent-mode-gatehouse", held: 45, gives_up: 60 };
const CURSOR: Client = Client { name: "cursor-vscode", held: 45, gives_up: 60 };
const ZED: Client = Client { name: "Zed", held: 45, gives_up: 60 };
const WINDSURF: Client = Client { name: "windsurf-client", held: 45, gives_up: 60 };
const UNKNOWN: Client = Client { name: "a client of someone's", held: 45, gives_up: 60 };
const CLAUDE_CODE: Client = Client { name: "claude-code", held: 100, gives_up: 120 };
const CODEX: Client = Client { name: "codex-mcp-client", held: 240, gives_up: 300 };
const GOOSE: Client = Client { name: "goose", held: 240, gives_up: 300 };
/// It never gives up; nobody waits for longer.
const VS_CODE: Client = Client { name: "Visual Studio Code", held: 600, gives_up: 840 };

/// Not much: a busy machine must not come to the hold's end before the test does.
const MARGIN: u64 = 5;

/// Held to the end of its hold and answered before it gives up; approved afterwards, and run when it waits on the ticket.
async fn waits_on_its_ticket(client: Client) {
    let (mut play, ticket) = told_to_come_back(client).await;
    let answer = play.bridge().call("approval_wait", json!({ "ticket": ticket })).await.ok();
    assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
    play.it_ran_once().await;
    let again = play.bridge().call("approval_wait", json!({ "ticket": ticket })).await.error();
    assert_eq!(again["error"]["code"], "ticket_gone", "delivered once: {again}");
    play.it_is_over().await;
}

/// The same, and it repeats its call instead.
async fn repeats_its_call(client: Client) {
    let (mut play, _) = told_to_come_back(client).await;
    let answer = play.asks_again().await;
    assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

async fn told_to_come_back(client: Client) -> (Play, String) {
    assert!(client.held < client.gives_up);
    let mut play = Play::asked(client).await;
    let call = play.call;
    play.forward(client.held - MARGIN).await;
    play.bridge().progress(call).await;
    play.forward(MARGIN).await;
    let told = play.bridge().finish(call).await.ok();
    assert_eq!(told["status"], "pending_approval", "{told}");
    let left = told["expires_in_seconds"].as_u64().unwrap();
    assert!((840 - client.held..=900 - client.held).contains(&left), "{left} s are left");
    assert_eq!(play.office.open_tickets().await, ["waiting"]);
    assert_eq!(play.office.writes(), 0);

    play.forward(client.gives_up - client.held).await;
    play.house("approve").await;
    play.nothing_runs_unclaimed().await;
    (play, told["ticket"].as_str().unwrap().to_owned())
}

/// The person answers while the client still waits.
async fn is_answered_while_it_waits(client: Client) {
    let mut play = Play::asked(client).await;
    let call = play.call;
    play.forward(client.held - MARGIN).await;
    play.bridge().progress(call).await;
    play.house("approve").await;
    let answer = play.bridge().finish(call).await.ok();
    assert!(answer["status"] == "written" && answer.get("replayed").is_none(), "{answer}");
    play.it_ran_once().await;
    play.it_is_over().await;
}

mod on_its_ticket {
    use super::*;

    each! { waits_on_its_ticket:
        claude_desktop => CLAUDE_DESKTOP;
        cowork => COWORK;
        cursor => CURSOR;
        zed => ZED;
        windsurf => WINDSURF;
        an_unknown_one => UNKNOWN;
        claude_code => CLAUDE_CODE;
        codex => CODEX;
        goose => GOOSE;
        vs_code => VS_CODE;
    }
}

mod by_the_same_call {
    use super::*;

    each! { repeats_its_call:
        claude_desktop => CLAUDE_DESKTOP;
        cowork => COWORK;
        claude_code => CLAUDE_CODE;
        codex => CODEX;
        vs_code => VS_CODE;
    }
}

mod just_in_time {
    use super::*;

    each! { is_answered_while_it_waits:
        claude_desktop => CLAUDE_DESKTOP;
        cowork => COWORK;
        claude_code => CLAUDE_CODE;
        codex => CODEX;
        vs_code => VS_CODE;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn progress_comes_every_five_seconds_and_only_grows() {
    let mut play = Play::asked(CLAUDE_CODE).await;
    let call = play.call;
    let mut last = 0.0;
    for _ in 0..(CLAUDE_CODE.held - MARGIN) / 5 {
        play.forward(5).await;
        let progress = play.bridge().progress(call).await;
        assert_eq!(progress["message"], "waiting for a person in Gatehouse");
        let seconds = progress["progress"].as_f64().unwrap();
        assert!(seconds > last, "{seconds} after {last}");
        last = seconds;
    }
    play.house("approve").await;
    play.bridge().finish(call).await.ok();
    play.it_ran_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_asked_for_no_progress_gets_none() {
    let mut play = Play::asked(COWORK).await;
    let call = play.call;
    play.forward(MARGIN).await;
    play.bridge().progress(call).await;
    let write = play.office.write();
    let quiet = play.bridge().begin_quietly("odoo_write", write).await;
    play.office.house.waited_on(2).await;
    play.forward(MARGIN).await;
    play.bridge().progress(call).await;
    play.house("approve").await;
    play.bridge().finish(quiet).await.ok();
    play.bridge().finish(call).await.ok();
    let stray = play.bridge().notifications.iter().find(|note| note["params"]["progressToken"] == quiet);
    assert_eq!(stray, None);
    play.it_ran_once().await;
}
