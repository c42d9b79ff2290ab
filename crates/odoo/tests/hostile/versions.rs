//! Older servers, spoken to in their own words.

use super::server::{Heard, Reply, Server};
use super::{endpoint, key, short};
use gatehouse_core::Protocol;
use gatehouse_odoo::domain::{Asked, Grouping};
use gatehouse_odoo::{Capability, Client, Context, Right};
use serde_json::{Value, json};

/// An Odoo of this version that answers what an old one does, over JSON-RPC.
async fn old(version: &'static str) -> (Server, Client) {
    let server = Server::start(move |heard| {
        let (service, method) = asked(heard);
        let result = match (service.as_str(), method.as_str()) {
            ("version", _) => json!({"server_version": version}),
            ("authenticate", _) => json!(7),
            (_, "read") => {
                json!([{"id": 7, "name": "Marc", "login": "marc", "company_id": [1, "A"], "company_ids": [1]}])
            }
            (_, "fields_view_get") => json!({"arch": "<tree><field name=\"old\"/></tree>"}),
            (_, "get_view") => json!({"arch": "<tree><field name=\"new\"/></tree>"}),
            (_, "get_available_models") => json!([{"model": "res.partner", "display_name": "Contact"}]),
            (_, "search_read") => json!([{"id": 1, "model": "res.partner", "name": "Contact"}]),
            (_, "fields_get") => json!({"amount": {"type": "float"}}),
            (_, "read_group") => json!([{"__count": 2, "gh_0": 5.5}]),
            (_, "name_search") => json!([[1, "Azure"]]),
            (_, "has_group" | "check_access_rights") => json!(true),
            _ => return Reply::page(404),
        };
        Reply::Json(json!({"jsonrpc": "2.0", "id": 1, "result": result}))
    })
    .await;
    let (client, _) = Client::sign_in_within(endpoint(&server.origin), key(), Protocol::Auto, short()).await.unwrap();
    (server, client)
}

/// The method of `/jsonrpc`, and of the model where one is called.
fn asked(heard: &Heard) -> (String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&heard.body["params"]["method"]), text(&heard.body["params"]["args"][4]))
}

/// What the last call was: the method and its arguments by place.
fn last(server: &Server) -> (String, Value) {
    let heard = server.heard();
    let last = heard.last().unwrap();
    (asked(last).1, last.body["params"]["args"][5].clone())
}

#[tokio::test]
async fn a_15_and_a_17_are_spoken_to_in_their_own_words() {
    for (version, view, models) in
        [("15.0", "fields_view_get", "search_read"), ("17.0", "get_view", "get_available_models")]
    {
        let (server, client) = old(version).await;
        assert!(client.version().can(Capability::JsonRpc) && !client.version().can(Capability::Json2));
        let group = server.heard().into_iter().find(|heard| asked(heard).1 == "has_group").unwrap();
        assert_eq!(group.body["params"]["args"][5], json!(["base.group_system"]), "a method of the model");

        let columns = client.list_columns("res.partner", None).await.unwrap();
        assert_eq!(columns.len(), 1);
        assert_eq!(last(&server), (view.to_owned(), json!([false, "tree"])));

        assert_eq!(client.models(None, None).await.unwrap().len(), 1);
        assert_eq!(last(&server).0, models);

        assert!(client.may(Right::Write, "res.partner").await.unwrap());
        assert_eq!(last(&server), ("check_access_rights".to_owned(), json!(["write", false])));

        client.name_search("res.partner", "azu", "ilike", 3, None).await.unwrap();
        assert_eq!(last(&server), ("name_search".to_owned(), json!(["azu", [], "ilike", 3])));
    }
}

#[tokio::test]
async fn a_sum_is_told_by_an_old_server_too() {
    let (server, client) = old("14.0").await;
    let context = Context::new();
    let asked = Asked { aggregates: &["amount:sum"], ..Asked::default() };
    let grouping = Grouping::parse(asked, "x.sale", &client.within(&context), client.version()).await.unwrap();
    let rows = client.read_group("x.sale", &json!([]), &grouping, 5, None).await.unwrap();
    assert_eq!(Value::Object(rows[0].clone()), json!({"__count": 2, "amount:sum": 5.5}));
    let sums = json!(["gh_0:sum(amount)"]);
    assert_eq!(last(&server), ("read_group".to_owned(), json!([[], sums, [], 0, 5, false, false])));
}
