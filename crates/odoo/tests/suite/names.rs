use gatehouse_odoo::{Client, OdooError, Record, Words};
use serde_json::{Value, json};

pub(super) async fn records_are_found_by_every_name_they_have(client: &Client) {
    let desk = "[E-COM06] Corner Desk Right Sit";
    for (model, text, operator, found) in [
        ("product.product", "E-COM06", "=", vec![desk]),
        ("product.product", "Corner Desk Right Sit", "=", vec![desk]),
        ("product.product", desk, "=", vec![desk]),
        ("product.product", desk, "ilike", vec![desk]),
        ("product.product", "[E-COM06] whatever", "=", vec![desk]),
        ("product.product", "e-com06", "=", vec![]),
        ("product.product", "corner desk right sit", "=", vec![]),
        ("product.product", "corner desk right", "ilike", vec![desk]),
        ("product.template", "E-COM06", "=", vec![desk]),
        ("product.template", desk, "=", vec![desk]),
        ("product.template", desk, "ilike", vec![]),
        ("product.template", "Corner Desk Right Sit", "=", vec![desk]),
        ("res.country", "FR", "=", vec!["France"]),
        ("res.country", "France", "=", vec!["France"]),
        ("res.country", "fr", "=", vec![]),
        ("res.country", "F", "=", vec![]),
        ("res.country", "france", "ilike", vec!["France"]),
    ] {
        let named = client.name_search(model, text, operator, 5, None).await.unwrap();
        let names: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, found, "{model} {operator} {text}");
    }
    let codes = client.name_search("res.country", "fr", "ilike", 1, None).await.unwrap();
    assert_eq!(codes[0].1, "France", "the code comes before names that hold it");
    for (operator, count) in [("=", 1), ("ilike", 0)] {
        let domain = json!([["display_name", operator, desk]]);
        assert_eq!(client.search_count("product.product", &domain, None).await.unwrap(), count, "{operator}");
    }
}

pub(super) async fn a_contact_does_not_stand_above_itself(client: &Client) {
    let record = |value: Value| -> Record { value.as_object().unwrap().clone() };
    let named = |name: &str| record(json!({"name": format!("Gatehouse hierarchy {name}")}));
    let ids = client.create("res.partner", vec![named("a"), named("b")], None).await.unwrap();
    let below = async |id: i64, parent: i64| {
        client.write("res.partner", &[id], record(json!({"parent_id": parent})), None).await
    };
    below(ids[1], ids[0]).await.unwrap();
    for (id, parent) in [(ids[0], ids[0]), (ids[0], ids[1])] {
        let refused = below(id, parent).await.unwrap_err();
        assert!(matches!(refused, OdooError::Refused { .. }), "{refused:?}");
        let said = refused.words().map(Words::as_str);
        assert_eq!(said, Some("You cannot create recursive Partner hierarchies."));
    }
    client.unlink("res.partner", &[ids[1]], None).await.unwrap();
    client.unlink("res.partner", &[ids[0]], None).await.unwrap();
}
