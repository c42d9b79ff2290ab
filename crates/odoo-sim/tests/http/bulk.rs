//! Contacts by the thousand.

use gatehouse_odoo_sim::{Sim, SimOptions};
use serde_json::json;

use crate::Odoo;

#[tokio::test]
async fn paging_by_id_finds_every_contact_once() {
    let sim = Sim::start(SimOptions { contacts: 5_000, ..SimOptions::default() }).await.unwrap();
    let odoo = Odoo { sim, http: reqwest::Client::builder().no_proxy().build().unwrap() };
    let all = odoo.get("res.partner", "search_count", &json!({ "domain": [] })).await.as_u64().unwrap();
    assert!(all >= 5_060);
    let (mut last, mut seen) = (0, 0);
    loop {
        let body = json!({ "domain": [["id", ">", last]], "fields": ["name", "email"], "order": "id", "limit": 500 });
        let page = odoo.get("res.partner", "search_read", &body).await;
        let page = page.as_array().unwrap();
        seen += page.len() as u64;
        let ids: Vec<i64> = page.iter().map(|row| row["id"].as_i64().unwrap()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b) && ids.first().is_none_or(|first| *first > last));
        let Some(next) = ids.last() else { break };
        last = *next;
    }
    assert_eq!(seen, all);
    let newest = json!({ "domain": [["id", "<=", last]], "fields": ["name"], "order": "id desc", "limit": 2 });
    let newest = odoo.get("res.partner", "search_read", &newest).await;
    assert_eq!(newest[0], json!({ "id": last, "name": format!("{} 4999", name_of(4_999)) }));
    let named = odoo.get("res.partner", "name_search", &json!({ "name": "Ada Abel 0" })).await;
    assert_eq!(named.as_array().unwrap().len(), 1);
}

fn name_of(number: usize) -> String {
    let given = [
        "Ada", "Bruno", "Clara", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Liam", "Mona",
        "Nils", "Olga", "Paul",
    ];
    let family = [
        "Abel", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer", "Garcia", "Hansen", "Ivanov", "Jansen", "Keller",
        "Lopez", "Meyer", "Novak", "Olsen", "Petrov",
    ];
    format!("{} {}", given[number % 16], family[number / 16 % 16])
}

#[tokio::test]
async fn a_page_that_is_full_is_counted_no_further_than_asked() {
    let odoo = Odoo::start().await;
    let page = async |body| odoo.get("res.partner", "web_search_read", &body).await["length"].clone();
    let spec = json!({ "name": {} });
    assert_eq!(page(json!({ "domain": [], "specification": spec, "limit": 2, "count_limit": 5 })).await, 5);
    let all = odoo.get("res.partner", "search_count", &json!({ "domain": [] })).await;
    assert_eq!(page(json!({ "domain": [], "specification": spec, "limit": 2 })).await, all);
    let few = json!({ "domain": [["id", "in", [9, 10, 11, 12]]], "specification": spec, "limit": 3, "offset": 2 });
    assert_eq!(page(few).await, 4);
    assert_eq!(odoo.get("res.partner", "search_count", &json!({ "domain": [], "limit": 3 })).await, 3);
    let crossed = json!({ "domain": [["id", ">", 20], ["id", "<", 10]] });
    assert_eq!(odoo.get("res.partner", "search", &crossed).await, json!([]));
}
