//! Finding the server, signing in, and what goes wrong before a method is called.

use std::time::{Duration, Instant};

use gatehouse_odoo_sim::{Sim, SimOptions};
use serde_json::{Value, json};

use crate::Odoo;

#[tokio::test]
async fn it_says_which_odoo_it_is_and_lists_its_database() {
    let odoo = Odoo::start().await;
    let version: Value =
        odoo.http.get(format!("{}/web/version", odoo.sim.url())).send().await.unwrap().json().await.unwrap();
    assert_eq!(version, json!({ "version_info": [19, 0, 0, "final", 0, ""], "version": "19.0" }));
    assert_eq!(odoo.rpc("common", "version", &json!([])).await["result"]["server_serie"], "19.0");
    let list = odoo.http.post(format!("{}/web/database/list", odoo.sim.url())).json(&json!({})).send().await.unwrap();
    assert_eq!(list.json::<Value>().await.unwrap()["result"], json!(["demo"]));
    let login = odoo.http.get(format!("{}/web/login", odoo.sim.url())).send().await.unwrap();
    assert!(login.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
}

#[tokio::test]
async fn a_password_or_a_key_signs_in_over_jsonrpc_and_anything_else_is_false() {
    let odoo = Odoo::start().await;
    let sign_in = async |login: &str, secret: &str| {
        odoo.rpc("common", "authenticate", &json!(["demo", login, secret, {}])).await["result"].clone()
    };
    assert_eq!(sign_in("admin", "admin").await, 2);
    assert_eq!(sign_in("demo", "demo").await, 5);
    assert_eq!(sign_in("demo", &odoo.sim.demo().api_key).await, 5);
    assert_eq!(sign_in("demo", "admin").await, false);
    assert_eq!(sign_in("nobody", "admin").await, false);
    let denied = odoo.rpc("object", "execute_kw", &json!(["demo", 5, "admin", "res.partner", "search", [[]]])).await;
    assert_eq!(denied["error"]["data"]["name"], "odoo.exceptions.AccessDenied");
    assert_eq!(denied["error"]["message"], "Odoo Server Error");
    let nowhere = odoo.rpc("common", "authenticate", &json!(["nodb", "admin", "admin", {}])).await;
    assert_eq!(nowhere["error"]["data"]["name"], "psycopg2.OperationalError");
}

#[tokio::test]
async fn keys_are_new_at_every_start_and_only_they_open_json2() {
    let odoo = Odoo::start().await;
    let other = Sim::start(SimOptions::default()).await.unwrap();
    assert_ne!(odoo.sim.admin().api_key, other.admin().api_key);
    let me = odoo.get("res.users", "context_get", &json!({})).await;
    assert_eq!(me, json!({ "lang": "en_US", "tz": "Europe/Brussels", "uid": 2 }));
    for key in ["admin", &other.admin().api_key] {
        let response = odoo.send(key, "res.users", "context_get", &json!({})).await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["www-authenticate"], "Bearer");
        assert_eq!(response.json::<Value>().await.unwrap()["message"], "Invalid apikey");
    }
    let bare = odoo
        .http
        .post(format!("{}/json/2/res.users/context_get", odoo.sim.url()))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(bare.status(), 401);
    let told: Value = bare.json().await.unwrap();
    assert_eq!(told["message"], "User not authenticated, use an API Key with a Bearer Authorization header.");
}

#[tokio::test]
async fn a_wrong_database_and_a_wrong_content_type_are_answered_with_a_page() {
    let odoo = Odoo::start().await;
    let post = || {
        odoo.http.post(format!("{}/json/2/res.partner/search", odoo.sim.url())).bearer_auth(&odoo.sim.admin().api_key)
    };
    let lost = post().header("X-Odoo-Database", "other").json(&json!({ "domain": [] })).send().await.unwrap();
    assert_eq!(lost.status(), 404);
    assert!(lost.text().await.unwrap().contains("No database is selected"));
    let odd = post().header("Content-Type", "text/plain").body("{}").send().await.unwrap();
    assert_eq!(odd.status(), 415);
    assert!(odd.text().await.unwrap().contains("415 Unsupported Media Type"));
    let broken = post().header("Content-Type", "application/json").body("{nope").send().await.unwrap();
    assert_eq!(broken.status(), 400);
}

#[tokio::test]
async fn what_does_not_exist_is_said_in_the_words_of_each_protocol() {
    let odoo = Odoo::start().await;
    let not_found = |message: &str| (404, "werkzeug.exceptions.NotFound".to_owned(), message.to_owned());
    assert_eq!(
        odoo.refused("res.nothing", "search", &json!({})).await,
        not_found("the model 'res.nothing' does not exist")
    );
    assert_eq!(
        odoo.refused("res.partner", "nothing", &json!({})).await,
        not_found("The method 'res.partner.nothing' does not exist")
    );
    assert_eq!(odoo.refused("res.partner", "_search", &json!({})).await.0, 403);
    let model = odoo.execute_kw("res.nothing", "search", &json!([[]]), &json!({})).await;
    assert_eq!(model["error"]["data"]["message"], "Object res.nothing doesn't exist");
    let method = odoo.execute_kw("res.partner", "nothing", &json!([[]]), &json!({})).await;
    assert_eq!(method["error"]["data"]["name"], "builtins.AttributeError");
}

#[tokio::test]
async fn arguments_that_do_not_fit_the_signature_are_refused() {
    let odoo = Odoo::start().await;
    let unprocessable = |message: &str| (422, "werkzeug.exceptions.UnprocessableEntity".to_owned(), message.to_owned());
    let refused = async |method: &str, body: Value| odoo.refused("res.partner", method, &body).await;
    assert_eq!(refused("create", json!({})).await, unprocessable("missing a required argument: 'vals_list'"));
    assert_eq!(
        refused("search", json!({ "ids": [1], "domain": [] })).await,
        unprocessable("cannot call res.partner.search with ids")
    );
    assert_eq!(
        refused("unlink", json!({ "ids": [], "foo": 1 })).await,
        unprocessable("got an unexpected keyword argument 'foo'")
    );
    let missing = odoo.execute_kw("res.partner", "search", &json!([]), &json!({})).await;
    assert_eq!(missing["error"]["data"]["name"], "builtins.TypeError");
}

#[tokio::test]
async fn none_is_null_over_json2_and_leaves_no_result_over_jsonrpc() {
    let odoo = Odoo::start().await;
    assert_eq!(odoo.get("sale.order", "action_lock", &json!({ "ids": [1] })).await, Value::Null);
    let envelope = odoo.execute_kw("sale.order", "action_lock", &json!([[1]]), &json!({})).await;
    assert_eq!(envelope, json!({ "jsonrpc": "2.0", "id": 7 }));
}

#[tokio::test]
async fn connections_are_kept_alive_and_every_call_is_noted() {
    let odoo = Odoo::start().await;
    let response =
        odoo.send(&odoo.sim.demo().api_key, "res.partner", "read", &json!({ "ids": [15], "fields": ["name"] })).await;
    assert!(response.headers().get("connection").is_none());
    let seen = odoo.sim.log();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].uid, seen[0].model.as_str(), seen[0].method.as_str()), (5, "res.partner", "read"));
    assert_eq!(seen[0].ids, [15]);
}

#[tokio::test]
async fn answers_are_held_back_as_long_as_asked_and_the_port_is_free_after_stop() {
    let latency = Duration::from_millis(120);
    let sim = Sim::start(SimOptions { latency, ..SimOptions::default() }).await.unwrap();
    let before = Instant::now();
    reqwest::get(format!("{}/web/version", sim.url())).await.unwrap();
    assert!(before.elapsed() >= latency);
    let url = sim.url();
    sim.stop().await;
    assert!(reqwest::get(format!("{url}/web/version")).await.is_err());
}
