//! Holes of an open-source proxy in reading the wire, closed once more where the app listens: what a bridge sends is
//! understood in one way, or not at all.

use crate::support::{Raw, served};

const CALL: &str = r#""arguments":{},"client":null,"elapsed_ms":0,"wants_progress":false,"started_app":false"#;

fn request(id: u64, body: &str) -> String {
    format!(r#"{{"type":"request","id":{id},"body":{{"method":"call_tool",{body}}}}}"#)
}

#[tokio::test]
async fn hole_01_a_batch_is_not_taken_from_a_bridge_either() {
    let one = request(5, &format!(r#""name":"odoo_unlink",{CALL}"#));
    for frame in
        [format!("[{one}]"), format!("[{one},{one}]"), format!("{one}{one}"), format!("{one}\n{one}"), "[]".into()]
    {
        let served = served().await;
        let mut raw = Raw::welcomed(&served.path).await;
        raw.say_bytes(frame.as_bytes()).await;
        let refused = raw.hear().await.unwrap();
        assert_eq!((&refused["type"], &refused["code"]), (&"refused".into(), &"invalid_arguments".into()), "{frame}");
        assert_eq!(raw.hear().await, None);
        served.app.sees("disconnected").await;
        assert!(!served.app.saw("odoo_unlink delivered true") && !served.app.saw("odoo_unlink delivered false"));
    }
}

#[tokio::test]
async fn hole_02_a_call_that_does_not_parse_is_not_run() {
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    for (id, body) in [
        r#""name":"odoo_unlink""#.to_owned(),
        format!(r#""name":7,{CALL}"#),
        format!(r#""name":null,{CALL}"#),
        CALL.to_owned(),
        format!(r#""Name":"odoo_unlink",{CALL}"#),
    ]
    .iter()
    .enumerate()
    {
        let id = id as u64;
        raw.say_bytes(request(id, body).as_bytes()).await;
        let answer = raw.hear().await.unwrap();
        assert_eq!(
            (&answer["id"], &answer["result"]["Err"]["code"]),
            (&id.into(), &"invalid_arguments".into()),
            "{body}"
        );
    }
}

#[tokio::test]
async fn hole_03_a_second_name_in_another_spelling_or_the_same_is_refused() {
    let served = served().await;
    let mut raw = Raw::welcomed(&served.path).await;
    for (id, body) in [
        format!(r#""name":"odoo_unlink","Name":"odoo_read",{CALL}"#),
        format!(r#""name":"odoo_unlink","name":"odoo_read",{CALL}"#),
        format!(r#""n\u0061me":"odoo_unlink","name":"odoo_read",{CALL}"#),
        format!(r#""name":"odoo_unlink",{CALL},"arguments":{{"ids":[1]}}"#),
        format!(r#""name":"odoo_unlink",{CALL},"approved":true"#),
    ]
    .iter()
    .enumerate()
    {
        let id = id as u64;
        raw.say_bytes(request(id, body).as_bytes()).await;
        let answer = raw.hear().await.unwrap();
        assert_eq!(
            (&answer["id"], &answer["result"]["Err"]["code"]),
            (&id.into(), &"invalid_arguments".into()),
            "{body}"
        );
    }
    let name = request(90, &format!(r#""name":"odoo_unlink",{CALL}"#));
    raw.say_bytes(name.as_bytes()).await;
    let answer = raw.hear().await.unwrap();
    assert_eq!(answer["result"]["Ok"]["text"], "odoo_unlink", "{answer}");
}
