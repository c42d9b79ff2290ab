//! A click means what stood still under the pointer when the person began it.

use super::{House, SENTENCE, write};
use gatehouse_tests::hands::{APPROVAL_TITLE, MAIN_TITLE};
use gatehouse_tests::window::Which;
use gatehouse_tests::{Hands, Windows, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_across_the_queue_advance_approves_one_card() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("clicker").await;
    let ids = [house.odoo.new_contact("First").await, house.odoo.new_contact("Second").await];
    let first = bridge.begin("odoo_write", write(ids[0], "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    bridge.begin("odoo_write", write(ids[1], "+32 2 222 22 22")).await;
    let waiting = windows.until_waiting(2).await;
    windows.note_input().await;
    let hands = Hands::at(&house.stage, APPROVAL_TITLE).await;
    hands.raise();
    windows.armed().await;
    let approve = windows.place("approve").await.middle();
    hands.go(&format!("mousemove --window %w {approve} click --repeat 5 --delay 90 1"));
    bridge.finish(first).await.ok();
    // More than one reached the button: one of them on the card that slid in.
    windows.until_noted("click", "approve", 2).await;
    assert_eq!(windows.waiting().await, waiting[1..]);
    assert_eq!(house.changes(), 1);
    assert_eq!(house.odoo.field("res.partner", ids[1], "phone").await, "+32 2 000 00 00");
}

/// A card that could be approved at once, and the hands at its window.
async fn armed_card(house: &House, id: i64) -> (Windows<'_>, gatehouse_tests::Bridge, u64, Hands<'_>) {
    let (mut windows, mut bridge) = house.admitted("clicker").await;
    let call = bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    windows.note_input().await;
    let hands = Hands::at(&house.stage, APPROVAL_TITLE).await;
    hands.raise();
    windows.armed().await;
    (windows, bridge, call, hands)
}

/// Nothing came of the clicks, and the same click in peace approves.
async fn only_a_click_in_peace_approves(
    house: &House,
    windows: &Windows<'_>,
    hands: &Hands<'_>,
    bridge: &mut gatehouse_tests::Bridge,
    call: u64,
) {
    assert_eq!(windows.waiting().await.len(), 1, "approved in the moment of change");
    assert_eq!(house.changes(), 0);
    windows.armed().await;
    let approve = windows.place("approve").await.middle();
    hands.go(&format!("mousemove --window %w {approve} click 1"));
    bridge.finish(call).await.ok();
    assert_eq!(house.changes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_in_the_moment_of_moving_approves_nothing() {
    let house = House::open().await;
    let id = house.odoo.new_contact("Moving").await;
    let (windows, mut bridge, call, hands) = armed_card(&house, id).await;
    let approve = windows.place("approve").await.middle();
    for step in 0..10 {
        // From a standstill, so that Approve is armed right before.
        windows.armed().await;
        let to = 100 + step * 11;
        hands.go(&format!("windowmove --sync %w {to} 60 mousemove --window %w {approve} click 1"));
        windows.until_noted("click", "approve", step + 1).await;
    }
    only_a_click_in_peace_approves(&house, &windows, &hands, &mut bridge, call).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_in_the_moment_of_resizing_approves_nothing() {
    let house = House::open().await;
    let id = house.odoo.new_contact("Resizing").await;
    let (windows, mut bridge, call, hands) = armed_card(&house, id).await;
    for step in 0..10 {
        windows.armed().await;
        // Approve keeps to the lower right corner.
        let approve = windows.place("approve").await;
        let grown = 8;
        let size = windows.driver().script("return [innerWidth, innerHeight]", serde_json::json!([])).await.unwrap();
        let (width, height) = (size[0].as_u64().unwrap() + grown, size[1].as_u64().unwrap() + grown);
        let (x, y) = (approve.x + approve.width / 2.0, approve.y + approve.height / 2.0);
        hands.go(&format!("windowsize --sync %w {width} {height} mousemove --window %w {x:.0} {y:.0} click 1"));
        windows.until_noted("click", "approve", step + 1).await;
    }
    only_a_click_in_peace_approves(&house, &windows, &hands, &mut bridge, call).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_that_raises_the_window_approves_nothing() {
    let house = House::open().await;
    let id = house.odoo.new_contact("Raising").await;
    let (windows, mut bridge, call, hands) = armed_card(&house, id).await;
    let approve = windows.place("approve").await.middle();
    let main = Hands::at(&house.stage, MAIN_TITLE).await;
    for step in 0..6 {
        // The keyboard is elsewhere, and the card stood still for long.
        main.raise();
        windows.armed().await;
        if step % 2 == 0 {
            hands.go(&format!("mousemove --window %w {approve} click 1"));
        } else {
            hands.go(&format!("windowactivate --sync %w mousemove --window %w {approve} click 1"));
        }
        windows.until_noted("click", "approve", step + 1).await;
    }
    only_a_click_in_peace_approves(&house, &windows, &hands, &mut bridge, call).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ticket_that_slides_under_the_pointer_is_not_approved_by_that_click() {
    let house = House::open().await;
    let (mut windows, mut decoy) = house.admitted("decoy").await;
    let mut real = house.admit(&mut windows, "real").await;
    let ids = [house.odoo.new_contact("Decoy").await, house.odoo.new_contact("Real").await];
    let first = decoy.begin("odoo_write", write(ids[0], "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    windows.until_waiting(1).await;
    real.begin("odoo_write", write(ids[1], "+32 2 222 22 22")).await;
    let waiting = windows.until_waiting(2).await;
    windows.note_input().await;
    let hands = Hands::at(&house.stage, APPROVAL_TITLE).await;
    hands.raise();
    windows.armed().await;
    assert_eq!(windows.ticket().await, waiting[0]);
    let approve = windows.place("approve").await.middle();
    hands.go(&format!("mousemove --window %w {approve}"));

    // The first ticket goes, as when it expires; the pointer is down in the moment when the second stands there.
    windows.turn_to(Which::Main).await;
    windows.invoke("pause_agent", serde_json::json!({ "agent": "decoy", "paused": true })).await.unwrap();
    windows.turn_to(Which::Approval).await;
    assert_eq!(windows.until_waiting(1).await, waiting[1..]);
    hands.go("click --repeat 3 --delay 60 1");
    windows.until_noted("click", "approve", 3).await;
    assert_eq!(windows.ticket().await, waiting[1]);
    assert_eq!(windows.waiting().await, waiting[1..], "the click on the first card approved the second");
    decoy.finish(first).await.error();
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_a_pin_the_most_patient_click_approves_nothing_without_it() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("clicker").await;
    windows.turn_to(Which::Main).await;
    windows.click("nav-settings").await;
    windows.click("change-pin").await;
    windows.turn_to_card("PIN").await;
    windows.fill("pin-new", "4711").await;
    windows.fill("pin-again", "4711").await;
    windows.approve("PIN").await;
    windows.turn_to(Which::Main).await;
    windows.find_css("[data-testid=settings-pin][data-state=set]").await;

    let id = house.odoo.new_contact("Patient").await;
    let call = bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    let hands = Hands::at(&house.stage, APPROVAL_TITLE).await;
    hands.raise();
    windows.read_to_the_end().await;
    let approve = windows.place("approve").await.middle();
    hands.go(&format!("mousemove --window %w {approve} click --repeat 3 --delay 1000 1"));
    assert_eq!(windows.waiting().await.len(), 1);
    assert_eq!(house.changes(), 0);

    windows.fill("pin", "0000").await;
    windows.armed().await;
    windows.click("approve").await;
    windows.find_css("[data-testid=failure][data-code=pin_refused]").await;
    assert_eq!(house.changes(), 0);

    windows.fill("pin", "4711").await;
    windows.approve(SENTENCE).await;
    bridge.finish(call).await.ok();
    assert_eq!(house.changes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_made_for_one_card_begins_at_it_and_one_that_stands_turns_to_it_and_waits_anew() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("asker").await;
    for name in ["First", "Second", "Third"] {
        let id = house.odoo.new_contact(name).await;
        bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    }
    windows.turn_to_card(SENTENCE).await;
    let waiting = windows.until_waiting(3).await;
    for (asked, begins_at) in
        [("review-all".to_owned(), 0), (format!("review-{}", waiting[2]), 2), ("review-all".to_owned(), 0)]
    {
        let hands = Hands::at(&house.stage, APPROVAL_TITLE).await;
        hands.raise();
        hands.go("key --clearmodifiers alt+F4");
        windows.until_gone(Which::Approval).await;
        windows.turn_to(Which::Main).await;
        windows.click("nav-approvals").await;
        windows.click(&asked).await;
        windows.turn_to(Which::Approval).await;
        assert_eq!(windows.ticket().await, waiting[begins_at], "{asked}");
    }
    windows.armed().await;
    windows.turn_to(Which::Main).await;
    windows.click(&format!("review-{}", waiting[1])).await;
    windows.turn_to(Which::Approval).await;
    eventually("the card that was asked for", || async { (windows.ticket().await == waiting[1]).then_some(()) }).await;
    windows.armed().await;
    assert_eq!(house.changes(), 0);
}
