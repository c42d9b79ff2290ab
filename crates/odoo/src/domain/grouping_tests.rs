use super::fixture::Schema;
use super::*;
use crate::Version;

async fn parse(
    group_by: &[&str],
    aggregates: &[&str],
    order: Option<&str>,
    having: Value,
) -> Result<Grouping, InputError> {
    let asked = Asked { group_by, aggregates, order, having: Some(&having).filter(|having| !having.is_null()) };
    Grouping::parse(asked, "sale.order", &Schema, Version::parse("19.0").unwrap()).await
}

async fn problems(group_by: &[&str], aggregates: &[&str], order: Option<&str>, having: Value) -> Vec<Problem> {
    match parse(group_by, aggregates, order, having).await {
        Err(InputError::Refused(problems)) => problems,
        other => panic!("{group_by:?} {aggregates:?} {order:?} was taken: {other:?}"),
    }
}

fn texts(reads: &[FieldPath]) -> Vec<String> {
    reads.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_good_grouping_reaches_odoo_as_it_was_meant_and_tells_what_it_reads() {
    let grouping = parse(
        &["partner_id.country_id", "date_order:month"],
        &["__count", "amount_total:sum", "amount_total:sum"],
        Some("date_order DESC, amount_total:sum"),
        json!(["|", ["__count", ">", 2], ["id:max", "<=", 9]]),
    )
    .await
    .unwrap();
    assert_eq!(
        grouping.as_json(),
        json!({
            "group_by": ["partner_id.country_id", "date_order:month"],
            "aggregates": ["amount_total:sum"],
            "order": "date_order:month desc, amount_total:sum asc",
            "having": ["|", ["__count", ">", 2], ["id:max", "<=", 9]],
        })
    );
    assert_eq!(
        texts(&grouping.reads),
        [
            "res.partner.country_id",
            "sale.order.amount_total",
            "sale.order.date_order",
            "sale.order.id",
            "sale.order.partner_id"
        ]
    );
    assert_eq!(
        (grouping.named, grouping.unseen),
        (vec!["res.country".into()], vec![Unseen::Archived("res.partner".into())])
    );
    let sorted = parse(&["partner_id"], &[], Some("partner_id"), Value::Null).await.unwrap();
    assert_eq!(sorted.unseen, [Unseen::Order("res.partner".into())]);
    let all = parse(&[], &["amount_total:avg"], None, json!([])).await.unwrap();
    assert!(all.axes.is_empty() && all.having.is_null());
}

#[tokio::test]
async fn what_odoo_groups_by_without_searching_by_it_is_taken_from_19_on() {
    let grouping = parse(&["own_currency"], &[], None, Value::Null).await.unwrap();
    assert_eq!(texts(&grouping.reads), ["sale.order.own_currency"]);
    assert_eq!(grouping.named, ["res.currency"]);
    let asked = Asked { group_by: &["own_currency"], ..Asked::default() };
    assert!(Grouping::parse(asked, "sale.order", &Schema, Version::parse("18.0").unwrap()).await.is_err());
}

#[tokio::test]
async fn a_wrong_grouping_is_refused_with_its_place() {
    for (group_by, aggregates, order, having, pointer) in [
        (vec!["stat"], vec![], None, Value::Null, "group_by/0"),
        (vec!["state", "state"], vec![], None, Value::Null, "group_by/1"),
        (vec!["date_order"], vec![], None, Value::Null, "group_by/0"),
        (vec!["date_order:fortnight"], vec![], None, Value::Null, "group_by/0"),
        (vec!["validity_date:hour"], vec![], None, Value::Null, "group_by/0"),
        (vec!["state:month"], vec![], None, Value::Null, "group_by/0"),
        (vec!["order_line"], vec![], None, Value::Null, "group_by/0"),
        (vec!["order_line.product_id"], vec![], None, Value::Null, "group_by/0"),
        (vec!["state.x"], vec![], None, Value::Null, "group_by/0"),
        (vec!["is_late"], vec![], None, Value::Null, "group_by/0"),
        (vec!["signature"], vec![], None, Value::Null, "group_by/0"),
        (vec!["props.colour"], vec![], None, Value::Null, "group_by/0"),
        (vec![""], vec![], None, Value::Null, "group_by/0"),
        (vec![], vec!["amount_total"], None, Value::Null, "aggregates/0"),
        (vec![], vec!["amount_total:array_agg"], None, Value::Null, "aggregates/0"),
        (vec![], vec!["state:sum"], None, Value::Null, "aggregates/0"),
        (vec![], vec!["id:sum"], None, Value::Null, "aggregates/0"),
        (vec![], vec!["locked:max"], None, Value::Null, "aggregates/0"),
        (vec![], vec!["tag_ids:count"], None, Value::Null, "aggregates/0"),
        (vec![], vec!["signature:count"], None, Value::Null, "aggregates/0"),
        (vec![], vec!["partner_id.color:sum"], None, Value::Null, "aggregates/0"),
        (vec!["state"], vec![], Some("amount_total:sum"), Value::Null, "order"),
        (vec!["state"], vec![], Some("partner_id.name"), Value::Null, "order"),
        (vec!["state"], vec![], Some("state up"), Value::Null, "order"),
        (vec!["state"], vec![], Some(""), Value::Null, "order"),
        (vec!["state"], vec![], None, json!({}), "having"),
        (vec!["state"], vec![], None, json!([["__count", ">", "3"]]), "having/0/2"),
        (vec!["state"], vec![], None, json!([["__count", "like", 3]]), "having/0/1"),
        (vec!["state"], vec![], None, json!([["state", "=", 3]]), "having/0/0"),
        (vec!["state"], vec![], None, json!(["|", ["__count", ">", 3]]), "having/0"),
    ] {
        let found = problems(&group_by, &aggregates, order, having.clone()).await;
        assert_eq!(found[0].pointer, pointer, "{group_by:?} {aggregates:?} {order:?} {having}: {found:?}");
    }
    let several = problems(&["stat"], &["amount:sum"], None, json!([["x:sum", ">", 1]])).await;
    assert_eq!(several.len(), 3, "every problem at once");
    assert_eq!((several[0].candidates[0].as_str(), several[1].candidates[0].as_str()), ("state", "amount_total"));
}

#[tokio::test]
async fn an_older_server_gets_what_it_understands() {
    let having = json!([["__count", ">", 1]]);
    let version = Version::parse("16.0").unwrap();
    for (group_by, having, is_taken) in
        [("partner_id.country_id", None, false), ("partner_id", Some(&having), false), ("partner_id", None, true)]
    {
        let asked = Asked { group_by: &[group_by], having, ..Asked::default() };
        let parsed = Grouping::parse(asked, "sale.order", &Schema, version).await;
        assert_eq!(parsed.is_ok(), is_taken, "{group_by} {having:?}");
    }
    let asked = Asked { group_by: &["partner_id"], ..Asked::default() };
    let grouping = Grouping::parse(asked, "sale.order", &Schema, version).await.unwrap();
    assert_eq!(
        grouping.unseen,
        [Unseen::Order("res.partner".into())],
        "groups stand in the order of their model there"
    );
}
