//! A key that is down when a card comes up says nothing about the card.

use super::{House, SENTENCE, write};
use gatehouse_tests::hands::{APPROVAL_TITLE, MAIN_TITLE};
use gatehouse_tests::{Bridge, Hands, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn enter_held_from_before_the_card_opened_approves_nothing() {
    held_from_before("Return").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn space_held_from_before_the_card_opened_approves_nothing() {
    held_from_before("space").await;
}

async fn held_from_before(key: &str) {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("typist").await;
    let id = house.odoo.new_contact("Held key").await;
    let main = Hands::at(&house.stage, MAIN_TITLE).await;
    main.raise();
    main.go(&format!("keydown {key}"));

    let call = bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    windows.note_input().await;
    // The worst case: the keyboard is at Approve from the first moment.
    windows.focus("approve").await;
    let hands = Hands::at(&house.stage, APPROVAL_TITLE).await;
    hands.raise();
    windows.armed().await;
    windows.until_noted("keydown", "approve", 5).await;
    assert_eq!(windows.waiting().await.len(), 1, "approved while {key} was held");
    hands.go(&format!("keyup {key}"));
    windows.until_noted("keyup", "approve", 1).await;
    assert_eq!(windows.waiting().await.len(), 1, "approved as {key} was let go");
    assert_eq!(house.changes(), 0);

    // Pressed on purpose it approves: the keys did reach the button.
    windows.armed().await;
    hands.go(&format!("key {key}"));
    bridge.finish(call).await.ok();
    assert_eq!(house.odoo.field("res.partner", id, "phone").await, "+32 2 111 11 11");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_repeats_approves_one_card_and_not_the_next() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("typist").await;
    let ids = [house.odoo.new_contact("First").await, house.odoo.new_contact("Second").await];
    let first = bridge.begin("odoo_write", write(ids[0], "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    windows.until_waiting(1).await;
    let second = bridge.begin("odoo_write", write(ids[1], "+32 2 222 22 22")).await;
    let waiting = windows.until_waiting(2).await;
    windows.note_input().await;
    let hands = Hands::at(&house.stage, APPROVAL_TITLE).await;
    hands.raise();
    windows.focus("approve").await;
    windows.armed().await;

    // As a person comes to the button: some key was let go since the card stands there.
    hands.go("key Shift_L");
    hands.go("keydown Return");
    bridge.finish(first).await.ok();
    assert_eq!(windows.until_waiting(1).await, waiting[1..]);
    eventually("the next card", || async { (windows.ticket().await == waiting[1]).then_some(()) }).await;
    windows.read_to_the_end().await;
    windows.focus("approve").await;
    windows.armed().await;
    let seen = windows.noted("keydown", "approve").await;
    windows.until_noted("keydown", "approve", seen + 10).await;
    assert_eq!(windows.waiting().await, waiting[1..], "the repeating key approved the next card");
    hands.go("keyup Return");
    assert_eq!(house.changes(), 1);
    refused(&mut windows, &mut bridge, second).await;
    assert_eq!(house.odoo.field("res.partner", ids[1], "phone").await, "+32 2 000 00 00");
}

/// The person says no after all.
async fn refused(windows: &mut gatehouse_tests::Windows<'_>, bridge: &mut Bridge, call: u64) {
    windows.deny(SENTENCE, "not asked for").await;
    bridge.finish(call).await.error();
}
