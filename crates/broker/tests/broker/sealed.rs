//! Policies lie sealed: what was changed in the database from outside denies instead of being applied.
//!
//! Each test runs itself once more inside a D-Bus session with a keyring of its own.

use crate::house::House;
use gatehouse_broker::view::{PolicyEdit, PolicySaved, PolicySource, VaultView, Verdict};
use gatehouse_core::ErrorCode;
use gatehouse_policy::Preset;
use serde_json::json;
use std::path::Path;
use std::process::Command;

const INSIDE: &str = "GATEHOUSE_TEST_INSIDE";
const NEEDED: &str = "these tests need gnome-keyring-daemon and dbus-run-session (Debian: gnome-keyring, dbus)";
const NO_WRITE: &str =
    r#"{"version": "1", "default": "allow", "tools": {"odoo_write": {"deny_if": [{"conditions": []}]}}}"#;
const OPEN: &str = r#"{"version": "1", "default": "allow"}"#;

/// Nothing starts by itself on this bus.
const BARE_BUS: &str = r#"<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#;
const START: &str = "printf test | gnome-keyring-daemon --foreground --components=secrets --unlock >/dev/null 2>&1 & \
     daemon=$!; \"$0\" --exact \"$1\" --nocapture; code=$?; kill $daemon; exit $code";

pub(crate) fn inside_a_session(test: &str, body: impl AsyncFnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(body());
        std::fs::write(Path::new(&std::env::var_os("HOME").unwrap()).join("passed"), "").unwrap();
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("bus.conf");
    std::fs::write(&config, BARE_BUS).unwrap();
    std::fs::create_dir(home.path().join("run")).unwrap();
    let ran = Command::new("dbus-run-session")
        .arg(format!("--config-file={}", config.display()))
        .args(["--", "sh", "-c", START])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path().join("run"))
        .env(INSIDE, "1")
        .output()
        .unwrap_or_else(|error| panic!("{NEEDED}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(home.path().join("passed").exists(), "{test} failed in a process of its own:\n{out}\n{err}");
}

/// Waits for the keyring, then opens a house with the demo.
pub(crate) async fn house() -> House {
    for _ in 0..200 {
        if gatehouse_vault::Vault::open_system("Gatehouse (test)").await.is_ok() {
            let house = House::with_keyring().await;
            assert_eq!(house.broker.overview().vault, VaultView::System);
            house.add_demo().await;
            return house;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the keyring never answered: {NEEDED}");
}

/// What an agent with a shell does to the database.
pub(crate) fn sqlite(house: &House, statement: &str) {
    let program = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.execute(sys.argv[2])\nc.commit()";
    let database = house.folder().join("data/gatehouse.db");
    let done = Command::new("python3").arg("-c").arg(program).arg(database).arg(statement).status().unwrap();
    assert!(done.success(), "{statement}");
}

fn custom(text: &str) -> PolicyEdit {
    PolicyEdit::Custom { text: text.into() }
}

#[test]
fn layers_and_their_history_outlive_the_app() {
    inside_a_session("sealed::layers_and_their_history_outlive_the_app", async || {
        let house = house().await;
        house.admitted("claude-code").await;
        let demo = house.of_demo();
        house.save("user", NO_WRITE).await;
        house.save(&demo, Preset::Locked.text()).await;
        house.broker.save_policy("agent:claude-code", PolicyEdit::Preset { preset: Preset::Locked }).await.unwrap();
        let before: Vec<_> = ["user", &demo, "agent:claude-code"].map(|id| house.layer(id)).to_vec();
        let house = house.again(0).await;
        let after: Vec<_> = ["user", &demo, "agent:claude-code"].map(|id| house.layer(id)).to_vec();
        assert_eq!(before, after);
        assert!(house.broker.overview().quarantine.is_empty());
        assert!(house.approver.cards().is_empty(), "the file says what is in force");
    });
}

#[test]
fn a_row_that_was_edited_denies_everything_in_its_layer_until_it_is_saved_again() {
    inside_a_session(
        "sealed::a_row_that_was_edited_denies_everything_in_its_layer_until_it_is_saved_again",
        async || {
            let house = house().await;
            house.admitted("claude-code").await;
            house.save("user", NO_WRITE).await;
            sqlite(
                &house,
                "UPDATE settings SET body = replace(body, 'odoo_write', 'odoo_plan') WHERE id = 'policy/user'",
            );
            let house = house.again(0).await;
            house.add_demo().await;
            let quarantine = house.broker.overview().quarantine;
            assert!(quarantine[0].starts_with("Your policy: ") && quarantine[0].contains("changed"), "{quarantine:?}");
            assert!(house.layer("user").warnings[0].contains("changed outside Gatehouse"));
            let shown = house.layer("user").text.unwrap();
            assert!(!shown.contains("odoo_plan"), "what was slipped in is not shown as if it were in force: {shown}");
            let agent = house.bridge("claude-code").await;
            let error = agent.call("user_connection_list", json!({})).await.unwrap_err();
            assert_eq!((error.code, error.rule.as_deref()), (ErrorCode::Denied, Some("(default deny)")));
            // Whatever is saved now lets more through than nothing: the person says yes to it.
            let saved = house.broker.save_policy("user", custom(NO_WRITE)).await.unwrap();
            assert!(matches!(saved, PolicySaved::NeedsApproval { .. }));
            let cards = house.approver.cards();
            let card = cards.iter().find(|card| house.layer("user").waits.as_ref() == Some(&card.ticket)).unwrap();
            house.decide(card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
            agent.call("user_connection_list", json!({})).await.unwrap();
            let house = house.again(0).await;
            assert_eq!(house.layer("user").text.as_deref(), Some(NO_WRITE));
            assert!(house.layer("user").warnings.is_empty(), "{:?}", house.layer("user").warnings);
        },
    );
}

#[test]
fn a_row_that_was_deleted_put_back_or_added_is_not_believed() {
    inside_a_session("sealed::a_row_that_was_deleted_put_back_or_added_is_not_believed", async || {
        let house = house().await;
        house.admitted("claude-code").await;
        let demo = house.of_demo();
        house.broker.save_policy(&demo, PolicyEdit::Preset { preset: Preset::Locked }).await.unwrap();
        house.save("user", OPEN).await;
        sqlite(&house, "CREATE TABLE kept AS SELECT * FROM settings WHERE id = 'policy/user'");
        house.save("user", NO_WRITE).await;
        sqlite(&house, &format!("DELETE FROM settings WHERE id = 'policy/{demo}'"));
        sqlite(&house, "DELETE FROM settings WHERE id = 'policy/user'");
        sqlite(&house, "INSERT INTO settings SELECT * FROM kept");
        sqlite(&house, "DROP TABLE kept");
        sqlite(
            &house,
            "INSERT INTO settings SELECT 'policy/agent:claude-code', body, seal FROM settings WHERE id = 'policy/user'",
        );
        sqlite(
            &house,
            "INSERT INTO settings SELECT 'policy/agent:../x', body, seal FROM settings WHERE id = 'policy/user'",
        );
        let house = house.again(0).await;
        for layer in ["user", demo.as_str(), "agent:claude-code"] {
            assert!(house.layer(layer).warnings[0].contains("changed outside Gatehouse"), "{layer}");
        }
        let quarantine = house.broker.overview().quarantine.join("\n");
        assert!(quarantine.contains("a layer that does not exist"), "{quarantine}");
        let check = house.broker.check_policy(&demo, &PolicyEdit::Preset { preset: Preset::Locked }).unwrap();
        assert!(!check.loosened.is_empty(), "nothing is in force there but a denial of everything");
        // The person forgets the layer that was slipped in.
        let saved = house.broker.save_policy("agent:claude-code", PolicyEdit::Absent).await.unwrap();
        assert!(matches!(saved, PolicySaved::NeedsApproval { .. }));
        let waits = house.layer("agent:claude-code").waits;
        let card = house.approver.cards().into_iter().find(|card| Some(&card.ticket) == waits.as_ref()).unwrap();
        house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
        assert_eq!(house.layer("agent:claude-code").source, PolicySource::Absent);
        let house = house.again(0).await;
        assert_eq!(house.layer("agent:claude-code").source, PolicySource::Absent);
    });
}

#[test]
fn under_the_sessions_own_key_the_policy_is_a_proposal_again() {
    inside_a_session("sealed::under_the_sessions_own_key_the_policy_is_a_proposal_again", async || {
        let house = house().await;
        house.save("user", NO_WRITE).await;
        house.broker.use_session_vault().await.unwrap();
        assert_eq!(house.layer("user").source, PolicySource::Absent);
        let card = house.card().await;
        house.decide(&card, Verdict::Approve { typed_count: None, unseen: None }).await.unwrap();
        assert_eq!(house.layer("user").text.as_deref(), Some(NO_WRITE));
        house.broker.retry_vault().await.unwrap();
        assert_eq!(house.layer("user").text.as_deref(), Some(NO_WRITE), "what was sealed under the keyring's key");
    });
}
