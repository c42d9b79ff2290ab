//! Reads run by themselves, within policy; what may never be read is refused.

use crate::house::{House, ids, records};
use gatehouse_broker::view::ActivityFilter;
use gatehouse_core::{ErrorCode, JournalEntry, JournalEvent, Outcome};
use serde_json::json;

#[tokio::test]
async fn a_read_runs_unasked_and_stands_in_the_journal() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent
        .call("odoo_search_read", json!({"model": "res.partner", "fields": ["name", "country_id"], "limit": 3}))
        .await
        .unwrap();
    assert_eq!(records(&answer).len(), 3);
    assert_eq!(answer["has_more"], true);
    let next = agent
        .call(
            "odoo_search_read",
            json!({"model": "res.partner", "fields": ["name"], "limit": 3, "cursor": answer["cursor"]}),
        )
        .await
        .unwrap();
    assert!(ids(&next).iter().all(|id| !ids(&answer).contains(id)), "{next}");
    let entries = || house.broker.activity(ActivityFilter::default()).unwrap().entries;
    let read = |entry: &JournalEntry| match &entry.event {
        JournalEvent::Intent { call, of } if of.tool == "odoo_search_read" => Some((call.clone(), of.clone())),
        _ => None,
    };
    // No agent has an answer that is not written down.
    let (id, of) = entries().iter().find_map(read).expect("the read stands in the journal");
    assert_eq!((of.decision.as_str(), of.model.as_deref()), ("allow", Some("res.partner")));
    house
        .until("how the read ended", |_| {
            entries().iter().any(|entry| match &entry.event {
                JournalEvent::Settled { call, outcome, rows: 3, .. } if *call == id => {
                    assert_eq!(*outcome, Outcome::Done { summary: "3 rows".into() });
                    true
                }
                _ => false,
            })
        })
        .await;
    assert!(house.broker.verify_journal().await.unwrap().ok);
}

#[tokio::test]
async fn one_search_is_one_request_once_the_fields_are_known() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let arguments = json!({"model": "res.partner", "domain": [["is_company", "=", true]], "fields": ["name"]});
    agent.call("odoo_search_read", arguments.clone()).await.unwrap();
    let before = house.sim.log().len();
    agent.call("odoo_search_read", arguments).await.unwrap();
    assert_eq!(house.sim.log().len() - before, 1);
}

#[tokio::test]
async fn the_first_search_of_a_model_asks_for_its_fields_and_its_list_at_once() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    agent.call("odoo_search_count", json!({"model": "res.country"})).await.unwrap();
    let before = house.sim.log().len();
    let arguments = json!({"model": "sale.order", "limit": 2});
    let answer = agent.call("odoo_search_read", arguments.clone()).await.unwrap();
    let mut asked: Vec<String> = house.sim.log()[before..].iter().map(|seen| seen.method.clone()).collect();
    asked[..2].sort();
    assert_eq!(asked, ["fields_get", "get_view", "search_read"], "{answer}");
    agent.call("odoo_search_read", arguments).await.unwrap();
    assert_eq!(house.sim.log().len() - before, 4);
}

#[tokio::test]
async fn unasked_the_fields_are_those_of_the_list_that_people_see() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent.call("odoo_search_read", json!({"model": "sale.order", "limit": 30})).await.unwrap();
    let order = records(&answer)[0].clone();
    for shown in ["name", "date_order", "partner_id", "user_id", "amount_total", "invoice_status"] {
        assert!(order.get(shown).is_some(), "{shown}: {order}");
    }
    for hidden in ["activity_ids", "team_id", "state", "currency_id"] {
        assert!(order.get(hidden).is_none(), "{hidden}: {order}");
    }
    assert_eq!(answer["currency"], "USD", "all amounts are in it");
    let contact = agent.call("odoo_read", json!({"model": "res.partner", "ids": [10]})).await.unwrap();
    let contact = contact["records"][0].as_object().unwrap().clone();
    assert!(contact.contains_key("name") && contact.contains_key("email") && !contact.contains_key("avatar_128"));
    assert!(contact.len() <= 12, "{contact:?}");
}

#[tokio::test]
async fn amounts_come_with_their_currency_once_or_in_each_row() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let fields = json!(["name", "amount_total", "order_line.price_unit"]);
    let read = json!({"model": "sale.order", "ids": [1, 2, 3], "fields": fields});
    let answer = agent.call("odoo_read", read.clone()).await.unwrap();
    assert_eq!(answer["currency"], "USD");
    assert!(!answer["columns"].to_string().contains("currency"), "{answer}");
    let asked = json!({"model": "sale.order", "ids": [1, 2], "fields": ["amount_total", "currency_id"]});
    let asked = agent.call("odoo_read", asked).await.unwrap();
    assert_eq!(asked["every_row"]["currency_id"], json!([1, "USD"]), "what was asked for is shown as asked: {asked}");
    house.meddle("sale.order", 2, json!({"currency_id": 2})).await;
    let answer = agent.call("odoo_read", read).await.unwrap();
    assert!(answer.get("currency").is_none());
    let currencies: Vec<_> = records(&answer).iter().map(|order| order["currency_id"][1].clone()).collect();
    assert_eq!(currencies, ["USD", "EUR", "USD"]);
    let one = json!({"model": "sale.order", "ids": [2], "fields": ["amount_total"]});
    assert_eq!(agent.call("odoo_read", one).await.unwrap()["currency"], "EUR");
}

#[tokio::test]
async fn several_records_are_a_table_and_one_is_an_object() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let search = |limit: u32| json!({"model": "sale.order", "fields": ["name", "company_id", "partner_id"], "order": "id", "limit": limit});
    let answer = agent.call("odoo_search_read", search(3)).await.unwrap();
    assert_eq!(answer["columns"], json!(["id", "name", "partner_id"]), "{answer}");
    assert_eq!(answer["rows"][0][1], "S00001");
    assert!(answer["rows"][0][2][0].is_number() && answer["rows"][0][2][1].is_string(), "{answer}");
    assert_eq!(answer["every_row"], json!({"company_id": [1, "My Company (San Francisco)"]}));
    let one = agent.call("odoo_search_read", search(1)).await.unwrap();
    assert_eq!(one["records"][0]["name"], "S00001");
    assert_eq!(one["records"][0]["partner_id"], answer["rows"][0][2], "a many2one has one form");
    let none = json!({"model": "sale.order", "domain": [["id", "=", 999_999]]});
    assert_eq!(agent.call("odoo_search_read", none).await.unwrap()["records"], json!([]));
    let many = json!({"model": "sale.order", "fields": ["id"], "order": "id", "limit": 2});
    let many = agent.call("odoo_search_read", many).await.unwrap();
    assert_eq!((&many["ids"], many.get("rows")), (&json!([1, 2]), None), "{many}");
}

#[tokio::test]
async fn the_page_of_a_record_is_told_where_an_agent_looks_around() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let page = format!("{}/odoo/sale.order/{{id}}", house.sim.url());
    for (tool, arguments, is_told) in [
        ("odoo_search_read", json!({"model": "sale.order", "limit": 2}), true),
        ("odoo_search_read", json!({"model": "sale.order", "limit": 2, "fields": ["name"]}), false),
        ("odoo_read", json!({"model": "sale.order", "ids": [1, 2]}), true),
        ("odoo_read", json!({"model": "sale.order", "ids": [1], "fields": ["name"]}), false),
        ("odoo_read", json!({"model": "sale.order", "ids": [1, 2], "fields": ["name"]}), false),
    ] {
        let answer = agent.call(tool, arguments.clone()).await.unwrap();
        assert_eq!(answer.get("url"), is_told.then_some(&json!(page)), "{tool} {arguments}");
        assert_eq!(answer["connection"], "Demo");
    }
    let connected = agent.call("odoo_connect", json!({})).await.unwrap();
    assert_eq!(connected["record_url"], format!("{}/odoo/{{model}}/{{id}}", house.sim.url()));
}

#[tokio::test]
async fn an_order_with_its_lines_tells_nothing_twice() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let lines = ["product_id", "product_uom_qty", "price_unit", "price_subtotal"];
    let mut fields = vec!["name".to_owned(), "partner_id".to_owned(), "amount_total".to_owned()];
    fields.extend(lines.map(|name| format!("order_line.{name}")));
    let answer = agent.call("odoo_read", json!({"model": "sale.order", "ids": [7], "fields": fields})).await.unwrap();
    let order = &answer["records"][0];
    let columns = json!(["id", "product_id", "product_uom_qty", "price_unit", "price_subtotal"]);
    assert_eq!((&answer["currency"], &order["order_line"]["columns"]), (&json!("USD"), &columns), "{answer}");
    assert!(order["partner_id"][0].is_number() && !answer.to_string().contains("currency_id"), "{answer}");
}

#[tokio::test]
async fn html_comes_as_text_and_as_it_is_where_that_is_asked() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house
        .meddle(
            "res.partner",
            10,
            json!({"comment": "<p>Call <a href=\"https://x.test\">us</a></p><ul><li>now</li></ul>"}),
        )
        .await;
    let read = |more: serde_json::Value| {
        let mut read = json!({"model": "res.partner", "ids": [10], "fields": ["comment"]});
        read.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read
    };
    let answer = agent.call("odoo_read", read(json!({}))).await.unwrap();
    assert_eq!(answer["records"][0]["comment"], "Call us\n- now");
    assert_eq!(answer["html_as_text"], json!(["comment"]));
    let raw = agent.call("odoo_read", read(json!({"html": true}))).await.unwrap();
    assert!(
        raw["records"][0]["comment"].as_str().unwrap().starts_with("<p>Call <a") && raw.get("html_as_text").is_none()
    );
}

#[tokio::test]
async fn a_long_text_is_read_piece_by_piece() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let text: String = (0..9_000).map(|n| format!("{n:05} ")).collect();
    house.meddle("res.partner", 10, json!({"website": text})).await;
    let read = |ids: &[i64], from: usize| json!({"model": "res.partner", "ids": ids, "fields": ["website"], "text_from": from});
    let mut whole = String::new();
    for _ in 0..5 {
        let answer = agent.call("odoo_read", read(&[10], whole.chars().count())).await.unwrap();
        let piece = answer["records"][0]["website"].as_str().unwrap().to_owned();
        let Some((piece, left)) = piece.split_once('…') else {
            whole.push_str(&piece);
            break;
        };
        whole.push_str(piece);
        assert!(answer["shortened"].is_string() && left.contains("more characters"), "{answer}");
    }
    assert!(whole.trim() == text.trim(), "{} of {}", whole.len(), text.len());
    let among = agent.call("odoo_read", read(&[9, 10], 0)).await.unwrap();
    assert!(among.to_string().len() < 2_500, "one of several records is shortened more");
}

#[tokio::test]
async fn a_binary_field_is_its_size_and_the_way_to_its_content() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    house.meddle("res.partner", 10, json!({"image_1920": picture})).await;
    let read = json!({"model": "res.partner", "ids": [10], "fields": ["name", "image_1920"]});
    let answer = agent.call("odoo_read", read).await.unwrap();
    assert!(answer["records"][0]["image_1920"]["size"].is_string(), "{answer}");
    assert!(answer["content"].as_str().unwrap().contains("odoo_attachment_download"));
    assert!(!answer.to_string().contains("iVBOR"));
}

#[tokio::test]
async fn ids_that_are_not_there_and_rows_that_are_too_much_are_named() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let read = json!({"model": "res.partner", "ids": [10, 777_777, 9], "fields": ["name"]});
    let answer = agent.call("odoo_read", read).await.unwrap();
    assert_eq!((ids(&answer), &answer["missing"]), (vec![10, 9], &json!([777_777])), "in the order asked: {answer}");
    let all = json!({"model": "res.partner", "domain": [["id", ">", 6]], "fields": ["id"], "order": "id", "limit": 50});
    let all = ids(&agent.call("odoo_search_read", all).await.unwrap());
    for id in &all {
        house.meddle("res.partner", *id, json!({"website": format!("{id} {}", "x".repeat(2_000))})).await;
    }
    let read = json!({"model": "res.partner", "ids": all, "fields": ["website"]});
    let answer = agent.call("odoo_read", read).await.unwrap();
    let mut shown = ids(&answer);
    shown.extend(answer["not_shown"].as_array().unwrap().iter().map(|id| id.as_i64().unwrap()));
    assert_eq!(shown, all);
    assert!(answer.to_string().len() <= 34_000, "{}", answer.to_string().len());
}

#[tokio::test]
async fn what_does_not_parse_is_refused_with_its_place_and_never_widened() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let before = house.times("search_read");
    for (arguments, part) in [
        (json!({"model": "res.partner", "domain": [["nmae", "=", "x"]]}), "domain/0"),
        (json!({"model": "res.partner", "domain": "name = x"}), "domain"),
        (json!({"model": "res.partner", "limit": 0}), "limit"),
        (json!({"model": "res.partner", "order": "naem desc"}), "order"),
        (json!({"model": "res.partner", "fields": ["nmae"]}), "fields/0"),
        (json!({"model": "res.partner", "filter": []}), "filter: unknown argument"),
    ] {
        let error = agent.call("odoo_search_read", arguments.clone()).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{arguments}: {error:?}");
        assert!(error.message.contains(part), "{part} is not in {}", error.message);
    }
    assert_eq!(house.times("search_read"), before, "nothing was sent");
}

#[tokio::test]
async fn the_guard_stands_before_every_policy() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    for (tool, arguments) in [
        ("odoo_search_read", json!({"model": "ir.config_parameter"})),
        ("odoo_search_read", json!({"model": "res.users", "fields": ["password"]})),
        ("odoo_search_read", json!({"model": "res.partner", "domain": [["user_ids.password", "=like", "a%"]]})),
        ("odoo_write", json!({"model": "res.users", "ids": [2], "values": {"name": "x"}})),
        ("odoo_unlink", json!({"model": "ir.rule", "ids": [1]})),
    ] {
        let error = agent.call(tool, arguments.clone()).await.unwrap_err();
        let refused = matches!(error.code, ErrorCode::Denied | ErrorCode::InvalidArguments | ErrorCode::UnknownSchema);
        assert!(refused, "{tool} {arguments}: {error:?}");
    }
    assert!(house.approver.cards().is_empty(), "nobody is asked about what is never done");
    assert_eq!(house.times("write") + house.times("unlink"), 0);
}

#[tokio::test]
async fn an_agent_reaches_only_what_it_was_granted() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let error =
        agent.call("odoo_search_read", json!({"model": "res.partner", "connection": "other"})).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::UnknownConnection);
    assert!(error.message.contains("Demo"), "{}", error.message);
}

#[tokio::test]
async fn related_records_come_in_the_same_trip() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let answer = agent
        .call(
            "odoo_search_read",
            json!({"model": "sale.order", "fields": ["name", "partner_id", "order_line.name"], "limit": 2}),
        )
        .await
        .unwrap();
    let order = &records(&answer)[0];
    assert!(order["partner_id"][1].is_string(), "{order}");
    assert!(order["order_line"][0]["name"].is_string(), "{order}");
}

#[tokio::test]
async fn a_limit_that_is_spent_says_when_to_come_back() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let mut spent = None;
    for _ in 0..70 {
        if let Err(error) = agent.call("odoo_list_models", json!({"pattern": "sale"})).await {
            spent = Some(error);
            break;
        }
    }
    let error = spent.expect("sixty reads a minute, not more");
    assert_eq!(error.code, ErrorCode::RateLimited);
    assert!(error.retry && error.message.contains("Try again in"), "{error:?}");
}

#[tokio::test]
async fn an_old_server_is_asked_once_more_for_related_records() {
    let house = House::open().await;
    let old = older(house.sim.url()).await;
    let demo = gatehouse_broker::DemoServer {
        origin: old,
        database: house.sim.database().to_owned(),
        login: house.sim.admin().login.clone(),
        api_key: house.sim.admin().api_key.clone().into(),
    };
    house.broker.add_demo(demo).await.unwrap();
    let agent = house.admitted("claude-code").await;
    let fields = json!(["name", "partner_id.city", "order_line.name", "order_line.product_id.default_code"]);
    let read = json!({"model": "sale.order", "ids": [1, 2], "fields": fields});
    let answer = agent.call("odoo_read", read.clone()).await.unwrap();
    let connected = agent.call("odoo_connect", json!({})).await.unwrap();
    let page = connected["record_url"].as_str().unwrap().replace("{model}", "sale.order");
    assert!(page.ends_with("/web#id={id}&model=sale.order&view_type=form"), "{page}");
    let before = house.sim.log().len();
    assert_eq!(agent.call("odoo_read", read.clone()).await.unwrap(), answer);
    let asked: Vec<String> = house.sim.log()[before..].iter().map(|seen| seen.model.clone()).collect();
    assert_eq!(asked, ["sale.order", "res.partner", "sale.order.line", "product.product"]);
    assert_eq!(house.times("web_read"), 0);
    let new = House::with_demo().await;
    let of_new = new.admitted("claude-code").await.call("odoo_read", read).await.unwrap();
    assert_eq!((&answer["columns"], &answer["rows"]), (&of_new["columns"], &of_new["rows"]), "one shape");
}

/// The demo Odoo as one that says it is a 16.
async fn older(url: String) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let far = tokio::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
            let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.into_split(), far.into_split());
            tokio::spawn(async move { tokio::io::copy(&mut from_near, &mut to_far).await });
            tokio::spawn(async move {
                let mut piece = vec![0; 1 << 20];
                while let Ok(length @ 1..) = from_far.read(&mut piece).await {
                    let told = &mut piece[..length];
                    for at in 0..length.saturating_sub(3) {
                        if told[at..].starts_with(b"19.0") || told[at..].starts_with(b"[19,") {
                            let nine = at + told[at..].iter().position(|byte| *byte == b'9').unwrap();
                            told[nine] = b'6';
                        }
                    }
                    if to_near.write_all(told).await.is_err() {
                        break;
                    }
                }
            });
        }
    });
    format!("http://{address}")
}

/// A house whose demo connection leads to that one.
pub(crate) async fn older_house() -> House {
    let house = House::open().await;
    let origin = older(house.sim.url()).await;
    house.add_demo_at(origin).await;
    house
}
