use super::server::{Reply, Server, polite};
use super::{endpoint, key, short, signed_in};
use gatehouse_core::Protocol;
use gatehouse_odoo::{Client, Context, Record};
use serde_json::json;
use std::collections::BTreeSet;

fn refused(name: &str, message: &str) -> Reply {
    let error = json!({"name": name, "message": message});
    Reply::Http(422, vec![("content-type", "application/json".into())], error.to_string().into_bytes())
}

#[tokio::test]
async fn a_field_that_odoo_fills_is_asked_once_for_its_companies_and_again_after_a_refusal() {
    let (server, client) = signed_in(|heard| match heard.what.as_str() {
        "POST /json/2/crm.lead/default_get" => Reply::Json(json!({"type": "lead", "name": false})),
        _ => refused("odoo.exceptions.ValidationError", "a mandatory field is not set"),
    })
    .await;
    let times = || server.count("/default_get");
    let one = Context::from_iter([("allowed_company_ids".to_owned(), json!([1]))]);
    let two = Context::from_iter([("allowed_company_ids".to_owned(), json!([2]))]);
    let both = BTreeSet::from(["name", "type"]);
    let kind = BTreeSet::from(["type"]);
    assert_eq!(client.filled("crm.lead", &both, Some(&one)).await.unwrap(), kind);
    assert_eq!((client.filled("crm.lead", &kind, Some(&one)).await.unwrap(), times()), (kind.clone(), 1));
    assert_eq!((client.filled("crm.lead", &both, Some(&one)).await.unwrap(), times()), (kind.clone(), 2));
    let asked = server.heard().into_iter().rfind(|heard| heard.what.ends_with("/default_get")).unwrap();
    assert_eq!(asked.body["fields"], json!(["name"]), "what is known is not asked for");
    client.filled("crm.lead", &kind, Some(&two)).await.unwrap();
    assert_eq!(times(), 3, "other companies, other defaults");

    client.create("crm.lead", vec![Record::new()], Some(&one)).await.unwrap_err();
    client.filled("crm.lead", &kind, Some(&one)).await.unwrap();
    assert_eq!(times(), 4, "the default may be gone");
    client.forget("crm.lead");
    client.filled("crm.lead", &kind, Some(&one)).await.unwrap();
    assert_eq!(times(), 5);
}

#[tokio::test]
async fn kinds_of_messages_and_who_writes_are_asked_once() {
    let server = Server::start(|heard| match heard.what.as_str() {
        "POST /json/2/mail.message.subtype/search_read" if heard.body["domain"].to_string().contains("true") => {
            Reply::Json(json!([{"id": 2, "internal": true}]))
        }
        "POST /json/2/mail.message.subtype/search_read" => refused("odoo.exceptions.AccessError", "not for you"),
        "POST /json/2/res.users/read" if heard.body["fields"] == json!(["partner_id"]) => {
            Reply::Json(json!([{"id": 7, "partner_id": [70, "Seven"]}]))
        }
        _ => polite(heard).unwrap_or(Reply::page(404)),
    })
    .await;
    let (client, user) =
        Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await.unwrap();
    let before = server.heard().len();
    for _ in 0..2 {
        assert_eq!(client.message_subtype(true).await.unwrap(), Some(2));
        assert_eq!(client.message_subtype(false).await.unwrap(), None, "the user may not see it");
        assert_eq!(client.partner_of(user.uid).await.unwrap(), Some(70));
    }
    assert_eq!(server.heard().len() - before, 3);
}
