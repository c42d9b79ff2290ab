use super::*;
use crate::domain::fixture::Schema;
use serde_json::json;

async fn check(model: &str, mode: Mode, values: Value) -> Result<CheckedValues, InputError> {
    let Value::Object(map) = values else { panic!("not an object") };
    check_values(&map, model, mode, &Schema, &Schema).await
}

async fn partner(values: Value) -> Result<CheckedValues, InputError> {
    check("res.partner", Mode::Write, values).await
}

async fn order(values: Value) -> Result<CheckedValues, InputError> {
    check("sale.order", Mode::Write, values).await
}

fn problems(result: Result<CheckedValues, InputError>) -> Vec<Problem> {
    match result {
        Err(InputError::Refused(problems)) => problems,
        other => panic!("was taken: {other:?}"),
    }
}

#[tokio::test]
async fn a_good_value_reaches_odoo_as_it_was_meant() {
    for (field, given, odoo) in [
        ("name", json!("Grüße\n\tx"), json!("Grüße\n\tx")),
        ("name", json!(""), json!("")),
        ("name", json!(null), json!(false)),
        ("note", json!("<p>x</p>"), json!("<p>x</p>")),
        ("locked", json!(true), json!(true)),
        ("locked", json!(false), json!(false)),
        ("amount_total", json!(10), json!(10)),
        ("amount_total", json!(0.1), json!(0.1)),
        ("validity_date", json!("2026-01-31"), json!("2026-01-31")),
        ("validity_date", json!(null), json!(false)),
        ("date_order", json!("2026-01-31 10:00:00"), json!("2026-01-31 10:00:00")),
        ("date_order", json!("2026-01-31T10:00:00+02:00"), json!("2026-01-31 08:00:00")),
        ("date_order", json!("2026-01-31T10:00:00.000Z"), json!("2026-01-31 10:00:00")),
        ("date_order", json!("2026-01-31"), json!("2026-01-31 00:00:00")),
        ("state", json!("sale"), json!("sale")),
        ("state", json!("Sales Order"), json!("sale")),
        ("state", json!("sales order"), json!("sale")),
        ("partner_id", json!(14), json!(14)),
        ("partner_id", json!({"id": 14, "name": "whatever"}), json!(14)),
        ("partner_id", json!({"id": 14}), json!(14)),
        ("partner_id", json!([14, "whatever"]), json!(14)),
        ("partner_id", json!(null), json!(false)),
        ("partner_id", json!(false), json!(false)),
        ("partner_id", json!("Azure Interior"), json!(14)),
        ("tag_ids", json!([1, 2]), json!([[6, 0, [1, 2]]])),
        ("tag_ids", json!([{"id": 1, "name": "VIP"}, "VIP"]), json!([[6, 0, [1, 1]]])),
        ("tag_ids", json!([[6, 0, [1]]]), json!([[6, 0, [1]]])),
        ("tag_ids", json!([[6, false, []]]), json!([[6, 0, []]])),
        ("tag_ids", json!([[4, 1], [3, 2, 0], [5]]), json!([[4, 1, 0], [3, 2, 0], [5, 0, 0]])),
        (
            "order_line",
            json!([{"product_id": 3, "product_uom_qty": 2}]),
            json!([[0, 0, {"product_id": 3, "product_uom_qty": 2}]]),
        ),
        (
            "order_line",
            json!([[0, "virtual_1", {"name": "x"}], [1, 8, {"sequence": 5.0}], [2, 9, 0]]),
            json!([[0, 0, {"name": "x"}], [1, 8, {"sequence": 5}], [2, 9, 0]]),
        ),
        ("signature", json!("aGVsbG8="), json!("aGVsbG8=")),
        ("source", json!("res.partner,3"), json!("res.partner,3")),
        ("props", json!({"colour": "red"}), json!({"colour": "red"})),
        ("analytic", json!({"1": 100.0}), json!({"1": 100.0})),
    ] {
        let checked = order(json!({ field: given })).await.unwrap_or_else(|e| panic!("{field} {given}: {e}"));
        assert_eq!(checked.values[field], odoo, "{field} {given}");
        assert_eq!(checked.fields, [field]);
    }
}

#[tokio::test]
async fn a_value_that_odoo_would_get_wrong_is_refused_with_its_place() {
    for (field, given, pointer) in [
        ("nme", json!("x"), "/nme"),
        ("id", json!(3), "/id"),
        ("write_date", json!("2026-01-01 00:00:00"), "/write_date"),
        ("create_uid", json!(1), "/create_uid"),
        ("name", json!(5), "/name"),
        ("name", json!(true), "/name"),
        ("name", json!("a\u{0}b"), "/name"),
        ("name", json!("a\r\nb"), "/name"),
        ("name", json!("a\u{1b}[31m"), "/name"),
        ("locked", json!("false"), "/locked"),
        ("locked", json!(0), "/locked"),
        ("locked", json!(null), "/locked"),
        ("amount_total", json!("10"), "/amount_total"),
        ("amount_total", json!(null), "/amount_total"),
        ("validity_date", json!("2026-01-31T00:00:00Z"), "/validity_date"),
        ("validity_date", json!("tomorrow"), "/validity_date"),
        ("validity_date", json!(""), "/validity_date"),
        ("date_order", json!("2026-01-31T10:00:00.5Z"), "/date_order"),
        ("date_order", json!(1_769_853_600), "/date_order"),
        ("state", json!("done"), "/state"),
        ("state", json!(1), "/state"),
        ("priority", json!("urgent!"), "/priority"),
        ("priority", json!("URGENT"), "/priority"),
        ("partner_id", json!("20"), "/partner_id"),
        ("partner_id", json!(["14", "Azure Interior"]), "/partner_id"),
        ("partner_id", json!([14, 26]), "/partner_id"),
        ("partner_id", json!(0), "/partner_id"),
        ("partner_id", json!(-1), "/partner_id"),
        ("partner_id", json!(1.5), "/partner_id"),
        ("partner_id", json!(true), "/partner_id"),
        ("partner_id", json!(""), "/partner_id"),
        ("partner_id", json!("azure interior"), "/partner_id"),
        ("partner_id", json!("Azure"), "/partner_id"),
        ("partner_id", json!({"id": "14"}), "/partner_id"),
        ("partner_id", json!({"name": "Azure Interior"}), "/partner_id"),
        ("partner_id", json!({"id": 14, "email": "x"}), "/partner_id"),
        ("tag_ids", json!(null), "/tag_ids"),
        ("tag_ids", json!(3), "/tag_ids"),
        ("tag_ids", json!([]), "/tag_ids"),
        ("tag_ids", json!([6, 0, [1]]), "/tag_ids"),
        ("tag_ids", json!([4, 0]), "/tag_ids/1"),
        ("tag_ids", json!([[7, 1, 0]]), "/tag_ids/0"),
        ("tag_ids", json!([[]]), "/tag_ids/0"),
        ("tag_ids", json!([[6, 0, 3]]), "/tag_ids/0"),
        ("tag_ids", json!([[6, 0, ["x"]]]), "/tag_ids/0"),
        ("tag_ids", json!([[4, "1", 0]]), "/tag_ids/0"),
        ("tag_ids", json!([[4, 1, {"name": "x"}]]), "/tag_ids/0"),
        ("tag_ids", json!([[5, 1, 0]]), "/tag_ids/0"),
        ("tag_ids", json!([[1, 1, {}]]), "/tag_ids/0"),
        ("tag_ids", json!([[0, 0, {"nme": "x"}]]), "/tag_ids/0/2/nme"),
        ("tag_ids", json!(["Unknown"]), "/tag_ids/0"),
        ("order_line", json!(["Desk"]), "/order_line/0"),
        ("order_line", json!([{"product_id": 1}, 3]), "/order_line"),
        ("order_line", json!([{"id": 3, "name": "x"}, {"product_id": 1}]), "/order_line/0/id"),
        ("order_line", json!([{"product_uom_qty": "2"}]), "/order_line/0/product_uom_qty"),
        ("order_line", json!([[1, 8, {"sequence": 1.5}]]), "/order_line/0/2/sequence"),
        ("signature", json!("not base64"), "/signature"),
        ("signature", json!("aGVsbG8"), "/signature"),
        ("signature", json!("===="), "/signature"),
        ("source", json!("res.partner"), "/source"),
        ("source", json!("res.users,1"), "/source"),
        ("props", json!("x"), "/props"),
        ("hologram", json!(1), "/hologram"),
        ("validity_date", json!("today"), "/validity_date"),
        ("validity_date", json!("-7d"), "/validity_date"),
        ("date_order", json!("now"), "/date_order"),
        ("date_order", json!("month_start -1m"), "/date_order"),
    ] {
        let mode_and_result = order(json!({ field: given })).await;
        let found = problems(mode_and_result);
        let ours: Vec<&str> = found.iter().map(|p| p.pointer.as_str()).collect();
        assert!(ours.contains(&pointer), "{field} {given}: {found:?}");
    }
}

#[tokio::test]
async fn hostile_values_are_refused_in_their_place_or_taken_as_they_are() {
    let long = "x".repeat(10_000_000);
    let nested = (0..120).fold(json!([]), |inner, _| json!([inner]));
    for (field, given, pointer) in [
        ("name", json!(long), "/name"),
        ("note", json!(long), "/note"),
        ("state", json!(long), "/state"),
        ("validity_date", json!(long), "/validity_date"),
        ("date_order", json!(long), "/date_order"),
        ("partner_id", json!(long), "/partner_id"),
        ("partner_id", json!("Azure\u{0}"), "/partner_id"),
        ("partner_id", json!(9_007_199_254_740_993_i64), "/partner_id"),
        ("partner_id", json!({"id": 1e300}), "/partner_id"),
        ("tag_ids", json!([3_000_000_000_u64]), "/tag_ids/0"),
        ("tag_ids", json!([[6, 0, [1, 1e300]]]), "/tag_ids/0"),
        ("order_line", json!([{"sequence": 2_147_483_648_u64}]), "/order_line/0/sequence"),
        ("order_line", json!([{"sequence": -1e99}]), "/order_line/0/sequence"),
        ("order_line", json!([[0, 0, {"name": "a\u{0}"}]]), "/order_line/0/2/name"),
        ("order_line", nested.clone(), "/order_line/0"),
        ("name", nested.clone(), "/name"),
        ("analytic", nested.clone(), ""),
        ("analytic", json!({"a": {"b": ["x\u{0}"]}}), "/analytic/a/b/0"),
        ("analytic", json!({"a\u{0}": 1}), "/analytic"),
        ("props", json!({"colour": long}), "/props/colour"),
        ("source", json!(long), "/source"),
        ("na\u{0}me", json!("x"), "/na\u{0}me"),
        ("nаme", json!("a Cyrillic letter"), "/nаme"),
    ] {
        let found = problems(order(json!({ field: given })).await);
        let Problem { pointer: place, .. } = &found[0];
        assert!(place == pointer || (pointer.is_empty() && place.starts_with("/analytic/0/0")), "{field}: {found:?}");
        assert!(found[0].to_string().len() < 2_000, "{field}: what is quoted is cut");
    }
    assert!(problems(order(json!({ long: 1 })).await)[0].to_string().len() < 1_000);
    for name in ["Grüße", "株式会社", "e\u{301}", "👩‍👩‍👧", "\u{202e}abc", "O'Neill \"x\" \\ %_", "\u{10ffff}"]
    {
        assert_eq!(order(json!({"name": name})).await.unwrap().values["name"], name);
    }
    assert!(serde_json::from_str::<Value>("1e999").is_err() && serde_json::from_str::<Value>("NaN").is_err());
}

#[tokio::test]
async fn every_problem_is_told_at_once() {
    let found = problems(
        order(json!({"nme": 1, "locked": "x", "order_line": [{"sequence": "a", "nam": 1}], "name": "fine"})).await,
    );
    let mut pointers: Vec<&str> = found.iter().map(|p| p.pointer.as_str()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/locked", "/nme", "/order_line/0/nam", "/order_line/0/sequence"]);
    assert_eq!(problems(order(json!({})).await)[0].pointer, "");
}

#[tokio::test]
async fn a_name_resolves_only_when_exactly_one_record_has_it() {
    let checked = partner(json!({"country_id": "France"})).await.unwrap();
    assert_eq!(checked.values["country_id"], 75);
    assert_eq!(checked.shown["country_id"], "France (#75)");
    let found = problems(partner(json!({"country_id": "Freedonia"})).await);
    assert_eq!(found[0].candidates, ["301 (Freedonia)", "302 (Freedonia)"]);
    let found = problems(partner(json!({"country_id": "fren"})).await);
    assert_eq!(found[0].candidates, ["76 (French Guiana)"]);
    let claimed = partner(json!({"country_id": {"id": 76, "name": "France"}})).await.unwrap();
    assert!(!claimed.shown.contains_key("country_id"), "the agent's name for a record is not shown as Odoo's");
}

#[tokio::test]
async fn nested_writes_are_told_with_their_models_and_fields() {
    let checked = order(json!({
        "order_line": [
            [0, 0, {"product_id": 1, "tax_ids": [[0, 0, {"name": "x"}]]}],
            [1, 4, {"name": "y"}], [2, 5, 0], [3, 6, 0], [4, 7, 0], [5, 0, 0], [6, 0, [8]]
        ],
    }))
    .await
    .unwrap();
    let told: Vec<(String, String, Vec<String>)> =
        checked.nested.into_iter().map(|n| (n.model, n.command, n.fields)).collect();
    let line = |command: &str, fields: &[&str]| {
        ("sale.order.line".to_owned(), command.to_owned(), fields.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(
        told,
        [
            line("create", &["product_id", "tax_ids"]),
            ("account.tax".to_owned(), "create".to_owned(), vec!["name".to_owned()]),
            line("update", &["name"]),
            line("delete", &[]),
            line("unlink", &["order_id"]),
            line("link", &["order_id"]),
            line("clear", &["order_id"]),
            line("set", &["order_id"]),
        ]
    );
    assert_eq!(
        checked.shown["order_line"],
        "1 new, 1 changed, 1 deleted, 1 removed, 1 added, all removed, exactly 1 records"
    );
}

#[tokio::test]
async fn what_a_write_does_beyond_its_values_is_told() {
    for (model, values, effects) in [
        ("sale.order", json!({"name": "x"}), vec![]),
        ("sale.order", json!({"state": "sale"}), vec![Effect::State]),
        ("sale.order", json!({"amount_total": 1}), vec![Effect::State]),
        ("res.partner", json!({"email": "x"}), vec![]),
        ("account.move", json!({"state": "posted"}), vec![Effect::Posting, Effect::State]),
        ("sale.order", json!({"user_id": 2}), vec![Effect::MailPossible]),
        ("sale.order", json!({"user_id": null}), vec![]),
        ("sale.order", json!({"user_id": 2, "state": "sale"}), vec![Effect::MailPossible, Effect::State]),
        ("res.partner", json!({"message_partner_ids": [[4, 3, 0]]}), vec![Effect::MailPossible]),
        ("sale.order", json!({"tag_ids": [[4, 3, 0]]}), vec![]),
        ("res.users", json!({"login": "x"}), vec![Effect::Access]),
        ("res.partner", json!({"child_ids": [{"message_partner_ids": [3]}]}), vec![Effect::MailPossible]),
    ] {
        let checked = check(model, Mode::Write, values.clone()).await.unwrap();
        assert_eq!(checked.effects, effects, "{model} {values}");
    }
}

#[tokio::test]
async fn nesting_and_length_have_bounds() {
    let nested = |depth| (0..depth).fold(json!({"name": "x"}), |inner, _| json!({"child_ids": [inner]}));
    assert!(partner(nested(MAX_DEPTH - 1)).await.is_ok());
    assert!(partner(nested(MAX_DEPTH)).await.is_err());
    assert!(order(json!({"tag_ids": (1..=MAX_COMMANDS + 1).collect::<Vec<_>>()})).await.is_err());
}

#[tokio::test]
async fn an_empty_list_on_a_new_record_is_nothing() {
    let checked = check("sale.order", Mode::Create, json!({"tag_ids": [], "name": "x"})).await.unwrap();
    assert_eq!(checked.values["tag_ids"], json!([]));
    assert!(checked.nested.is_empty());
}

#[tokio::test]
async fn a_record_that_odoo_alone_finds_equal_is_meant_though_it_is_shown_otherwise() {
    async fn line(product: &str) -> Result<CheckedValues, InputError> {
        check("sale.order.line", Mode::Write, json!({"product_id": product})).await
    }
    let checked = partner(json!({"country_id": "FR"})).await.unwrap();
    assert_eq!((&checked.values["country_id"], checked.shown["country_id"].as_str()), (&json!(75), "France (#75)"));
    for name in ["Large Cabinet", "E-COM07", "[E-COM07]", "[E-COM07] Large Cabinet", " Large Cabinet "] {
        let checked = line(name).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(checked.values["product_id"], 20, "{name}");
        let told = format!("[E-COM07] Large Cabinet (#{})", checked.values["product_id"]);
        assert_eq!(checked.shown["product_id"], told, "{name}");
    }
    let found = problems(line("Desk").await);
    assert_eq!(found[0].candidates, ["21 ([D1] Desk)", "22 ([D2] Desk)"]);
    // What Odoo finds by the beginning alone is another product.
    for name in ["[E-COM07] Small Cabinet", "[E-COM07]Small", "[E-COM07] Large Cab"] {
        let found = problems(line(name).await);
        assert!(found[0].message.contains("exactly"), "{name}");
        assert_eq!(found[0].candidates, ["20 ([E-COM07] Large Cabinet)"], "{name}");
    }
}

#[tokio::test]
async fn what_was_shown_in_part_is_not_written_back() {
    for (values, words) in [
        (json!({"name": "Once upon… [12 more characters]"}), "shown only in part"),
        (json!({"tag_ids": [3, "… 50 more"]}), "shown only in part"),
        (json!({"order_line": [3, "… 50 more"]}), "shown only in part"),
        (json!({"order_line": [[3, "a"], "… 1 more"]}), "shown only in part"),
    ] {
        let refused = check("sale.order", Mode::Write, values.clone()).await.unwrap_err();
        assert!(format!("{refused:?}").contains(words), "{values}: {refused:?}");
    }
    for text in ["… and so on", "see [3 more characters]", "a… [many more characters]", "… [12 more characters] "]
    {
        assert!(check("sale.order", Mode::Write, json!({"name": text})).await.is_ok(), "{text}");
    }
}
