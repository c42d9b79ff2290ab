use super::fixture::Schema;
use super::*;

/// Saturday, 2026-11-21 16:07:00 UTC, for somebody in Paris.
fn today() -> Today {
    Today::new(1_795_277_220_000, Some("Europe/Paris"))
}

async fn order(domain: Value) -> Result<Domain, InputError> {
    Domain::parse(&domain, "sale.order", &Schema, &today()).await
}

async fn problem(domain: Value) -> Problem {
    match order(domain.clone()).await {
        Err(InputError::Refused(mut problems)) => problems.remove(0),
        other => panic!("{domain} was taken: {other:?}"),
    }
}

fn paths(reads: &[FieldPath]) -> Vec<String> {
    reads.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_good_domain_reaches_odoo_as_it_was_meant() {
    for (given, odoo) in [
        (json!([]), json!([])),
        (json!([["name", "=", "S1"]]), json!([["name", "=", "S1"]])),
        (
            json!(["&", "!", ["name", "=", "a"], "|", ["id", ">", 3], ["id", "=", 1]]),
            json!(["&", "!", ["name", "=", "a"], "|", ["id", ">", 3], ["id", "=", 1]]),
        ),
        (
            json!(["|", ["id", "=", 1], ["id", "=", 2], ["id", ">", 0]]),
            json!(["|", ["id", "=", 1], ["id", "=", 2], ["id", ">", 0]]),
        ),
        (json!([["note", "=", null]]), json!([["note", "=", false]])),
        (json!([["partner_id", "=", false]]), json!([["partner_id", "=", false]])),
        (json!([["locked", "=", null]]), json!([["locked", "=", false]])),
        (json!([["id", "in", [1, 2.0]]]), json!([["id", "in", [1, 2]]])),
        (
            json!([["partner_id", "in", [14, {"id": 26, "name": "x"}, null]]]),
            json!([["partner_id", "in", [14, 26, false]]]),
        ),
        (json!([["partner_id", "=", {"id": 26, "name": "x"}]]), json!([["partner_id", "=", 26]])),
        (json!([["partner_id", "=", [26, "x"]]]), json!([["partner_id", "=", 26]])),
        (json!([["partner_id", "=", "Azure Interior"]]), json!([["partner_id", "=", "Azure Interior"]])),
        (json!([["partner_id", "child_of", [14]]]), json!([["partner_id", "child_of", [14]]])),
        (json!([["tag_ids", "=", 3]]), json!([["tag_ids", "=", 3]])),
        (json!([["state", "in", ["draft", "sent"]]]), json!([["state", "in", ["draft", "sent"]]])),
        (json!([["validity_date", "<=", "2026-01-31"]]), json!([["validity_date", "<=", "2026-01-31"]])),
        (
            json!([["date_order", ">=", "2026-01-31T23:30:00-02:00"]]),
            json!([["date_order", ">=", "2026-02-01 01:30:00"]]),
        ),
        (json!([["date_order", ">=", "2026-01-31"]]), json!([["date_order", ">=", "2026-01-31"]])),
        (json!([["amount_total", ">", 10]]), json!([["amount_total", ">", 10]])),
        (
            json!([["order_line", "any", [["product_id", "ilike", "desk"], ["product_uom_qty", ">", 1.5]]]]),
            json!([["order_line", "any", [["product_id", "ilike", "desk"], ["product_uom_qty", ">", 1.5]]]]),
        ),
        (json!([["props.colour", "=", "red"]]), json!([["props.colour", "=", "red"]])),
        (json!([["partner_id.country_id.code", "=", "FR"]]), json!([["partner_id.country_id.code", "=", "FR"]])),
        (json!([["id", "in", []]]), json!([["id", "in", []]])),
        (json!([["source", "=", "res.partner,3"]]), json!([["source", "=", "res.partner,3"]])),
        (json!([["signature", "!=", null]]), json!([["signature", "!=", false]])),
    ] {
        assert_eq!(order(given.clone()).await.unwrap().as_json(), &odoo, "{given}");
    }
}

#[tokio::test]
async fn a_domain_in_text_is_json_or_a_python_list() {
    for (text, odoo) in [
        ("[]", json!([])),
        (r#"[["name", "=", "a"]]"#, json!([["name", "=", "a"]])),
        ("[('name', '=', 'a')]", json!([["name", "=", "a"]])),
        (
            " [ '|', ('name','ilike',\"it's\"), ('locked', '=', True), ] ",
            json!(["|", ["name", "ilike", "it's"], ["locked", "=", true]]),
        ),
        (
            "[('partner_id', '=', None), ('amount_total', '>', -1.5)]",
            json!([["partner_id", "=", false], ["amount_total", ">", -1.5]]),
        ),
        (r"[('name', '=', 'a\'b\\c\u00e9')]", json!([["name", "=", "a'b\\cé"]])),
        ("[('id', 'in', (1, 2))]", json!([["id", "in", [1, 2]]])),
        ("[('id', 'in', (1,))]", json!([["id", "in", [1]]])),
        ("(('id', '=', 1),)", json!([["id", "=", 1]])),
    ] {
        assert_eq!(order(json!(text)).await.unwrap().as_json(), &odoo, "{text}");
    }
}

#[tokio::test]
async fn relative_dates_are_resolved_where_the_user_is_and_told() {
    for (given, odoo, resolved) in [
        (json!([["validity_date", "=", "today"]]), json!([["validity_date", "=", "2026-11-21"]]), 1),
        (
            json!(["&", ["date_order", ">=", "today"], ["date_order", "<", "tomorrow"]]),
            json!(["&", ["date_order", ">=", "2026-11-20 23:00:00"], ["date_order", "<", "2026-11-21 23:00:00"]]),
            2,
        ),
        (
            json!([["validity_date", "in", ["today", "2026-01-01", "month_end", null, "today"]]]),
            json!([["validity_date", "in", ["2026-11-21", "2026-01-01", "2026-11-30", false, "2026-11-21"]]]),
            2,
        ),
        (
            json!([["order_line", "any", [["order_id.validity_date", "<", "month_start -1m"]]]]),
            json!([["order_line", "any", [["order_id.validity_date", "<", "2026-10-01"]]]]),
            1,
        ),
        (
            json!(["&", ["date_order", "<=", "today"], ["date_order", ">", "yesterday"]]),
            json!(["&", ["date_order", "<=", "2026-11-21 22:59:59"], ["date_order", ">", "2026-11-20 22:59:59"]]),
            2,
        ),
        (json!("[('date_order', '>', '-4h')]"), json!([["date_order", ">", "2026-11-21 12:07:00"]]), 1),
        (json!([["name", "=", "today"]]), json!([["name", "=", "today"]]), 0),
        (json!([["partner_id", "ilike", "today"]]), json!([["partner_id", "ilike", "today"]]), 0),
        (json!([["date_order", ">=", "2026-01-31"]]), json!([["date_order", ">=", "2026-01-31"]]), 0),
    ] {
        let domain = order(given.clone()).await.unwrap();
        assert_eq!((domain.as_json(), domain.resolved().len()), (&odoo, resolved), "{given}");
    }
    let domain = order(json!([["date_order", ">=", "today -7d"], ["validity_date", "<", "month_end"]])).await.unwrap();
    let pair = |given: &str, sent: &str| (given.to_owned(), sent.to_owned());
    assert_eq!(
        domain.resolved(),
        [pair("today -7d", "2026-11-13 23:00:00"), pair("month_end", "2026-11-30")],
        "each as it was given and as it is sent"
    );
    assert_eq!(problem(json!([["validity_date", ">", "year-start"]])).await.candidates[0], "year_start");
}

#[tokio::test]
async fn hostile_values_are_refused_in_their_place_or_taken_as_they_are() {
    let long = "x".repeat(10_000_000);
    for (given, pointer) in [
        (json!([["id", "=", 9_007_199_254_740_993_i64]]), "/0/2"),
        (json!([["id", "in", [1, 2_147_483_648_u64]]]), "/0/2/1"),
        (json!([["id", "=", 1e300]]), "/0/2"),
        (json!([["id", "=", -1.5e-300]]), "/0/2"),
        (json!([["name", "=", "a\u{0}b"]]), "/0/2"),
        (json!([["name", "in", ["a", "\u{0}"]]]), "/0/2/1"),
        (json!([["state", "=", "\u{0}"]]), "/0/2"),
        (json!([["na\u{0}me", "=", "x"]]), "/0/0"),
        (json!([["nаme", "=", "x"]]), "/0/0"),
        (json!([[long.clone(), "=", "x"]]), "/0/0"),
        (json!([["name", long.clone(), "x"]]), "/0/1"),
        (json!([["name", "=", long.clone()]]), "/0/2"),
        (json!([["partner_id", "ilike", long.clone()]]), "/0/2"),
        (json!([["validity_date", ">", long.clone()]]), "/0/2"),
        (json!([["state", "=", long.clone()]]), "/0/2"),
    ] {
        let problem = problem(given).await;
        assert_eq!(problem.pointer, pointer);
        assert!(problem.to_string().len() < 1_000, "what is quoted is cut");
    }
    for name in ["Grüße", "株式会社", "e\u{301}", "👩‍👩‍👧", "\u{202e}abc", "O'Neill \"x\" \\ %_"] {
        assert_eq!(order(json!([["name", "=", name]])).await.unwrap().as_json(), &json!([["name", "=", name]]));
    }
    let nested = (0..120).fold(json!([]), |inner, _| json!([inner]));
    assert_eq!(problem(json!([["name", "=", nested.clone()]])).await.pointer, "/0/2");
    assert_eq!(problem(nested).await.pointer, "/0");
    assert!(order(json!("[('amount_total', '>', 1e999)]")).await.is_err());
    assert!(order(json!("[('amount_total', '>', nan)]")).await.is_err());
}

#[tokio::test]
async fn a_field_of_another_version_is_named_as_it_is_called_here() {
    let problem = problem(json!([["order_line.tax_id", "=", 1]])).await;
    assert_eq!(problem.candidates, ["tax_ids"], "{problem}");
}

#[tokio::test]
async fn a_text_that_is_no_domain_is_refused_and_never_means_every_record() {
    for text in [
        "",
        " ",
        "null",
        "{}",
        "true",
        "name = 'a'",
        "[('user_id', '=', uid)]",
        "[('name', '=', 'a'",
        "[('name', '=', 'a')] or []",
        "[('id', '=', 1 + 1)]",
        "[('id', '=', 010)]",
        "[('id', 'in', (1))]",
        "['|' ('id', '=', 1)]",
        "[,]",
        "[('name', '=', 'a\n')]",
        "[('name', '=', f'a')]",
        "[('name', '=', 'a' 'b')]",
        "[('date_order', '>', context_today())]",
        "[x for x in y]",
        "[]]",
        "[\u{feff}]",
        "[('name', '=', 'a)]",
        "[('id', '=', 1_000)]",
        "[('id', '=', 0x10)]",
        r"[('name', '=', '\N{DASH}')]",
        "__import__('os')",
    ] {
        assert!(matches!(order(json!(text)).await, Err(InputError::Refused(_))), "{text:?} was taken");
    }
    assert!(problem(json!("[('user_id', '=', uid)]")).await.message.contains("character 19"));
    let deep = "[".repeat(500) + &"]".repeat(500);
    assert!(order(json!(deep)).await.is_err());
}

#[tokio::test]
async fn a_wrong_domain_is_refused_with_its_place() {
    for (given, pointer) in [
        (json!(null), ""),
        (json!({}), ""),
        (json!(3), ""),
        (json!(false), ""),
        (json!(["name", "=", "x"]), ""),
        (json!(["&", ["id", "=", 1]]), "/0"),
        (json!([["id", "=", 1], "|", ["id", "=", 1]]), "/1"),
        (json!(["!"]), "/0"),
        (json!(["|", "|", ["id", "=", 1], ["id", "=", 2]]), "/0"),
        (json!(["and", ["id", "=", 1]]), "/0"),
        (json!([true]), "/0"),
        (json!([[1, "=", 1]]), "/0"),
        (json!([["id", "="]]), "/0"),
        (json!([["id", "=", 1, 2]]), "/0"),
        (json!([[]]), "/0"),
        (json!([[["id", "=", 1]]]), "/0"),
        (json!([["", "=", 1]]), "/0/0"),
        (json!([["partner_id.", "=", 1]]), "/0/0"),
        (json!([["id", "=", 1], ["partner", "=", 1]]), "/1/0"),
        (json!([["name.x", "=", 1]]), "/0/0"),
        (json!([["date_order.month_number", "=", 1]]), "/0/0"),
        (json!([["is_late", "=", true]]), "/0/0"),
        (json!([["props", "=", "x"]]), "/0/1"),
        (json!([["id", "==", 1]]), "/0/1"),
        (json!([["id", 1, 1]]), "/0/1"),
        (json!([["id", "any!", []]]), "/0/1"),
        (json!([["id", "ilike", "1"]]), "/0/1"),
        (json!([["amount_total", "ilike", "1"]]), "/0/1"),
        (json!([["locked", ">", true]]), "/0/1"),
        (json!([["partner_id", ">", 3]]), "/0/1"),
        (json!([["name", "any", []]]), "/0/1"),
        (json!([["id", "=", "1"]]), "/0/2"),
        (json!([["id", "=", 1.5]]), "/0/2"),
        (json!([["id", "=", 4_000_000_000_u64]]), "/0/2"),
        (json!([["id", "=", [1]]]), "/0/2"),
        (json!([["id", "in", 1]]), "/0/2"),
        (json!([["id", "in", [1, "2"]]]), "/0/2/1"),
        (json!([["amount_total", ">", "5"]]), "/0/2"),
        (json!([["amount_total", ">", null]]), "/0/2"),
        (json!([["locked", "=", "false"]]), "/0/2"),
        (json!([["locked", "=", 0]]), "/0/2"),
        (json!([["name", "=", 5]]), "/0/2"),
        (json!([["name", "=", true]]), "/0/2"),
        (json!([["name", "ilike", ""]]), "/0/2"),
        (json!([["name", "ilike", false]]), "/0/2"),
        (json!([["name", "=?", false]]), "/0/2"),
        (json!([["partner_id", "=?", null]]), "/0/2"),
        (json!([["name", "=", "a\u{0}"]]), "/0/2"),
        (json!([["state", "=", "Sales Order"]]), "/0/2"),
        (json!([["state", "in", ["draft", "done"]]]), "/0/2/1"),
        (json!([["validity_date", "=", ""]]), "/0/2"),
        (json!([["validity_date", "=", "31/01/2026"]]), "/0/2"),
        (json!([["validity_date", "=", "2026-02-30"]]), "/0/2"),
        (json!([["validity_date", ">", "2026-01-01T00:00:00Z"]]), "/0/2"),
        (json!([["date_order", "=", "2026-01-31"]]), "/0/2"),
        (json!([["date_order", ">", "todya"]]), "/0/2"),
        (json!([["date_order", ">", "today -7"]]), "/0/2"),
        (json!([["date_order", "=", "today"]]), "/0/2"),
        (json!([["date_order", "!=", "-4h"]]), "/0/2"),
        (json!([["date_order", "in", ["today"]]]), "/0/2/0"),
        (json!([["validity_date", ">", "-4h"]]), "/0/2"),
        (json!([["validity_date", "in", ["2026-11-21", "Today"]]]), "/0/2/1"),
        (json!([["validity_date", ">", "+9999y"]]), "/0/2"),
        (json!([["order_line", "any", [["order_id.validity_date", "<", "last week"]]]]), "/0/2/0/2"),
        (json!([["date_order", ">", 5]]), "/0/2"),
        (json!([["partner_id", "=", "20"]]), "/0/2"),
        (json!([["partner_id", "=", ""]]), "/0/2"),
        (json!([["partner_id", "=", [75, 76]]]), "/0/2"),
        (json!([["partner_id", "=", {"id": 3, "x": 1}]]), "/0/2"),
        (json!([["partner_id", "=", 0]]), "/0/2"),
        (json!([["partner_id", "=", true]]), "/0/2"),
        (json!([["partner_id", "in", ["Azure"]]]), "/0/2/0"),
        (json!([["id", "child_of", 3]]), "/0/2"),
        (json!([["partner_id", "child_of", null]]), "/0/2"),
        (json!([["order_line", "any", 3]]), "/0/2"),
        (json!([["order_line", "any", [["nme", "=", "x"]]]]), "/0/2/0/0"),
        (json!([["order_line", "any", ["|", ["name", "=", "x"]]]]), "/0/2/0"),
        (json!([["signature", "=", "x"]]), "/0/2"),
        (json!([["hologram", "=", 1]]), "/0/2"),
    ] {
        assert_eq!(problem(given.clone()).await.pointer, pointer, "{given}");
    }
}

#[tokio::test]
async fn what_may_have_been_meant_is_offered() {
    assert_eq!(problem(json!([["partner", "=", 1]])).await.candidates, ["partner_id"]);
    assert_eq!(problem(json!([["partner_id.emial", "=", "x"]])).await.candidates[0], "email");
    assert_eq!(problem(json!([["id", "==", 1]])).await.candidates, ["="]);
    assert_eq!(problem(json!([["name", "ILIKE", "x"]])).await.candidates, ["ilike"]);
    assert_eq!(problem(json!([["state", "=", "Sales Order"]])).await.candidates, ["sale"]);
    let told = problem(json!([["partner", "=", 1]])).await.to_string();
    assert_eq!(told, "at /0/0: sale.order has no field “partner” that this user can see (did you mean partner_id?)");
}

#[tokio::test]
async fn every_field_touched_is_told() {
    let reads = |domain| async move { paths(order(domain).await.unwrap().reads()) };
    assert_eq!(reads(json!([])).await, Vec::<String>::new());
    assert_eq!(
        reads(json!([["partner_id.country_id.code", "=", "FR"], ["name", "=", "x"]])).await,
        ["res.country.code", "res.partner.country_id", "sale.order.name", "sale.order.partner_id"]
    );
    assert_eq!(
        reads(json!([["order_line", "any", [["order_id.user_id.login", "=", "x"]]]])).await,
        [
            "res.users.login",
            "sale.order.order_line",
            "sale.order.user_id",
            "sale.order.line.id",
            "sale.order.line.order_id"
        ]
    );
    assert_eq!(
        reads(json!([["partner_id", "ilike", "azure"]])).await,
        ["res.partner.display_name", "sale.order.partner_id"]
    );
    assert_eq!(reads(json!([["partner_id", "=", 3]])).await, ["sale.order.partner_id"]);
    assert_eq!(reads(json!([["partner_id", "child_of", 3]])).await, ["res.partner.parent_id", "sale.order.partner_id"]);
}

#[tokio::test]
async fn what_odoo_looks_at_without_being_told_is_told() {
    let names = |model: &str| Unseen::Names(model.into());
    let archived = |model: &str| Unseen::Archived(model.into());
    for (domain, unseen) in [
        (json!([["name", "=", "x"]]), vec![]),
        (json!([["partner_id", "=", 3]]), vec![]),
        (json!([["partner_id", "ilike", "azure"]]), vec![names("res.partner")]),
        (json!([["partner_id", "=", "Azure"]]), vec![names("res.partner")]),
        (json!([["partner_id", "child_of", "Azure"]]), vec![names("res.partner")]),
        (json!([["tag_ids", "not ilike", "x"]]), vec![names("crm.tag")]),
        (json!([["display_name", "ilike", "x"]]), vec![names("sale.order")]),
        (json!([["partner_id.name", "=", "x"]]), vec![archived("res.partner")]),
        (json!([["partner_id.display_name", "=", "x"]]), vec![names("res.partner"), archived("res.partner")]),
        (
            json!([["order_line", "any", [["product_id", "ilike", "x"]]]]),
            vec![names("product.product"), archived("sale.order.line")],
        ),
        (json!([["order_line", "not any", []]]), vec![archived("sale.order.line")]),
    ] {
        assert_eq!(order(domain.clone()).await.unwrap().unseen(), unseen, "{domain}");
    }
    let sorted = Order::parse("partner_id, name", "sale.order", &Schema).await.unwrap();
    assert_eq!(sorted.unseen(), [Unseen::Order("res.partner".into())]);
}

#[tokio::test]
async fn a_domain_has_a_greatest_length_and_depth() {
    let terms = |n: usize| Value::Array((0..n).map(|n| json!(["id", "=", n + 1])).collect());
    assert!(order(terms(MAX_TERMS)).await.is_ok());
    assert!(order(terms(MAX_TERMS + 1)).await.is_err());
    let nested = |depth| (0..depth).fold(json!([["name", "=", "x"]]), |inner, _| json!([["parent_id", "any", inner]]));
    assert!(Domain::parse(&nested(MAX_DEPTH), "res.partner", &Schema, &today()).await.is_ok());
    assert!(Domain::parse(&nested(MAX_DEPTH + 1), "res.partner", &Schema, &today()).await.is_err());
    assert!(order(json!([["id", "in", (1..=MAX_LIST + 1).collect::<Vec<_>>()]])).await.is_err());
}

#[tokio::test]
async fn an_order_is_checked_and_told() {
    let order = Order::parse(" name DESC ,id", "sale.order", &Schema).await.unwrap();
    assert_eq!(order.as_str(), "name desc, id asc");
    assert_eq!(paths(order.reads()), ["sale.order.id", "sale.order.name"]);
    let order = Order::parse("partner_id", "sale.order", &Schema).await.unwrap();
    assert_eq!(paths(order.reads()), ["res.partner.display_name", "sale.order.id", "sale.order.partner_id"]);
    for bad in [
        "",
        "name,",
        "nme",
        "name up",
        "partner_id.name",
        "is_late",
        "name desc nulls last",
        "name; drop",
        "name:day",
        "\"name\"",
    ] {
        assert!(Order::parse(bad, "sale.order", &Schema).await.is_err(), "{bad:?} was taken");
    }
    let Err(InputError::Refused(problems)) = Order::parse("nme, dat", "sale.order", &Schema).await else { panic!() };
    assert_eq!(problems.len(), 2, "every problem at once");
    assert_eq!(problems[0].candidates[0], "name");
}

#[tokio::test]
async fn a_field_list_becomes_a_tree_and_tells_what_it_reads() {
    let names: Vec<String> =
        ["name", "order_line.name", "partner_id", "order_line.product_id.name", "name", "partner_id.email"]
            .map(str::to_owned)
            .into();
    let list = FieldList::parse(&names, "sale.order", &Schema).await.unwrap();
    assert_eq!(list.names(), ["name", "order_line", "partner_id"]);
    let lines = &list.columns[1];
    assert_eq!((lines.relation.as_deref(), lines.kind), (Some("sale.order.line"), crate::FieldType::One2many));
    assert_eq!(lines.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["name", "product_id"]);
    assert_eq!(lines.columns[1].columns[0].name, "name");
    assert_eq!(
        paths(&list.reads),
        [
            "product.product.name",
            "res.partner.email",
            "sale.order.name",
            "sale.order.order_line",
            "sale.order.partner_id",
            "sale.order.line.name",
            "sale.order.line.product_id"
        ]
    );
    assert_eq!(list.named, ["product.product", "res.partner"], "many2ones are shown with names");
    let names: Vec<String> = ["nme", "name.x", "order_line.", "a.b.c.d.e", "is_late"].map(str::to_owned).into();
    let Err(InputError::Refused(problems)) = FieldList::parse(&names, "sale.order", &Schema).await else { panic!() };
    assert_eq!(problems.iter().map(|p| p.pointer.as_str()).collect::<Vec<_>>(), ["/0", "/1", "/2", "/3"]);
}
