//! An Odoo that was taken over: it may say what it likes, and gets neither an approval for something else nor a key sent on.

use super::{House, SENTENCE, write};
use gatehouse_tests::liar::{Liar, Lie, Listening};
use gatehouse_tests::window::Which;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn an_odoo_that_changes_its_answer_between_preview_and_execution_runs_nothing() {
    let house = House::open().await;
    let liar = Liar::before(house.odoo.url.trim_start_matches("http://").to_owned()).await;
    let (mut windows, mut bridge) = house.admitted_at(&liar.url(), "victim").await;
    let id = house.odoo.new_contact("Drifting").await;
    let change = write(id, "+32 2 111 11 11");
    let call = bridge.begin("odoo_write", change.clone()).await;
    windows.turn_to_card(SENTENCE).await;
    assert!(windows.text("card").await.contains("+32 2 000 00 00"));
    liar.tell(Lie::Instead("+32 2 000 00 00".into(), "+32 2 666 66 66".into()));
    windows.approve(SENTENCE).await;
    let error = bridge.finish(call).await.error();
    assert_eq!(error["error"]["code"], "drifted", "{error}");
    assert_eq!(house.changes(), 0);

    // The person is asked anew, with the difference marked; the old yes is worth nothing.
    let again = bridge.begin("odoo_write", change).await;
    windows.turn_to_card(SENTENCE).await;
    windows.find("drifted").await;
    assert!(windows.text("card").await.contains("+32 2 666 66 66"));
    assert_eq!(house.changes(), 0);
    windows.deny(SENTENCE, "that is not what I saw").await;
    bridge.finish(again).await.error();
    assert_eq!(house.odoo.field("res.partner", id, "phone").await, "+32 2 000 00 00");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_odoo_that_sends_gatehouse_elsewhere_gets_no_key_there() {
    let house = House::open().await;
    let liar = Liar::before(house.odoo.url.trim_start_matches("http://").to_owned()).await;
    let elsewhere = Listening::begin().await;
    let (mut windows, mut bridge) = house.admitted_at(&liar.url(), "victim").await;
    let id = house.odoo.new_contact("Redirected").await;
    // Once before anything is shown, once between the yes and the sending.
    let call = bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    liar.tell(Lie::GoTo(elsewhere.url.clone()));
    windows.approve(SENTENCE).await;
    bridge.finish(call).await.error();
    let read = json!({ "connection": "Acme", "model": "res.partner", "domain": [], "fields": ["name"], "limit": 1 });
    let answer = bridge.call("odoo_search_read", read).await;
    assert!(answer.is_error, "{}", answer.text);
    assert!(!answer.text.contains(&house.odoo.key));
    assert_eq!(elsewhere.heard(), "", "Gatehouse followed");
    assert_eq!(house.changes(), 0);
    assert!(house.stage.files_with(&house.odoo.key).is_empty(), "the key lies in a file");
    // The window tells for a moment what became of the yes; nothing waits there any more.
    assert!(!windows.is_there(Which::Approval).await || !windows.has("card").await);
}
