//! Whoever speaks on the socket: a name is no proof, a frame is no key, and nothing that can be said there approves.

use super::{House, SENTENCE, write};
use gatehouse_tests::Stranger;
use gatehouse_tests::stranger::{call_tool, hello};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_claims_to_be_claude_is_a_newcomer_and_gets_no_ticket_of_claudes() {
    let house = House::open().await;
    let (mut windows, mut claude) = house.admitted("claude-code").await;
    let id = house.odoo.new_contact("Claude's").await;
    let call = claude.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    let waiting = windows.until_waiting(1).await;

    // The same name, the same claim about the client, the same call; another program.
    let mut fake = Stranger::named(&house.stage, "claude-code").await.unwrap();
    let taken = fake.call("approval_wait", &json!({ "ticket": waiting[0] })).await;
    assert!(taken["Err"]["code"].is_string(), "a stranger waits on Claude's ticket: {taken}");
    let same = fake.begin("odoo_write", &write(id, "+32 2 111 11 11"), "claude-code").await;
    windows.turn_to_card("Another program calls itself claude-code").await;
    let was = windows.text("was-another").await;
    let now = windows.text("admission-program").await;
    assert!(!was.contains(now.lines().next().unwrap()), "the card does not tell them apart: {was} / {now}");

    // Claude's own card is not touched by any of it, and its yes goes to Claude alone.
    windows.refuse("Another program").await;
    let refused = fake.answer(same).await;
    assert_eq!(refused["Err"]["code"], "not_admitted", "{refused}");
    windows.approve(SENTENCE).await;
    claude.finish(call).await.ok();
    assert_eq!(house.changes(), 1);
    let again = fake.call("approval_wait", &json!({ "ticket": waiting[0] })).await;
    assert!(again["Err"]["code"].is_string(), "a stranger got Claude's result: {again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_of_another_bridge_replayed_decide_and_deliver_nothing() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("claude-code").await;
    let id = house.odoo.new_contact("Replayed").await;
    let call = bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    let waiting = windows.until_waiting(1).await;
    // What the bridge said, word for word, and what ends its requests.
    let mut replay = Stranger::connect(&house.stage).await;
    replay.say(&hello("claude-code")).await;
    assert_eq!(replay.hear().await.unwrap()["type"], "welcome");
    let call_again = call_tool("odoo_write", &write(id, "+32 2 111 11 11"), "claude-code");
    for id in 1..=8 {
        replay.say(&json!({ "type": "request", "id": id, "body": call_again })).await;
        replay.say(&json!({ "type": "ack", "id": id })).await;
        replay.say(&json!({ "type": "cancel", "id": id })).await;
    }
    replay.say(&hello("claude-code")).await;
    while replay.hear().await.is_some() {}
    assert!(windows.waiting().await.contains(&waiting[0]), "a replayed frame ended somebody's ticket");
    assert_eq!(house.changes(), 0);
    windows.approve(SENTENCE).await;
    bridge.finish(call).await.ok();
    assert_eq!(house.changes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_on_the_socket_approves_admits_or_loosens() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("claude-code").await;
    let id = house.odoo.new_contact("Waiting").await;
    bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    let card = windows.queue().await["card"].take();
    let (ticket, digest) = (card["ticket"].clone(), card["digest"].clone());
    let approve = json!({ "verdict": "approve", "typed_count": null, "unseen": null });

    let mut stranger = Stranger::named(&house.stage, "claude-code").await.unwrap();
    for body in [
        json!({ "method": "approve", "ticket": ticket }),
        json!({ "method": "decide", "ticket": ticket, "digest": digest, "verdict": approve, "pin": null }),
        json!({ "method": "present_card", "ticket": ticket, "digest": digest }),
        json!({ "method": "admit", "agent": "claude-code", "connections": ["Acme"] }),
        json!({ "method": "save_policy", "layer": "user", "edit": { "kind": "preset", "preset": "trusted" } }),
        json!({ "method": "show", "page": "approvals", "approve": ticket }),
        call_tool("decide", &json!({ "ticket": ticket, "digest": digest, "verdict": approve }), "claude-code"),
        call_tool("approve", &json!({ "ticket": ticket }), "claude-code"),
    ] {
        let id = stranger.ask(body.clone()).await;
        let answer = stranger.answer(id).await;
        assert!(answer["Err"]["code"].is_string(), "{body} was answered by {answer}");
    }
    for message in [
        json!({ "type": "approve", "ticket": ticket, "digest": digest }),
        json!({ "type": "response", "id": 1, "result": { "Ok": { "answer": "call", "text": "{}", "is_error": false } } }),
        json!({ "type": "event", "event": "tools_changed" }),
        json!({ "type": "hello", "protocol": 2, "build": "0", "role": { "kind": "approval" } }),
        json!({ "type": "hello", "protocol": 2, "build": "0", "role": { "kind": "visitor" }, "approve": ticket }),
    ] {
        let mut stranger = Stranger::connect(&house.stage).await;
        stranger.say(&message).await;
        while let Some(told) = stranger.hear().await {
            assert_ne!(told["type"], "welcome", "{message} was welcomed");
        }
    }
    // A visitor may show the window, and look at what is counted.
    let mut visitor = Stranger::connect(&house.stage).await;
    visitor.say(&json!({ "type": "hello", "protocol": 2, "build": "0", "role": { "kind": "visitor" } })).await;
    assert_eq!(visitor.hear().await.unwrap()["type"], "welcome");
    let id_of_call = visitor.ask(call_tool("odoo_write", &write(id, "+32 2 222 22 22"), "claude-code")).await;
    assert_eq!(visitor.answer(id_of_call).await["Err"]["code"], "denied");

    assert_eq!(windows.waiting().await, [ticket.as_str().unwrap()]);
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_plain_word_is_turned_away_at_the_door() {
    let house = House::open().await;
    let mut windows = gatehouse_tests::Windows::new(&house.stage);
    windows.turn_to(gatehouse_tests::window::Which::Main).await;
    let long = "a".repeat(100_000);
    for name in [
        "claude\u{202e}edoc",
        "claude\u{200b}code",
        "cl\u{430}ude-code",
        "claude\u{e0041}",
        "<b>claude</b>",
        "<script>alert(1)</script>",
        "claude code",
        "claude\n(verified)",
        "Claude",
        "",
        "-claude",
        &long,
    ] {
        let refused = Stranger::named(&house.stage, name).await;
        let shown: String = name.chars().take(40).collect();
        let told = refused.err().unwrap_or_else(|| panic!("{shown:?} was welcomed"));
        assert!(told.to_string().len() < 1_000, "the refusal repeats it: {shown:?}");
    }
    assert!(!windows.is_there(gatehouse_tests::window::Which::Approval).await);
    assert_eq!(house.stage.app_ids().len(), 1);
}
