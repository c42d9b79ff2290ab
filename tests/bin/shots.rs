//! Pictures of every page and card, light and dark, in two sizes: `shots FOLDER`.
#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::panic, reason = "a program for a terminal")]

use gatehouse_tests::stage::Screen;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Stage, Windows};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Said to the copy of this program that takes the pictures.
const STAGED: &str = "staged";

const SIZES: [(u32, u32); 2] = [(1280, 800), (720, 480)];

#[tokio::main]
async fn main() {
    let Some(folder) = std::env::args().nth(1).map(PathBuf::from) else { panic!("usage: shots FOLDER") };
    std::fs::create_dir_all(&folder).unwrap();
    if std::env::args().nth(2).as_deref() != Some(STAGED) {
        return play_the_client(&folder);
    }
    for dark in [false, true] {
        all_pages(&folder, dark).await;
    }
}

/// The program that starts the bridge is on every card. As a client of a plain name it says nothing of where it was built.
fn play_the_client(folder: &Path) {
    let place = tempfile::Builder::new().prefix("apps-").tempdir().unwrap();
    let client = place.path().join("claude-desktop");
    std::fs::copy(std::env::current_exe().unwrap(), &client).unwrap();
    let ended = std::process::Command::new(&client).arg(folder).arg(STAGED).status().unwrap();
    assert!(ended.success(), "the pictures could not be taken");
}

async fn all_pages(folder: &Path, dark: bool) {
    let mut stage = Stage::set_with(Screen { dark, ..Screen::default() }, &gatehouse_tests::target().join("e2e"));
    stage.start_app(&[]);
    let mut album =
        Album { stage: &stage, folder, scheme: if dark { "dark" } else { "light" }, windows: Windows::new(&stage) };

    album.windows.turn_to(Which::Main).await;
    album.windows.find("no-connections").await;
    album.take("empty").await;
    album.windows.click("add-connection").await;
    album.windows.fill("field-url", "https://acme.odoo.com/odoo?db=acme").await;
    album.windows.find("parsed-host").await;
    album.take("add-connection").await;
    album.windows.click("discard-connection").await;
    confirm_if_asked(&album.windows).await;
    album.windows.click("try-demo").await;
    album.windows.find("connection-row-Demo").await;
    album.windows.click("connection-row-Demo").await;
    album.windows.find("connection-title").await;
    album.take("connections").await;
    album.windows.click("test-connection").await;
    album.windows.find_css("[data-testid=test-result][data-state=passed]").await;
    album.take("connection-test").await;

    let mut bridge = Bridge::start(&stage, "claude-desktop", "claude-ai").await;
    let call = bridge.begin("user_connection_list", json!({})).await;
    album.windows.turn_to_card("claude-desktop").await;
    album.card("admission").await;
    album.windows.admit("claude-desktop", &["Demo"]).await;
    bridge.finish(call).await.ok();
    let found = bridge
        .call(
            "odoo_search_read",
            json!({ "model": "res.partner", "domain": [["is_company", "=", true]], "fields": ["name"], "limit": 4 }),
        )
        .await
        .ok();
    let rows = found["rows"].as_array().or_else(|| found["records"].as_array()).cloned().unwrap_or_default();
    let ids: Vec<i64> = rows.iter().filter_map(|row| row["id"].as_i64().or_else(|| row[0].as_i64())).collect();

    let write = json!({ "connection": "Demo", "model": "res.partner", "ids": ids, "values": { "phone": "+32 2 290 34 90", "country_id": "Belgium" } });
    let first = bridge.begin("odoo_write", write).await;
    album.windows.turn_to_card("Change").await;
    album.card("write").await;
    album.windows.turn_to(Which::Main).await;
    album.windows.click("nav-approvals").await;
    album.windows.find_css("[data-testid^=ticket-]").await;
    album.take("approvals").await;
    album.windows.approve("Change").await;
    bridge.finish(first).await.ok();
    album.windows.turn_to(Which::Approval).await;
    album.windows.find_css("[data-testid^=recent-][data-state=done]").await;
    album.card("done").await;
    album.windows.click_css("[data-testid^=undo-]").await;
    album.windows.turn_to_card("Take back").await;
    album.card("undo").await;
    album.windows.refuse("Take back").await;

    let plan = bridge.begin("odoo_plan", plan()).await;
    album.windows.turn_to_card("steps").await;
    album.card("plan").await;
    album.windows.deny("steps", "The customer is there already.").await;
    bridge.finish(plan).await;

    let unlink = json!({ "connection": "Demo", "model": "res.partner", "ids": [ids[0]] });
    let second = bridge.begin("odoo_unlink", unlink).await;
    album.windows.turn_to_card("Delete").await;
    album.card("delete").await;
    album.windows.deny("Delete", "This customer has open orders.").await;
    bridge.finish(second).await;
    cards_of_new_things(&mut album, &mut bridge, ids[0]).await;

    album.windows.turn_to(Which::Main).await;
    for page in ["approvals", "agents", "activity", "connections"] {
        album.windows.click(&format!("nav-{page}")).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        album.take(if page == "approvals" { "approvals-decided" } else { page }).await;
    }
    album.windows.click("nav-settings").await;
    album.windows.find("settings-pin").await;
    album.take("settings").await;
    album.windows.click("change-pin").await;
    album.windows.turn_to_card("PIN").await;
    album.card("pin").await;
    album.windows.refuse("PIN").await;
    album.windows.turn_to(Which::Main).await;
    policy_pages(&mut album).await;
    bridge.leave().await;
}

/// A record, a file and a message that are to be made, from their cards' beginning to their end.
async fn cards_of_new_things(album: &mut Album<'_>, bridge: &mut Bridge, id: i64) {
    let order = json!({ "connection": "Demo", "model": "sale.order", "values": { "partner_id": id } });
    let price_list = "product,price\nDesk,120.00\nLamp,35.50\n";
    let file = json!({
        "connection": "Demo", "model": "res.partner", "res_id": id, "filename": "prices.csv", "text": price_list,
    });
    let message = json!({
        "connection": "Demo", "model": "res.partner", "res_id": id, "body": "Your order is on its way.",
        "message_type": "comment", "partner_ids": [id],
    });
    let all = [
        ("odoo_create", order, "Create"),
        ("odoo_attachment_upload", file, "prices.csv"),
        ("odoo_message_post", message, "Post"),
    ];
    for (tool, arguments, words) in all {
        let name = tool.trim_start_matches("odoo_");
        let call = bridge.begin(tool, arguments).await;
        album.windows.turn_to_card(words).await;
        album.card(name).await;
        let down = "for (const box of document.querySelectorAll('*')) box.scrollTop = box.scrollHeight;";
        drop(album.windows.driver().script(down, json!([])).await);
        album.card(&format!("{name}-end")).await;
        album.windows.approve(words).await;
        bridge.finish(call).await.ok();
    }
}

/// A customer, a quotation for it, and its confirmation.
fn plan() -> serde_json::Value {
    let customer = json!({ "model": "res.partner", "values": { "name": "Rive Gauche SARL", "is_company": true } });
    let order = json!({ "model": "sale.order", "values": { "partner_id": { "step": 1 } } });
    let confirm = json!({ "model": "sale.order", "method": "action_confirm", "ids": { "step": 2 } });
    json!({
        "connection": "Demo",
        "steps": [
            { "tool": "odoo_create", "arguments": customer },
            { "tool": "odoo_create", "arguments": order },
            { "tool": "odoo_execute", "arguments": confirm },
        ],
    })
}

/// The Policy page: each view with a draft, and the card of what loosens.
async fn policy_pages(album: &mut Album<'_>) {
    album.windows.click("nav-policy").await;
    album.windows.find("layer-user").await;
    album.take("policy-mine").await;
    album.windows.click("layer-connection").await;
    album.windows.find("policy-builder").await;
    album.take("policy-connection").await;
    let down = "document.querySelector('[data-testid=closed-models]').scrollIntoView({ block: 'end' });";
    album.windows.find("closed-models").await;
    drop(album.windows.driver().script(down, json!([])).await);
    album.take("policy-closed").await;
    album.windows.click("tool-toggle-odoo_write").await;
    album.windows.find("tool-details-odoo_write").await;
    album.take("policy-tool").await;
    album.windows.click("choose-preset").await;
    album.windows.find("preset-locked").await;
    album.take("policy-presets").await;
    album.windows.click("preset-read_only").await;
    album.windows.click("preset-use").await;
    album.windows.find_css("[data-testid=draft-bar][data-dirty=true]").await;
    album.take("policy-draft").await;
    album.windows.click("view-replay").await;
    album.windows.click("replay-start").await;
    album.windows.find("replay-report").await;
    album.take("policy-replay").await;
    album.windows.click_css("[data-testid=replay-row] td").await;
    album.windows.find("decision-tree").await;
    album.take("policy-replay-why").await;
    album.windows.click("replay-try").await;
    album.windows.click("try-run").await;
    album.windows.find("try-result").await;
    album.take("policy-try").await;
    album.windows.click("save-policy").await;
    album.windows.click("view-history").await;
    album.take("policy-history").await;
    album.windows.click("choose-preset").await;
    album.windows.click("preset-trusted").await;
    album.windows.click("preset-use").await;
    album.windows.click("save-policy").await;
    album.windows.turn_to_card("Loosen").await;
    album.card("loosening").await;
    album.windows.turn_to(Which::Main).await;
}

async fn confirm_if_asked(windows: &Windows<'_>) {
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    if windows.has("confirm-yes").await {
        windows.click("confirm-yes").await;
    }
}

struct Album<'a> {
    stage: &'a Stage,
    folder: &'a Path,
    scheme: &'static str,
    windows: Windows<'a>,
}

impl Album<'_> {
    /// The main window, in each size.
    async fn take(&self, page: &str) {
        for (width, height) in SIZES {
            self.size("^Gatehouse$", width, height);
            self.settle().await;
            self.keep(&format!("{width}x{height}-{}-{page}.png", self.scheme)).await;
        }
        let (width, height) = SIZES[0];
        self.size("^Gatehouse$", width, height);
        self.settle().await;
    }

    /// The approval window as it is.
    async fn card(&self, name: &str) {
        self.settle().await;
        self.keep(&format!("card-{}-{name}.png", self.scheme)).await;
    }

    fn size(&self, name: &str, width: u32, height: u32) {
        let (width, height) = (width.to_string(), height.to_string());
        self.stage.xdotool(&["search", "--onlyvisible", "--name", name, "windowsize", "--sync", &width, &height]);
    }

    async fn settle(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(350)).await;
    }

    async fn keep(&self, name: &str) {
        self.windows.picture(&self.folder.join(name)).await;
        println!("   {name}");
    }
}
