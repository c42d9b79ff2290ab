use crate::scene::Scene;
use serde_json::{Value, json};

pub(super) async fn records_are_counted_and_summed_up_in_one_shape(scene: &Scene) {
    let mark = scene.name("grouped");
    let contact = |n: u32, color: u32, country: Value| json!({"name": format!("{mark} {n}"), "color": color, "country_id": country});
    let made = scene
        .contacts(json!([contact(1, 1, json!("France")), contact(2, 4, json!("France")), contact(3, 2, json!(null))]))
        .await;
    let domain = json!([["id", "in", made]]);
    let grouped = json!({"model": "res.partner", "domain": domain, "group_by": ["country_id"], "aggregates": ["color:sum"], "order": "color:sum desc"});
    let answer = scene.ok("odoo_read_group", grouped).await;
    let told = answer.to_string();
    assert!(told.contains("France") && told.contains('5'), "{told}");
    assert!(told.contains("null"), "the group without a value is named: {told}");
    let months = json!({"model": "res.partner", "domain": domain, "group_by": ["country_id", "create_date:month"]});
    let answer = scene.ok("odoo_read_group", months).await;
    assert!(answer.to_string().contains("create_date:month"), "{answer}");
    let all = scene
        .ok(
            "odoo_read_group",
            json!({"model": "res.partner", "domain": domain, "group_by": [], "aggregates": ["color:max"]}),
        )
        .await;
    assert!(all.to_string().contains('4'), "{all}");
    let error = scene.err("odoo_read_group", json!({"model": "res.partner", "group_by": ["contry_id"]})).await;
    assert!(error.message.contains("country_id"), "the nearest name is offered: {}", error.message);
    scene.remove("res.partner", &made).await;
}

pub(super) async fn amounts_are_summed_up_in_one_currency_and_never_over_several(scene: &Scene) {
    let archived =
        json!({"domain": [["name", "in", ["USD", "EUR"]]], "fields": ["name"], "context": {"active_test": false}});
    let currencies = scene.odoo("res.currency", "search_read", archived).await;
    let currency =
        |name: &str| currencies.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["id"].clone();
    let customer = scene.contacts(json!([{"name": scene.name("customer")}])).await;
    let values = json!({"vals_list": [{"partner_id": customer[0], "user_id": false}, {"partner_id": customer[0], "user_id": false}]});
    let orders = scene.odoo("sale.order", "create", values).await;
    let sums = async |group_by: Value, domain: &Value| {
        let sums =
            json!({"model": "sale.order", "domain": domain, "group_by": group_by, "aggregates": ["amount_total:sum"]});
        scene.ok("odoo_read_group", sums).await
    };
    let both = json!([["id", "in", orders]]);
    for (group_by, rows) in [(json!([]), json!([[2, 0]])), (json!(["state"]), json!([["draft", 2, 0]]))] {
        let one = sums(group_by, &both).await;
        assert_eq!((&one["currency"], &one["rows"]), (&json!("USD"), &rows), "{one}");
    }
    let write = async |values: Value| {
        scene.odoo("sale.order", "write", json!({"ids": [orders[1]], "vals": values})).await;
    };
    write(json!({"currency_id": currency("EUR")})).await;
    let several = sums(json!([]), &both).await;
    assert_eq!(several["columns"], json!(["currency_id", "__count", "amount_total:sum"]), "{several}");
    let mut rows = several["rows"].as_array().unwrap().clone();
    rows.sort_by_key(|row| row[0][1].to_string());
    assert_eq!(rows, [json!([[currency("EUR"), "EUR"], 1, 0]), json!([[currency("USD"), "USD"], 1, 0])]);
    let foreign = sums(json!(["state"]), &json!([["id", "=", orders[1]]])).await;
    assert_eq!((&foreign["currency"], &foreign["rows"]), (&json!("EUR"), &json!([["draft", 1, 0]])), "{foreign}");
    write(json!({"currency_id": false})).await;
    let without = sums(json!([]), &both).await;
    assert_eq!((&without["columns"][0], without["rows"].as_array().unwrap().len()), (&json!("currency_id"), 2));
    scene.remove("sale.order", &crate::scene::ids(&json!({"ids": orders}))).await;
    scene.remove("res.partner", &customer).await;
    let none = sums(json!([]), &both).await;
    assert_eq!((&none["rows"], none.get("currency")), (&json!([[0, null]]), None), "{none}");

    // Currencies that lie with another record, and one that Odoo works out.
    for (model, amount, by) in
        [("account.move", "amount_total_signed:sum", "state"), ("crm.lead", "expected_revenue:sum", "stage_id")]
    {
        let sums =
            json!({"model": model, "group_by": [by], "aggregates": [amount], "domain": [["company_id", "=", 1]]});
        let sums = scene.ok("odoo_read_group", sums).await;
        assert_eq!((&sums["currency"], &sums["columns"][0]), (&json!("USD"), &json!(by)), "{model}: {sums}");
        assert!(sums.get("notes").is_none(), "{model}: {sums}");
    }
}
