//! Pages of a search: none leaves a record out or gives one twice, whatever comes and goes between them.

use crate::house::{Agent, House, http_post, ids, records};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

/// Reads to the end; between two pages something happens, and the limit of calls a minute is waited for.
async fn export(house: &House, agent: &Agent, search: &Value, mut between: impl AsyncFnMut(usize)) -> Vec<i64> {
    let mut search = search.clone();
    let mut seen = Vec::new();
    for page in 0..1_000 {
        house.clock.forward(Duration::from_secs(2));
        let answer = agent.call("odoo_search_read", search.clone()).await.unwrap();
        seen.extend(ids(&answer));
        if answer.get("has_more").is_none() {
            assert!(answer.get("cursor").is_none());
            return seen;
        }
        search["cursor"] = answer["cursor"].clone();
        between(page).await;
    }
    panic!("it never ends");
}

/// The demo Odoo, asked without Gatehouse.
async fn odoo(house: &House, method: &str, body: Value) -> Value {
    let url = format!("{}/json/2/res.partner/{method}", house.sim.url());
    http_post(&url, &house.sim.admin().api_key, house.sim.database(), &body.to_string()).await
}

async fn create(house: &House, names: &[String]) -> Vec<i64> {
    let values: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
    let made = odoo(house, "create", json!({"vals_list": values})).await;
    made.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}

#[tokio::test]
async fn no_record_is_missing_or_doubled_while_others_come_and_go() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let names: Vec<String> = (0..60).map(|n| format!("P{:02} {}", n % 7, n)).collect();
    for order in [
        Some("id"),
        Some("id desc"),
        Some("name"),
        Some("create_date desc"),
        Some("color"),
        Some("country_id desc, name"),
        None,
    ] {
        let made = create(&house, &names).await;
        let mut search =
            json!({"model": "res.partner", "domain": [["name", "=like", "P%"]], "fields": ["name"], "limit": 9});
        if let Some(order) = order {
            search["order"] = json!(order);
        }
        let mut gone = BTreeSet::new();
        let seen = export(&house, &agent, &search, async |page| {
            // One that sorts first and one that sorts last, and two that go: they may have been read, or not yet.
            create(&house, &["P".into(), format!("P99 {page}")]).await;
            let going = [made[page * 2], made[59 - page * 2]];
            odoo(&house, "unlink", json!({"ids": going})).await;
            gone.extend(going);
        })
        .await;
        let once: BTreeSet<i64> = seen.iter().copied().collect();
        assert_eq!(once.len(), seen.len(), "{order:?}: one came twice: {seen:?}");
        let missing: Vec<&i64> = made.iter().filter(|id| !once.contains(id) && !gone.contains(id)).collect();
        assert!(missing.is_empty() && !gone.is_empty(), "{order:?}: missing {missing:?}");
        let left = odoo(&house, "search", json!({"domain": [["name", "=like", "P%"]]})).await;
        odoo(&house, "unlink", json!({"ids": left})).await;
    }
}

#[tokio::test]
async fn a_long_export_goes_through_the_ids_of_what_is_left() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let names: Vec<String> = (0..3_500).map(|n| format!("L{:04}", (n * 7_919) % 3_500)).collect();
    let made = create(&house, &names).await;
    let domain = json!([["name", "=like", "L%"]]);
    let search = json!({"model": "res.partner", "domain": domain, "fields": ["name"], "order": "name", "limit": 500});
    let mut gone = Vec::new();
    let seen = export(&house, &agent, &search, async |page| {
        create(&house, &["L".into()]).await;
        if page > 4 {
            return;
        }
        let going = made[names.iter().position(|name| *name == format!("L{:04}", 3_499 - page * 3)).unwrap()];
        odoo(&house, "unlink", json!({"ids": [going]})).await;
        gone.push(going);
    })
    .await;
    let once: BTreeSet<i64> = seen.iter().copied().collect();
    assert_eq!(once.len(), seen.len(), "one came twice");
    assert!(made.iter().all(|id| once.contains(id) || gone.contains(id)), "one is missing");
    assert!(gone.iter().all(|id| !once.contains(id)), "what was gone before its page is not told");
    let old: Vec<&i64> = seen.iter().filter(|id| made.contains(id)).collect();
    let place = |id: &i64| &names[made.iter().position(|made| made == id).unwrap()];
    assert!(old.is_sorted_by_key(|id| place(id)), "in the order asked");
    assert_eq!(house.times("search"), 1, "the ids of the rest are asked for once");
}

#[tokio::test]
async fn rows_that_were_cut_come_on_the_next_page() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let names: Vec<String> = (0..120).map(|n| format!("Cut {n:03} {}", "x".repeat(600))).collect();
    let made = create(&house, &names).await;
    for order in ["id", "name desc"] {
        let search = json!({"model": "res.partner", "domain": [["name", "=like", "Cut %"]], "fields": ["name"], "order": order, "limit": 120});
        let first = agent.call("odoo_search_read", search.clone()).await.unwrap();
        assert!(records(&first).len() < 60 && first["has_more"] == json!(true) && first.to_string().len() < 34_000);
        let mut seen = export(&house, &agent, &search, async |_| {}).await;
        if order != "id" {
            seen.reverse();
        }
        assert_eq!(seen, made, "{order}");
    }
}

#[tokio::test]
async fn a_cursor_goes_on_with_its_own_search_alone() {
    let house = House::with_demo().await;
    let (agent, other) = (house.admitted("claude-code").await, house.admitted("codex").await);
    let search = |more: Value| {
        let mut search =
            json!({"model": "res.partner", "domain": [["is_company", "=", true]], "order": "name", "limit": 2});
        search.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        search
    };
    let cursor = agent.call("odoo_search_read", search(json!({}))).await.unwrap()["cursor"].clone();
    let asked = house.times("search_read");
    for more in [
        json!({"cursor": cursor, "domain": []}),
        json!({"cursor": cursor, "order": "name desc"}),
        json!({"cursor": cursor, "model": "res.users", "domain": [], "order": "name"}),
        json!({"cursor": cursor, "companies": [2]}),
        json!({"cursor": "o40"}),
        json!({"cursor": format!("{}9", cursor.as_str().unwrap())}),
    ] {
        let error = agent.call("odoo_search_read", search(more.clone())).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{more}: {error:?}");
        assert!(error.message.starts_with("cursor: "), "{}", error.message);
    }
    let error = other.call("odoo_search_read", search(json!({"cursor": cursor}))).await.unwrap_err();
    assert!(error.message.contains("not known"), "another agent's: {}", error.message);
    assert_eq!(house.times("search_read"), asked, "nothing was sent");
    let again = agent
        .call("odoo_search_read", search(json!({"cursor": cursor, "limit": 3, "fields": ["email"]})))
        .await
        .unwrap();
    assert_eq!(records(&again).len(), 3, "other fields and another size are no other search");
}

#[tokio::test]
async fn a_cursor_holds_no_value_of_a_record() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    for order in ["email", "name desc", "create_date"] {
        let search = json!({"model": "res.partner", "fields": ["id"], "order": order, "limit": 5});
        let answer = agent.call("odoo_search_read", search).await.unwrap();
        let cursor = answer["cursor"].as_str().unwrap();
        let (key, at) = cursor.split_once('.').unwrap();
        assert!(key.len() == 16 && key.bytes().all(|byte| byte.is_ascii_hexdigit()) && at == "5", "{cursor}");
    }
}
