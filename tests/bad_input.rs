//! Bad input at the edges: what a person, an agent or a server may get wrong. Each gets its own words, and nothing half done
//! stays behind.

use gatehouse_odoo_sim::{Sim, SimOptions};
use gatehouse_tests::line::{Line, Writes, answers_always};
use gatehouse_tests::person::NewConnection;
use gatehouse_tests::window::Which;
use gatehouse_tests::{Bridge, Odoo, Stage, Windows};
use serde_json::{Value, json};

const HTML: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 27\r\nconnection: close\r\n\r\n<html>Welcome to nginx</html>";

#[tokio::test(flavor = "multi_thread")]
async fn the_window_says_what_is_wrong_with_a_connection_and_saves_nothing() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let good = Odoo::of(&sim);
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.turn_to(Which::Main).await;
    windows.click("add-connection").await;

    // Addresses are judged while they are typed.
    for (address, part) in [("http://acme.odoo.com", "https"), ("ht!tp://x y", ""), ("ftp://acme.com", "")] {
        windows.fill("field-url", address).await;
        let problem = windows.text("problem-url").await;
        assert!(problem.contains(part), "{address}: {problem}");
    }

    let nobody = format!("http://127.0.0.1:{}", gatehouse_tests::stage::free_port());
    let page = answers_always(HTML).await;
    let cases = [
        ("nobody listens", Odoo { url: nobody, ..good.clone() }, "tcp"),
        ("not Odoo", Odoo { url: page, ..good.clone() }, "version"),
        ("wrong database", Odoo { database: "nowhere".into(), ..good.clone() }, "database"),
        ("wrong key", Odoo { key: "0123456789012345678901234567890123456789".into(), ..good.clone() }, "sign_in"),
    ];
    let mut said = Vec::new();
    for (what, odoo, step) in &cases {
        windows.fill_in(&NewConnection { name: "Bad", odoo, environment: "development" }).await;
        windows.click("test-connection").await;
        windows.find_css("[data-testid=test-result][data-state=failed]").await;
        let failed = windows.find_css("[data-testid^=probe-step-][data-state=failed]").await;
        let words = windows.driver().text(&failed).await.unwrap();
        let fix = windows.text("probe-fix").await;
        assert!(!fix.is_empty(), "{what}: no advice");
        assert!(
            windows.driver().find(&format!("[data-testid=probe-step-{step}][data-state=failed]")).await.is_ok(),
            "{what}: {words}"
        );
        said.push(words);
    }
    said.sort();
    said.dedup();
    assert_eq!(said.len(), cases.len(), "two failures share their words: {said:?}");
    windows.click("discard-connection").await;
    windows.find("no-connections").await;
    assert!(stage.files_with("0123456789012345678901234567890123456789").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_is_lost_is_outcome_unknown_and_never_sent_again() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let line = Line::open(sim.url().trim_start_matches("http://").to_owned()).await;
    let direct = Odoo::of(&sim);
    let through = Odoo { url: line.url(), ..direct.clone() };
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.add_connection(&NewConnection { name: "Acme", odoo: &through, environment: "production" }).await;
    let mut bridge = Bridge::start(&stage, "unlucky", "claude-code").await;
    let call = bridge.begin("user_connection_list", json!({})).await;
    windows.admit("unlucky", &["Acme"]).await;
    bridge.finish(call).await.ok();

    let id = direct.new_contact("Lost answer").await;
    let writes = || sim.log().iter().filter(|seen| format!("{seen:?}").contains("\"write\"")).count();
    let before = writes();
    line.set(Writes::Cut);
    let call = bridge
        .begin(
            "odoo_write",
            json!({ "connection": "Acme", "model": "res.partner", "ids": [id], "values": { "phone": "+32 9" } }),
        )
        .await;
    windows.approve("Change 1 field on 1").await;
    let answer = bridge.finish(call).await;
    let error = answer.error();
    assert_eq!(code(&error), "outcome_unknown", "{error}");
    assert_eq!(line.lost(), 1, "the write was sent again");
    assert_eq!(writes() - before, 1, "the write was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_errs_is_told_where() {
    let sim = Sim::start(SimOptions::default()).await.unwrap();
    let odoo = Odoo::of(&sim);
    let mut stage = Stage::set();
    stage.start_app(&[]);
    let mut windows = Windows::new(&stage);
    windows.add_connection(&NewConnection { name: "Acme", odoo: &odoo, environment: "production" }).await;
    let mut bridge = Bridge::start(&stage, "clumsy", "claude-code").await;
    let call = bridge.begin("user_connection_list", json!({})).await;
    windows.admit("clumsy", &["Acme"]).await;
    bridge.finish(call).await.ok();

    for (tool, arguments, part) in [
        ("odoo_search_read", json!({ "model": "res.partner", "domain": [["nmae", "=", "x"]] }), "name"),
        ("odoo_search_read", json!({ "model": "res.partner", "domain": [["name", "~", "x"]] }), "~"),
        ("odoo_search_read", json!({ "model": "res.partner", "domain": "[('name','=','x'" }), "domain"),
        ("odoo_search_read", json!({ "model": "res.partner", "domain": [], "limit": 0 }), "limit"),
        ("odoo_search_read", json!({ "model": "res.partners", "domain": [] }), "res.partner"),
        ("odoo_read", json!({ "model": "res.partner", "ids": [] }), "ids"),
        (
            "odoo_write",
            json!({ "model": "res.partner", "ids": [1], "values": { "country_id": "Nowhereland" } }),
            "country_id",
        ),
        ("odoo_write", json!({ "model": "res.partner", "ids": [1], "values": { "phnoe": "1" } }), "phone"),
        ("user_connection_activate", json!({ "alias": "Nobody" }), "Nobody"),
        ("user_connection_add", json!({ "url": "http://acme.odoo.com" }), "https"),
        ("user_connection_add", json!({ "url": "https://a.odoo.com", "db": odoo.key }), "secret"),
    ] {
        let answer = bridge.call(tool, arguments.clone()).await;
        assert!(answer.is_error, "{tool} took {arguments}: {}", answer.text);
        assert!(answer.text.contains(part), "{tool} {arguments} does not name {part:?}: {}", answer.text);
        assert!(!answer.text.contains("Traceback"), "{}", answer.text);
    }
    // Nobody was asked about any of it.
    assert!(!windows.is_there(Which::Approval).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_talks_nonsense_is_cut_off_and_the_app_goes_on() {
    use std::io::{Read as _, Write as _};
    use std::os::unix::net::UnixStream;
    let mut stage = Stage::set();
    stage.start_app(&["--background"]);
    gatehouse_tests::eventually("the app", || async { stage.app_runs().then_some(()) }).await;
    let socket = gatehouse_ipc::socket_path(Some(&stage.profile()));
    let frame = |text: &str| {
        let mut frame = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
        frame.extend(text.as_bytes());
        frame
    };
    for nonsense in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0xff; 64],
        frame("not json"),
        frame(r#"{"type":"approve","ticket":"tkt_00000000000000000000"}"#),
        frame(r#"{"type":"hello","protocol":999,"build":"x","role":{"kind":"visitor"}}"#),
        frame(r#"{"type":"request","id":1,"body":{"method":"status"}}"#),
    ] {
        let mut stream = UnixStream::connect(socket.path()).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(15))).unwrap();
        stream.write_all(&nonsense).unwrap();
        let mut rest = Vec::new();
        let ended = stream.read_to_end(&mut rest);
        assert!(ended.is_ok(), "the app did not hang up on {:?}: {ended:?}", String::from_utf8_lossy(&nonsense));
        assert!(
            !String::from_utf8_lossy(&rest).contains("\"welcome\""),
            "welcomed {:?}",
            String::from_utf8_lossy(&nonsense)
        );
    }
    assert_eq!(stage.app_ids().len(), 1);
    assert!(stage.app_runs());
}

fn code(error: &Value) -> &str {
    error["error"]["code"].as_str().or_else(|| error["code"].as_str()).unwrap_or_default()
}
