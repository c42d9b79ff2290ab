//! Values themselves: named, left to choose, copied, computed, written, quoted.

use super::*;

#[tokio::test]
async fn the_oracle_of_the_fields() {
    let (house, agent) = keeping(REF).await;
    let calls = [
        ("odoo_search_read", json!({"model": "res.partner", "fields": ["ref"]})),
        ("odoo_search_read", json!({"model": "res.partner", "fields": ["name", "ref"], "lang": "fr_FR"})),
        ("odoo_read", json!({"model": "res.partner", "ids": [PARTNER], "fields": ["ref"]})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    let calls = [
        ("odoo_search_read", json!({"model": "res.users", "fields": ["password"]})),
        ("odoo_read", json!({"model": "res.users", "ids": [2], "fields": ["login", "api_key_ids"]})),
    ];
    refused_by(BY_GUARD, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_the_dotted_fields() {
    let (house, agent) = keeping(REF).await;
    let calls = [
        ("odoo_search_read", json!({"model": "sale.order", "fields": ["partner_id.ref"]})),
        ("odoo_read", json!({"model": "res.partner", "ids": [PARTNER], "fields": ["child_ids.parent_id.ref"]})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    let calls = [
        ("odoo_search_read", json!({"model": "res.partner", "fields": ["user_ids.password"]})),
        ("odoo_search_read", json!({"model": "res.users", "fields": ["api_key_ids.name"]})),
    ];
    refused_by(BY_GUARD, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_the_read_by_ids() {
    let (house, agent) = keeping(&["res.partner.*"]).await;
    let calls = [
        ("odoo_read", json!({"model": "res.partner", "ids": [PARTNER]})),
        ("odoo_read", json!({"model": "res.partner", "ids": [PARTNER, 99_999], "fields": ["id"]})),
        ("odoo_search_count", json!({"model": "res.partner"})),
        group("res.partner", &json!({})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_copies_and_of_what_is_computed() {
    let (house, agent) = keeping(&["res.partner.email"]).await;
    let read = |model: &str, field: &str| ("odoo_search_read", json!({"model": model, "fields": [field]}));
    let calls = [
        read("res.partner", "email_normalized"),
        read("res.partner", "email_formatted"),
        read("res.users", "email"),
        read("crm.lead", "email_from"),
        read("crm.lead", "email_normalized"),
        find("res.users", &json!([["email", "=like", "a%"]])),
        group("crm.lead", &json!({"group_by": ["email_normalized"]})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    // A contact is named by its name, and the name is not kept.
    let answer = agent.call("odoo_read", json!({"model": "sale.order", "ids": [1], "fields": ["partner_id"]})).await;
    assert!(answer.unwrap()["records"][0]["partner_id"][1].is_string());
}

#[tokio::test]
async fn the_oracle_of_a_copy_that_only_its_name_betrays() {
    // A lead takes its contact's street over; all that Odoo says is that it depends on the contact.
    let (house, agent) = keeping(&["res.partner.street"]).await;
    let calls = [
        ("odoo_search_read", json!({"model": "crm.lead", "fields": ["street"]})),
        find("crm.lead", &json!([["street", "=like", "1%"]])),
        ("odoo_search_read", json!({"model": "res.partner", "fields": ["contact_address_inline"]})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
}

#[tokio::test]
async fn the_oracle_of_writing_what_is_kept() {
    let (house, agent) = keeping(&["res.partner.ref", "crm.tag.name"]).await;
    let write =
        |values: Value| json!({"model": "res.partner", "ids": [PARTNER], "values": values, "connection": "Demo"});
    let calls = [
        ("odoo_write", write(json!({"ref": "x"}))),
        ("odoo_write", write(json!({"child_ids": [[0, 0, {"name": "x", "ref": "x"}]]}))),
        ("odoo_create", json!({"model": "res.partner", "values": {"name": "x", "ref": SECRET}, "connection": "Demo"})),
    ];
    refused_by(BY_POLICY, &house, &agent, &calls).await;
    // Odoo refuses a second tag of one name: whether it does would tell the first.
    let tag = json!({"model": "crm.tag", "values": {"name": "Software"}, "connection": "Demo"});
    refused_by("user:/redact/1", &house, &agent, &[("odoo_create", tag)]).await;
}

#[tokio::test]
async fn the_oracle_of_odoo_s_own_words() {
    let (house, agent) = keeping(&["crm.tag.color"]).await;
    let create = json!({"model": "crm.tag", "values": {"name": "Software"}, "connection": "Demo"});
    let calling = agent.calling("odoo_create", create);
    let card = house.card().await;
    house.decide(&card, YES).await.unwrap();
    let error = calling.await.unwrap().unwrap_err();
    assert_eq!(error.code, ErrorCode::OdooRefused, "{error:?}");
    assert!(error.detail.unwrap_or_default().starts_with("What Odoo says is kept back"));
}

#[tokio::test]
async fn the_default_fields_leave_out_what_is_kept() {
    let (house, agent) = keeping(&["res.partner.ref", "res.partner.email", "res.partner.city"]).await;
    for (tool, arguments) in [
        ("odoo_search_read", json!({"model": "res.partner", "domain": [["id", "=", PARTNER]]})),
        ("odoo_search_read", json!({"model": "res.partner", "domain": [["id", "=", PARTNER]], "fields": []})),
        ("odoo_read", json!({"model": "res.partner", "ids": [PARTNER]})),
    ] {
        let answer = agent.call(tool, arguments).await.unwrap();
        let row = answer["records"][0].as_object().unwrap();
        assert!(row.contains_key("name") && row.contains_key("phone"), "{row:?}");
        assert!(!row.keys().any(|name| ["ref", "email", "city"].contains(&name.as_str())), "{row:?}");
        assert!(!answer.to_string().contains(SECRET), "{answer}");
    }
    // Nothing but the id is left of a country; an empty list would have been every field to Odoo.
    let (bare, agent) = keeping(&["res.country.*a*", "res.country.c*"]).await;
    let answer = agent.call("odoo_search_read", json!({"model": "res.country", "limit": 1})).await;
    let answer = answer.unwrap();
    assert!(answer["ids"][0].is_number() && answer.get("records").is_none(), "{answer}");
    drop((house, bare));
}

#[tokio::test]
async fn what_is_read_along_is_left_out_where_it_is_kept() {
    let leads =
        json!({"model": "crm.lead", "fields": ["expected_revenue"], "order": "id", "limit": 3, "companies": [1, 2]});
    let (house, agent) = keeping(&["crm.lead.company_currency", "crm.lead.company_id"]).await;
    let answer = agent.call("odoo_search_read", leads.clone()).await.unwrap();
    assert_eq!(answer["columns"], json!(["id", "expected_revenue"]), "{answer}");
    assert!(!answer.to_string().contains("USD") && answer.get("every_row").is_none(), "{answer}");
    let (other, agent) = keeping(&["res.currency.name", "res.company.name"]).await;
    let answer = agent.call("odoo_search_read", leads).await.unwrap();
    let lead = records(&answer)[0].clone();
    assert!(!answer.to_string().contains("USD") && lead["expected_revenue"].is_number(), "{answer}");
    assert!(lead.get("company_id").is_none_or(|company| company.get("name").is_none()), "{answer}");
    drop((house, other));
}

#[tokio::test]
async fn the_table_of_fields_says_what_is_kept_and_shows_no_value() {
    let (house, agent) = keeping(&["res.partner.ref", "res.partner.email", "res.partner.type"]).await;
    let answer = agent.call("odoo_fields_get", json!({"model": "res.partner"})).await.unwrap();
    let lines: Vec<&str> = answer["fields"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let is_kept = |name: &str| {
        let line = lines.iter().find(|line| line.split([' ', '*', '=', '!', '(']).next() == Some(name)).unwrap();
        line.split(' ').next().unwrap().contains("(x)")
    };
    assert!(is_kept("ref") && is_kept("email") && is_kept("email_normalized") && !is_kept("name"));
    assert!(lines.contains(&"type(x) sel Address Type"), "without its values: {lines:?}");
    let full = json!({"model": "res.partner", "fields": ["type"], "detail": true});
    let full = agent.call("odoo_fields_get", full).await.unwrap();
    assert!(full["fields"][0].get("values").is_none(), "{full}");
    assert!(answer["note"].as_str().unwrap().contains("kept from agents"));
    let users = agent.call("odoo_fields_get", json!({"model": "res.users", "pattern": "password"})).await.unwrap();
    assert!(users["fields"][0].as_str().unwrap().starts_with("password"), "{users}");
    assert!(users["fields"][0].as_str().unwrap().contains("(x)"), "{users}");
    drop(house);
}

#[tokio::test]
async fn what_is_not_kept_is_answered_as_ever() {
    let (house, agent) = keeping(REF).await;
    let found = json!({"model": "res.partner", "domain": [["name", "ilike", "azure"]], "order": "name", "fields": ["name", "email"]});
    assert!(!records(&agent.call("odoo_search_read", found).await.unwrap()).is_empty());
    let sums = json!({"model": "sale.order", "group_by": ["partner_id.country_id", "date_order:month"], "aggregates": ["amount_total:sum"], "having": [["__count", ">", 0]], "order": "__count desc", "limit": 2});
    let sums = agent.call("odoo_read_group", sums).await.unwrap();
    let (columns, first) = (&sums["columns"], &sums["rows"][0]);
    let at = |name: &str| &first[columns.as_array().unwrap().iter().position(|column| column == name).unwrap()];
    assert!(at("amount_total:sum").is_number() && at("__count").is_number(), "{sums}");
    assert!(at("date_order:month").is_string() && at("partner_id.country_id")[1].is_string(), "{sums}");
    assert_eq!(sums["has_more"], true);
    assert!(agent.call("odoo_search_count", json!({"model": "res.partner"})).await.unwrap()["count"].is_number());
    drop(house);
}
