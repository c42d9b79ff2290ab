//! What an agent or a database wrote is shown as it is: nothing of it runs, hides, or moves what is ours.

use super::{House, SENTENCE};
use gatehouse_tests::window::Which;
use gatehouse_tests::{Stranger, Windows};
use serde_json::{Value, json};

/// A bidi override, a zero-width space, a tag character, a Cyrillic letter in a Latin word, and markup that would run.
const HOSTILE: &str = "<img src=x onerror=\"window.ran=1\"><script>window.ran=2</script>Inv\u{202e}eciov\u{200b}ce \
     \u{e0041}p\u{430}ypal<style>*{display:none}</style></textarea></bdi><a href='javascript:window.ran=3'>x</a>";

#[tokio::test(flavor = "multi_thread")]
async fn values_of_a_record_never_run_and_what_hides_in_them_is_marked() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("writer").await;
    let id = house.odoo.new_contact(HOSTILE).await;
    let values = json!({ "comment": HOSTILE, "website": "javascript:window.ran=4", "ref": HOSTILE });
    let change = json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": values });
    bridge.begin("odoo_write", change).await;
    windows.turn_to_card("on 1").await;
    everything_is_unfolded(&windows).await;
    windows.click("show-arguments").await;
    nothing_ran(&windows).await;
    let marks = marks(&windows).await;
    for mark in ["U+202E", "U+200B", "U+E0041", "U+0430"] {
        assert!(marks.iter().any(|found| found.contains(mark)), "{mark} is not marked: {marks:?}");
    }
    buttons_are_in_place(&windows).await;
    assert_eq!(house.changes(), 0);

    // The main window shows the same texts in the journal.
    windows.turn_to(Which::Main).await;
    windows.click("nav-approvals").await;
    nothing_ran(&windows).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_claims_of_itself_is_cut_marked_and_called_a_claim() {
    let house = House::open().await;
    let mut windows = Windows::new(&house.stage);
    windows.turn_to(Which::Main).await;
    let mut stranger = Stranger::named(&house.stage, "boaster").await.unwrap();
    let claim = format!("{HOSTILE} (verified by Gatehouse){}", "W".repeat(100_000));
    stranger.begin("user_connection_list", &json!({}), &claim).await;
    windows.turn_to_card("boaster").await;
    nothing_ran(&windows).await;
    assert!(marks(&windows).await.iter().any(|found| found.contains("U+202E")));
    assert!(windows.text("card").await.contains("not verified"));
    buttons_are_in_place(&windows).await;
    windows.find_css("[data-testid=verdicts][data-armed=false]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_100_kb_leaves_the_buttons_in_place_and_is_not_approved_unread() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("writer").await;
    let id = house.odoo.new_contact("Long").await;
    // Without a space to break at, and with its point at the very end.
    let long = format!("{}PAY-MALLORY", "W".repeat(100_000));
    let change = json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "ref": long } });
    let call = bridge.begin("odoo_write", change).await;
    windows.turn_to_card(SENTENCE).await;
    buttons_are_in_place(&windows).await;
    stays_disarmed(&windows).await;
    assert!(!windows.text("blocker").await.is_empty(), "the card does not say why");
    windows.read_to_the_end().await;
    stays_disarmed(&windows).await;
    everything_is_unfolded(&windows).await;
    buttons_are_in_place(&windows).await;
    assert!(windows.text("card").await.contains("PAY-MALLORY"));
    // Unfolded it is longer than the window: its end has to be seen as well.
    stays_disarmed(&windows).await;
    windows.read_to_the_end().await;
    windows.armed().await;
    windows.approve(SENTENCE).await;
    bridge.finish(call).await.ok();
    assert_eq!(house.changes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_below_the_fold_must_be_seen_before_it_can_be_approved() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("writer").await;
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(house.odoo.new_contact(&format!("Row {n}")).await);
    }
    let values = json!({ "ref": "harmless", "phone": "+32 2 666 66 66" });
    let change = json!({ "connection": "Acme", "model": "res.partner", "ids": ids, "values": values });
    bridge.begin("odoo_write", change).await;
    windows.turn_to_card("on 12").await;
    more_is_seen_to_follow(&windows).await;
    stays_disarmed(&windows).await;
    // Nor by a script's click, nor by keys on a button that is off.
    let script = "document.querySelector('[data-testid=approve]').click()";
    windows.driver().script(script, json!([])).await.unwrap();
    assert_eq!(windows.waiting().await.len(), 1);
    assert_eq!(house.changes(), 0);
    windows.read_to_the_end().await;
    windows.armed().await;
}

/// The scrollbar takes room of its own, so that it stays: one that lies over the content fades, and is drawn while it does.
async fn more_is_seen_to_follow(windows: &Windows<'_>) {
    let script = "const box = document.querySelector('[data-testid=card-scroll]'); \
                  return [box.scrollHeight - box.clientHeight, box.offsetWidth - box.clientWidth]";
    let told = windows.driver().script(script, json!([])).await.unwrap();
    let [hidden, scrollbar] = [0, 1].map(|at: usize| told[at].as_i64().unwrap());
    assert!(hidden > 0 && scrollbar >= 8, "{told}");
}

/// For longer than it takes to arm, Approve stays off.
async fn stays_disarmed(windows: &Windows<'_>) {
    tokio::time::sleep(std::time::Duration::from_millis(900)).await;
    assert!(windows.driver().find("[data-testid=verdicts][data-armed=false]").await.is_ok(), "Approve is armed");
}

async fn everything_is_unfolded(windows: &Windows<'_>) {
    while windows.has("show-all").await {
        windows.click("show-all").await;
    }
}

/// No markup of theirs became markup of ours.
async fn nothing_ran(windows: &Windows<'_>) {
    let script = "return [window.ran ?? null, document.querySelectorAll('img, body script, body style, a[href^=javascript]').length]";
    let told = windows.driver().script(script, json!([])).await.unwrap();
    assert_eq!(told, json!([null, 0]), "text of others became part of the page");
}

async fn marks(windows: &Windows<'_>) -> Vec<String> {
    let script = "return [...document.querySelectorAll('.hostile .mark')].map((mark) => mark.textContent)";
    let told = windows.driver().script(script, json!([])).await.unwrap();
    told.as_array().into_iter().flatten().filter_map(|mark| mark.as_str().map(str::to_owned)).collect()
}

/// Deny and Approve stand in the lower part, whole, side by side, and nothing is wider than the window.
async fn buttons_are_in_place(windows: &Windows<'_>) {
    let script =
        "return [innerWidth, innerHeight, document.documentElement.scrollWidth, document.documentElement.scrollHeight]";
    let page: Value = windows.driver().script(script, json!([])).await.unwrap();
    let size = |at: usize| page[at].as_f64().unwrap();
    // One pixel of rounding.
    assert!(size(2) <= size(0) + 1.0 && size(3) <= size(1) + 1.0, "the page is larger than the window: {page}");
    let (no, yes) = if windows.has("admit").await { ("refuse", "admit") } else { ("deny", "approve") };
    let (deny, approve) = (windows.place(no).await, windows.place(yes).await);
    for place in [deny, approve] {
        assert!(place.x >= 0.0 && place.x + place.width <= size(0), "{place:?} in {page}");
        assert!(place.y > size(1) / 2.0 && place.y + place.height <= size(1), "{place:?} in {page}");
    }
    assert!(deny.x + deny.width < approve.x, "{deny:?} {approve:?}");
}
