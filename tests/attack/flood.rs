//! However many questions, names and repetitions: a person meets few of them.

use super::{House, SENTENCE, write};
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Stranger, Windows};
use serde_json::{Value, json};

/// So many calls at once, of which five get a card each; the others are refused at once.
async fn flood(bridge: &mut Bridge, id: i64, calls: usize) {
    for n in 0..calls {
        bridge.begin("odoo_write", write(id, &format!("+32 2 {n:07}"))).await;
    }
    for _ in 5..calls {
        let answer = bridge.finish_any().await;
        let is_refused = ["rate_limited", "too_much"].iter().any(|code| answer.text.contains(code));
        assert!(answer.is_error && is_refused, "{}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_of_one_agent_are_five_cards() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("flooder").await;
    let id = house.odoo.new_contact("Flooded").await;
    flood(&mut bridge, id, 200).await;
    windows.turn_to_card(SENTENCE).await;
    assert_eq!(windows.until_waiting(5).await.len(), 5);
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_calls_are_one_card_and_three_refusals_silence_the_agent() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("nagger").await;
    let id = house.odoo.new_contact("Nagged").await;
    for round in 0..3 {
        let same = write(id, &format!("+32 2 {round:07}"));
        let mut calls = Vec::new();
        for _ in 0..20 {
            calls.push(bridge.begin("odoo_write", same.clone()).await);
        }
        windows.turn_to_card(SENTENCE).await;
        assert_eq!(windows.until_waiting(1).await.len(), 1, "equal calls are several cards");
        windows.deny(SENTENCE, "no").await;
        for call in calls {
            let error = bridge.finish(call).await.error();
            assert_eq!(error["error"]["code"], "denied_by_person", "{error}");
        }
    }
    let error = bridge.call("odoo_write", write(id, "+32 2 999 99 99")).await.error();
    assert_eq!(error["error"]["code"], "rate_limited", "{error}");
    windows.until_gone(Which::Approval).await;
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_names_are_five_cards_and_three_refusals_silence_every_name() {
    let house = House::open().await;
    let mut windows = Windows::new(&house.stage);
    windows.turn_to(Which::Main).await;
    let mut waiting = Vec::new();
    for n in 0..200 {
        let mut stranger = Stranger::named(&house.stage, &format!("claude-{n}")).await.unwrap();
        let call = stranger.begin("user_connection_list", &json!({}), "claude-code").await;
        if n < 5 {
            waiting.push(stranger);
        } else {
            let error = stranger.answer(call).await;
            assert_eq!(error["Err"]["code"], "too_much", "{error}");
        }
    }
    // As many as that at the same time do not even get a seat.
    let mut seated = Vec::new();
    let refused = loop {
        match Stranger::named(&house.stage, &format!("crowd-{}", seated.len())).await {
            Ok(stranger) => seated.push(stranger),
            Err(told) => break told,
        }
        assert!(seated.len() < 1_000, "the socket takes everybody");
    };
    assert_eq!(refused["code"], "too_much", "{refused}");
    drop(seated);
    windows.turn_to(Which::Approval).await;
    assert_eq!(windows.until_waiting(5).await.len(), 5);
    for _ in 0..3 {
        let ticket = windows.ticket().await;
        windows.click("refuse").await;
        gatehouse_tests::eventually("the next card", || async { (windows.ticket().await != ticket).then_some(()) })
            .await;
    }
    // Another name is no way around it, nor is the name of an agent that has a card already.
    for name in ["claude-200", "claude-0", "chatgpt"] {
        let mut stranger = Stranger::named(&house.stage, name).await.unwrap();
        let error = stranger.call("user_connection_list", &json!({})).await;
        assert_eq!(error["Err"]["code"], "rate_limited", "{name}: {error}");
    }
    assert_eq!(windows.waiting().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_agents_at_once_get_five_cards_each_and_the_window_stays_usable() {
    let house = House::open().await;
    let (mut windows, first) = house.admitted("flooder-1").await;
    let mut bridges = vec![first];
    for n in 2..=3 {
        bridges.push(house.admit(&mut windows, &format!("flooder-{n}")).await);
    }
    let id = house.odoo.new_contact("Flooded").await;
    for bridge in &mut bridges {
        flood(bridge, id, 60).await;
    }
    windows.turn_to_card(SENTENCE).await;
    windows.until_waiting(15).await;
    assert!(windows.text("card-position").await.contains("15"));
    let screen: Value = windows.driver().script("return [innerWidth, innerHeight]", json!([])).await.unwrap();
    for button in ["deny", "approve", "deny-pause", "next-card"] {
        let place = windows.place(button).await;
        assert!(place.x >= 0.0 && place.x + place.width <= screen[0].as_f64().unwrap(), "{button}: {place:?}");
        assert!(place.y >= 0.0 && place.y + place.height <= screen[1].as_f64().unwrap(), "{button}: {place:?}");
    }
    // One click ends an agent's whole flood.
    windows.click("deny-pause").await;
    windows.until_waiting(10).await;
    assert_eq!(house.changes(), 0);
}
