use gatehouse_core::{FieldPath, Protocol};
use gatehouse_odoo::domain::{Asked, Domain, Grouping, Today, origins};
use gatehouse_odoo::{Client, Context, Method, OdooError, Record};
use serde_json::{Value, json};

fn record(value: Value) -> Record {
    match value {
        Value::Object(record) => record,
        other => panic!("no record: {other}"),
    }
}

async fn grouped(client: &Client, domain: &Value, asked: Asked<'_>, limit: u32) -> Vec<Record> {
    let context = Context::new();
    let source = client.within(&context);
    let domain = Domain::parse(domain, "res.partner", &source, &Today::new(0, None)).await.unwrap();
    let grouping = Grouping::parse(asked, "res.partner", &source, client.version()).await.unwrap();
    client.read_group("res.partner", domain.as_json(), &grouping, limit, None).await.unwrap()
}

pub(super) async fn records_are_counted_and_summed_up_by_group(client: &Client, protocol: Protocol) {
    let mark = format!("Gatehouse groups {protocol:?} {} {:?}", std::process::id(), std::thread::current().id());
    let contact = |which: &str, color: u8, country: Value| {
        record(json!({"name": format!("{mark} {which}"), "color": color, "country_id": country}))
    };
    let values = vec![contact("a", 1, json!(75)), contact("b", 4, json!(75)), contact("c", 2, json!(false))];
    let ids = client.create("res.partner", values, None).await.unwrap();
    let domain = json!([["id", "in", ids]]);
    assert_eq!(client.search_count("res.partner", &domain, None).await.unwrap(), 3);

    let asked = Asked {
        group_by: &["country_id", "create_date:day"],
        aggregates: &["color:sum", "color:max"],
        order: Some("color:sum desc"),
        having: None,
    };
    let rows = grouped(client, &domain, asked, 10).await;
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert_eq!(rows[0]["country_id"], json!({"id": 75, "name": "France"}));
    assert_eq!((&rows[0]["__count"], &rows[0]["color:sum"], &rows[0]["color:max"]), (&json!(2), &json!(5), &json!(4)));
    let day = &rows[0]["create_date:day"];
    assert!(day["label"].is_string() && day["from"].as_str() < day["to"].as_str(), "{day}");
    assert_eq!(rows[1]["country_id"], Value::Null, "the group without a value");
    assert_eq!(grouped(client, &domain, asked, 1).await.len(), 1);

    let everything = Asked { aggregates: &["color:avg"], ..Asked::default() };
    let rows = grouped(client, &domain, everything, 10).await;
    assert_eq!((rows.len(), &rows[0]["__count"]), (1, &json!(3)));
    let yes_or_no = Asked { group_by: &["is_company", "category_id"], ..Asked::default() };
    let rows = grouped(client, &domain, yes_or_no, 10).await;
    assert_eq!((rows.len(), &rows[0]["is_company"], &rows[0]["category_id"]), (1, &json!(false), &Value::Null));
    let having = json!([["color:sum", ">", 2]]);
    let dotted = Asked { group_by: &["country_id.code"], having: Some(&having), ..Asked::default() };
    let rows = grouped(client, &domain, dotted, 10).await;
    assert_eq!((rows.len(), &rows[0]["country_id.code"]), (1, &json!("FR")));

    let context = Context::new();
    let grouping = Grouping::parse(dotted, "res.partner", &client.within(&context), client.version()).await.unwrap();
    let all = client.read_group("res.partner", &domain, &grouping, 0, None).await;
    assert!(matches!(all, Err(OdooError::InvalidRequest(_))), "a limit of 0 would be every group");
    client.unlink("res.partner", &ids, None).await.unwrap();
}

pub(super) async fn a_group_lists_its_different_values(client: &Client) {
    let call = async |model: &str, domain: Value, group_by: Value, aggregate: &str| {
        let method = Method::read(model, "formatted_read_group")
            .arg("domain", domain)
            .arg("groupby", group_by)
            .arg("aggregates", json!([aggregate]));
        client.call(&method).await
    };
    let contact =
        |user: Value| record(json!({"name": "Gatehouse different values", "user_id": user, "is_company": false}));
    let values = vec![contact(json!(false)), contact(json!(2)), contact(json!(2))];
    let ids = client.create("res.partner", values, None).await.unwrap();
    let domain = json!([["id", "in", ids]]);
    for (aggregate, listed) in [
        ("user_id:array_agg_distinct", json!([2, null])),
        ("user_id:array_agg", json!([null, 2, 2])),
        ("is_company:array_agg_distinct", json!([false])),
        ("name:array_agg_distinct", json!(["Gatehouse different values"])),
    ] {
        let rows = call("res.partner", domain.clone(), json!([]), aggregate).await.unwrap();
        assert_eq!(rows[0][aggregate], listed, "{aggregate}");
        let rows = call("res.partner", json!([["id", "=", 0]]), json!([]), aggregate).await.unwrap();
        assert_eq!(rows[0][aggregate], json!([]), "{aggregate} of no records");
    }
    client.unlink("res.partner", &ids, None).await.unwrap();
    let unkept = call("res.partner", json!([]), json!([]), "category_id:array_agg_distinct").await;
    assert!(matches!(unkept, Err(OdooError::UnknownSchema { .. } | OdooError::Failed { .. })), "{unkept:?}");
    let currencies = client.currencies(None).await.unwrap();
    assert!(["USD", "EUR"].iter().all(|name| currencies.iter().any(|(_, known)| known == name)), "{currencies:?}");
}

pub(super) async fn what_odoo_says_of_a_field_leads_to_where_it_comes_from(client: &Client) {
    let context = Context::new();
    let source = client.within(&context);
    let path = |model: &str, field: &str| FieldPath { model: model.into(), field: field.into() };
    let email = path("res.partner", "email");
    for (model, field, comes_from_email) in [
        ("res.partner", "email_normalized", true),
        ("res.users", "email", true),
        ("crm.lead", "email_from", true),
        ("res.partner", "display_name", false),
        ("sale.order", "amount_total", false),
    ] {
        let found = origins(&path(model, field), &source).await.unwrap();
        assert_eq!(found.fields.contains(&email), comes_from_email, "{model}.{field}: {found:?}");
        assert!(found.is_whole, "{model}.{field}: {found:?}");
    }
}
