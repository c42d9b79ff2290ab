//! Cards that ask for more than a click, and what a person can do on them besides saying yes, in the real windows.

use crate::house::{House, write};
use gatehouse_tests::liar::{Liar, Lie};
use gatehouse_tests::person::odoo_says;
use gatehouse_tests::window::Which;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_shown_is_approved_in_typed_words_and_a_deletion_never() {
    let house = House::open().await;
    let liar = Liar::before(house.odoo.url.trim_start_matches("http://").to_owned()).await;
    let (mut windows, mut bridge) = house.admitted_at(&liar.url(), "blind").await;
    let id = house.odoo.new_contact("Unseen").await;
    // Its fields are known by now; then Odoo cannot be reached while the card is made.
    let known = bridge.begin("odoo_write", write(id, "+32 2 999 99 99")).await;
    windows.deny("Change 1 field on 1", "only a look").await;
    bridge.finish(known).await.error();
    liar.tell(Lie::Silence);
    let call = bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card("unseen").await;
    windows.find("preview-error").await;
    windows.find("arguments").await;
    liar.tell(Lie::None);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    windows.read_to_the_end().await;
    assert!(windows.driver().find("[data-testid=verdicts][data-armed=true]").await.is_err(), "approved without a word");
    windows.fill("type-unseen", "approve unseen").await;
    windows.approve("unseen").await;
    bridge.finish(call).await.ok();
    assert_eq!(house.odoo.field("res.partner", id, "phone").await, "+32 2 111 11 11");

    liar.tell(Lie::Silence);
    let delete = json!({ "connection": "Acme", "model": "res.partner", "ids": [id] });
    let call = bridge.begin("odoo_unlink", delete).await;
    windows.turn_to_card("odoo_unlink").await;
    windows.find("never-unseen").await;
    assert!(!windows.has("type-unseen").await);
    liar.tell(Lie::None);
    windows.deny("odoo_unlink", "not unseen").await;
    bridge.finish(call).await.error();
    assert_eq!(house.odoo.field("res.partner", id, "phone").await, "+32 2 111 11 11");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_on_many_records_is_summed_up_exported_and_counted_by_the_person() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("sweeper").await;
    let mut ids = Vec::new();
    for number in 0..60 {
        ids.push(house.odoo.new_contact(&format!("Many {number:02}")).await);
    }
    let change =
        json!({ "connection": "Acme", "model": "res.partner", "ids": ids, "values": { "phone": "+32 2 777 77 77" } });
    let call = bridge.begin("odoo_write", change).await;
    windows.turn_to_card("60").await;
    let summary = windows.text("summary-phone").await;
    assert!(summary.contains("60") && summary.contains("777 77 77"), "{summary}");
    windows.click("export-card").await;
    windows.wait_for_text("export-path", "downloads").await;
    let folder = house.stage.profile().join("downloads");
    let [file] = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()[..]
        .to_vec()
        .try_into()
        .unwrap();
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let rows = std::fs::read_to_string(&file).unwrap();
    for number in 0..60 {
        assert!(rows.contains(&format!("Many {number:02}")), "{number} is missing in {rows}");
    }

    windows.read_to_the_end().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    windows.fill("type-count", "59").await;
    assert!(windows.driver().find("[data-testid=verdicts][data-armed=true]").await.is_err(), "59 are not 60");
    windows.fill("type-count", "60").await;
    windows.approve("60").await;
    bridge.finish(call).await.ok();
    for id in [ids[0], ids[59]] {
        assert_eq!(house.odoo.field("res.partner", id, "phone").await, "+32 2 777 77 77");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_can_be_turned_into_advice_to_archive() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("cleaner").await;
    let id = house.odoo.new_contact("Old customer").await;
    let call = bridge.begin("odoo_unlink", json!({ "connection": "Acme", "model": "res.partner", "ids": [id] })).await;
    windows.turn_to_card("Delete").await;
    windows.click("deny-archive").await;
    let answer = bridge.finish(call).await;
    assert!(answer.is_error && answer.text.contains("active"), "{}", answer.text);
    assert_eq!(house.changes(), 0);

    // What it was told to do is another question.
    let archive = json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "active": false } });
    let call = bridge.begin("odoo_write", archive).await;
    windows.approve("Change 1 field on 1").await;
    bridge.finish(call).await.ok();
    assert_eq!(house.odoo.field("res.partner", id, "active").await, Value::Bool(false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_last_hour_is_taken_back_newest_first_up_to_what_somebody_changed_since() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("hasty").await;
    let [touched, left] = [house.odoo.new_contact("Touched since").await, house.odoo.new_contact("Left alone").await];
    for (id, phone) in
        [(left, "+32 2 100 00 01"), (touched, "+32 2 100 00 02"), (left, "+32 2 100 00 03"), (left, "+32 2 100 00 04")]
    {
        let call = bridge.begin("odoo_write", write(id, phone)).await;
        windows.approve("Change 1 field on 1").await;
        bridge.finish(call).await.ok();
    }
    house.odoo.call("res.partner", "write", json!({ "ids": [touched], "vals": { "phone": "+32 2 555 55 55" } })).await;

    windows.turn_to(Which::Main).await;
    windows.click("nav-agents").await;
    windows.click("undo-hour-hasty").await;
    windows.turn_to_card("Take back 2 calls").await;
    let stops = windows.text("stops-before").await;
    assert!(stops.contains("Touched since") || stops.contains("phone"), "{stops}");
    windows.approve("Take back 2 calls").await;
    odoo_says(&house.odoo, "res.partner", left, "phone", &json!("+32 2 100 00 01")).await;
    assert_eq!(house.odoo.field("res.partner", touched, "phone").await, "+32 2 555 55 55");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_long_text_the_words_that_change_are_marked() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("editor").await;
    let id = house.odoo.new_contact("Wordy").await;
    let text = |price: &str| format!("<p>We deliver within ten days. The price is <b>{price}</b> for each.</p>");
    house.odoo.call("res.partner", "write", json!({ "ids": [id], "vals": { "comment": text("120 euros") } })).await;
    let change =
        json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "comment": text("12 euros") } });
    let call = bridge.begin("odoo_write", change).await;
    windows.turn_to_card("Change 1 field on 1").await;
    windows.find("text-change").await;
    for (tag, words) in [("del", "120"), ("ins", "12")] {
        let piece = windows.find_css(&format!("[data-testid=text-change] {tag}")).await;
        let told = windows.driver().text(&piece).await.unwrap();
        assert!(told.contains(words) && !told.contains("deliver"), "{tag}: {told}");
    }
    assert!(!windows.text("card").await.contains("<b>"), "markup is shown as markup");
    windows.approve("Change 1 field on 1").await;
    bridge.finish(call).await.ok();
}
