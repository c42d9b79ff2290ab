//! What an ordinary salesperson may and may not do.

use serde_json::json;

use crate::{Odoo, told};

#[tokio::test]
async fn the_technical_models_are_closed_and_the_list_of_models_is_open() {
    let odoo = Odoo::start().await;
    let (status, answer) = odoo.ask(odoo.sim.demo(), "ir.model", "search_read", &json!({ "domain": [] })).await;
    let message = "You are not allowed to access 'Models' (ir.model) records.\n\nThis operation is allowed for the following groups:\n\t- \
                   Access Rights\n\nContact your administrator to request access if necessary.";
    assert_eq!(told(status, &answer), (403, "odoo.exceptions.AccessError".to_owned(), message.to_owned()));
    assert_eq!(odoo.ask(odoo.sim.demo(), "ir.model.fields", "search_read", &json!({})).await.0, 403);
    let (_, models) = odoo.ask(odoo.sim.demo(), "ir.model", "get_available_models", &json!({})).await;
    assert!(models.as_array().unwrap().contains(&json!({ "display_name": "Sales Order", "model": "sale.order" })));
    let rows = odoo
        .get("ir.model", "search_read", &json!({ "domain": [["model", "=", "res.partner"]], "fields": ["name"] }))
        .await;
    assert_eq!(rows[0]["name"], "Contact");
}

#[tokio::test]
async fn users_are_closed_but_for_ones_own_preferences() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    let write =
        async |id: i64, vals| odoo.ask(demo, "res.users", "write", &json!({ "ids": [id], "vals": vals })).await.0;
    assert_eq!(write(2, json!({ "name": "x" })).await, 403);
    assert_eq!(write(5, json!({ "login": "x" })).await, 403);
    assert_eq!(write(5, json!({ "signature": "<p>Marc</p>" })).await, 200);
    assert_eq!(odoo.ask(demo, "res.users", "has_access", &json!({ "operation": "write" })).await, (200, json!(false)));
    assert_eq!(odoo.ask(demo, "res.partner", "has_access", &json!({ "operation": "write" })).await, (200, json!(true)));
    let (_, me) = odoo.ask(demo, "res.users", "read", &json!({ "ids": [5], "fields": ["name", "company_id"] })).await;
    assert_eq!(me, json!([{ "id": 5, "name": "Marc Demo", "company_id": [1, "My Company (San Francisco)"] }]));
}

#[tokio::test]
async fn a_salesperson_sees_its_own_documents_and_nobodys() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    let (_, orders) =
        odoo.ask(demo, "sale.order", "search_read", &json!({ "domain": [], "fields": ["user_id"] })).await;
    assert!(orders.as_array().unwrap().iter().all(|order| order["user_id"] == false || order["user_id"][0] == 5));
    let (status, answer) = odoo.ask(demo, "sale.order", "read", &json!({ "ids": [3], "fields": ["name"] })).await;
    let (status, class, message) = told(status, &answer);
    assert_eq!((status, class.as_str()), (403, "odoo.exceptions.AccessError"));
    assert!(message.contains("Sorry, Marc Demo (id=5) doesn't have 'read' access to:\n- Sales Order (sale.order)"));
    assert_eq!(odoo.ask(demo, "sale.order", "unlink", &json!({ "ids": [1] })).await.0, 403);
}

#[tokio::test]
async fn companies_narrow_what_is_seen_and_foreign_ones_are_refused() {
    let odoo = Odoo::start().await;
    let count = async |companies| {
        let body = json!({ "domain": [], "context": { "allowed_company_ids": companies } });
        odoo.ask(odoo.sim.admin(), "sale.order", "search_count", &body).await
    };
    let (all, first) = (count(json!([1, 2])).await.1, count(json!([1])).await.1);
    assert!(first.as_i64() < all.as_i64());
    let (status, answer) = count(json!([77])).await;
    assert_eq!(told(status, &answer).2, "Access to unauthorized or invalid companies.");
}

#[tokio::test]
async fn everyone_lists_the_own_keys_only() {
    let odoo = Odoo::start().await;
    let (_, keys) = odoo.ask(odoo.sim.demo(), "res.users.apikeys", "search_read", &json!({ "domain": [] })).await;
    assert_eq!(keys.as_array().unwrap().len(), 1);
    assert_eq!(keys[0]["user_id"], json!([5, "Marc Demo"]));
    assert!(keys[0].get("key").is_none());
}

#[tokio::test]
async fn companies_have_currencies_of_their_own_and_only_their_users_see_them() {
    let odoo = Odoo::start().await;
    let ask = async |who, companies| {
        let body = json!({ "domain": [], "fields": ["currency_id", "company_id"], "context": { "allowed_company_ids": companies } });
        odoo.ask(who, "sale.order", "search_read", &body).await
    };
    let (status, euros) = ask(odoo.sim.admin(), json!([3])).await;
    assert_eq!((status, euros.as_array().unwrap().len()), (200, 3));
    assert!(euros.as_array().unwrap().iter().all(|order| order["currency_id"] == json!([2, "EUR"])));
    let (status, answer) = ask(odoo.sim.demo(), json!([3])).await;
    assert_eq!(
        told(status, &answer),
        (403, "odoo.exceptions.AccessError".to_owned(), "Access to unauthorized or invalid companies.".to_owned())
    );
    let (_, all) =
        odoo.ask(odoo.sim.demo(), "sale.order", "search_count", &json!({ "domain": [["company_id", "=", 3]] })).await;
    assert_eq!(all, 0);
    let (_, names) =
        odoo.ask(odoo.sim.demo(), "res.company", "search_read", &json!({ "domain": [], "fields": ["name"] })).await;
    assert_eq!(names.as_array().unwrap().len(), 2);
    let new = json!({ "vals_list": [{ "partner_id": 16 }], "context": { "allowed_company_ids": [3] } });
    let new = odoo.get("sale.order", "create", &new).await;
    let order = odoo.get("sale.order", "read", &json!({ "ids": new, "fields": ["currency_id", "company_id"] })).await;
    assert_eq!(order[0]["currency_id"], json!([2, "EUR"]));
}

#[tokio::test]
async fn a_field_of_other_groups_is_not_there_and_says_so() {
    let odoo = Odoo::start().await;
    let demo = odoo.sim.demo();
    let message = "You do not have enough rights to access the field \"total_invoiced\" on Contact (res.partner). Please contact your \
                   system administrator.\n\nOperation: read\nUser: 5\nGroups: allowed for groups 'Show Accounting Features - Readonly', \
                   'Accounting / Invoicing'";
    for (method, body) in [
        ("read", json!({ "ids": [15], "fields": ["total_invoiced"] })),
        ("search_read", json!({ "domain": [["total_invoiced", ">", 0]], "fields": ["name"] })),
        ("search_read", json!({ "domain": [], "fields": ["name"], "order": "total_invoiced" })),
        ("web_read", json!({ "ids": [15], "specification": { "total_invoiced": {} } })),
        ("formatted_read_group", json!({ "domain": [], "groupby": ["total_invoiced"] })),
    ] {
        let (status, answer) = odoo.ask(demo, "res.partner", method, &body).await;
        assert_eq!(told(status, &answer).2, message, "{method}");
    }
    let (_, fields) = odoo.ask(demo, "res.partner", "fields_get", &json!({ "attributes": ["type"] })).await;
    assert!(fields.get("total_invoiced").is_none() && fields.get("name").is_some());
    let (_, rows) = odoo.ask(demo, "res.partner", "read", &json!({ "ids": [15] })).await;
    assert!(rows[0].get("total_invoiced").is_none());
    let all = odoo.get("res.partner", "read", &json!({ "ids": [15], "fields": ["total_invoiced"] })).await;
    assert!(all[0]["total_invoiced"].as_f64().unwrap() > 0.0);
}
