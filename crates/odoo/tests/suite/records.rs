use gatehouse_core::Protocol;
use gatehouse_odoo::{Client, Context, Method, OdooError, Record, Search};
use serde_json::{Value, json};

fn record(value: Value) -> Record {
    match value {
        Value::Object(record) => record,
        other => panic!("no record: {other}"),
    }
}

fn context(value: Value) -> Context {
    record(value)
}

pub(super) async fn a_contact_is_created_found_changed_and_removed(client: &Client, protocol: Protocol) {
    let mark = format!("Gatehouse suite {protocol:?} {} {:?}", std::process::id(), std::thread::current().id());
    let name = |which: &str| format!("{mark} {which}");
    let ids = client
        .create(
            "res.partner",
            vec![
                record(json!({"name": name("one"), "email": "one@example.com"})),
                record(json!({"name": name("two"), "is_company": true})),
            ],
            None,
        )
        .await
        .unwrap();
    assert_eq!(ids.len(), 2);

    let found = client
        .search_read(
            "res.partner",
            &Search {
                domain: json!([["name", "ilike", mark]]),
                fields: &["name", "email", "is_company"],
                order: Some("id desc"),
                limit: 10,
                offset: 0,
            },
            None,
        )
        .await
        .unwrap();
    assert_eq!(found.iter().filter_map(|row| row["id"].as_i64()).collect::<Vec<_>>(), [ids[1], ids[0]]);
    assert_eq!(found[1]["email"], "one@example.com");
    assert_eq!((&found[0]["email"], &found[0]["is_company"]), (&json!(false), &json!(true)));
    assert_eq!(found[0].len(), 4);

    let search =
        Search { domain: json!([["id", "in", ids]]), fields: &["name"], order: Some("id"), limit: 1, offset: 1 };
    let second = client.search_read("res.partner", &search, None).await.unwrap();
    assert_eq!((second.len(), second[0]["id"].as_i64()), (1, Some(ids[1])));
    assert_eq!(client.search_count("res.partner", &json!([["id", "in", ids]]), None).await.unwrap(), 2);
    let named = client.name_search("res.partner", &name("two"), "=", 5, None).await.unwrap();
    assert_eq!(named.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [ids[1]]);
    assert_eq!(client.name_search("res.partner", &mark, "ilike", 1, None).await.unwrap().len(), 1);
    let named = record(json!({"fields": ["name"]}));
    let deadline = std::time::Duration::from_secs(20);
    let read = Method::read("res.partner", "read").on(&ids[..1]).named(&named).by(deadline);
    assert_eq!(client.call(&read).await.unwrap()[0]["id"], ids[0]);

    client.write("res.partner", &ids, record(json!({"city": "Namur"})), None).await.unwrap();
    let read = client.read("res.partner", &ids, &["city"], None).await.unwrap();
    assert!(read.len() == 2 && read.iter().all(|row| row["city"] == "Namur"));

    the_archived_are_seen_only_when_asked_for(client, ids[0]).await;

    client.unlink("res.partner", &ids, None).await.unwrap();
    assert!(client.read("res.partner", &ids, &["name"], None).await.unwrap().is_empty());
    let again = client.unlink("res.partner", &ids, None).await.unwrap_err();
    assert!(matches!(again, OdooError::RecordMissing { .. }), "{again:?}");
}

async fn the_archived_are_seen_only_when_asked_for(client: &Client, id: i64) {
    client.write("res.partner", &[id], record(json!({"active": false})), None).await.unwrap();
    let domain = json!([["id", "=", id]]);
    assert_eq!(client.search_count("res.partner", &domain, None).await.unwrap(), 0);
    let all = context(json!({"active_test": false}));
    assert_eq!(client.search_count("res.partner", &domain, Some(&all)).await.unwrap(), 1);
    client.write("res.partner", &[id], record(json!({"active": true})), None).await.unwrap();
}

pub(super) async fn a_method_that_returns_nothing_is_a_success_with_null(client: &Client, protocol: Protocol) {
    let name = format!("Gatehouse suite null {protocol:?} {}", std::process::id());
    let ids = client.create("res.partner", vec![record(json!({"name": name}))], None).await.unwrap();
    let answer = client.call(&Method::write("res.partner", "action_archive").on(&ids)).await;
    client.unlink("res.partner", &ids, None).await.unwrap();
    assert_eq!(answer.unwrap(), Value::Null);
}
