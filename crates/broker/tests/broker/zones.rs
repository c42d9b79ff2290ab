//! Time zones: one that nobody knows is refused where an agent names it, and a day ends where the call says.

use crate::house::House;
use gatehouse_core::ErrorCode;
use serde_json::json;

#[tokio::test]
async fn a_zone_that_nobody_knows_is_refused_and_not_taken_for_another() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let count =
        |zone: &str| json!({"model": "res.partner", "domain": [["create_date", "<=", "today"]], "timezone": zone});
    for zone in ["Europe/Pari", "europe/paris", "CEST+2", "../etc/passwd", ""] {
        let error = agent.call("odoo_search_count", count(zone)).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArguments, "{zone}");
        assert!(error.message.starts_with("timezone:") && error.message.contains("Europe/Paris"), "{}", error.message);
    }
    assert_eq!(house.times("search_count"), 0);
    for zone in ["Europe/Paris", "UTC", "Pacific/Auckland"] {
        let answer = agent.call("odoo_search_count", count(zone)).await.unwrap();
        let last = answer["dates"]["today"].as_str().unwrap_or_else(|| panic!("{answer}"));
        assert!(last.ends_with(":59:59"), "the end of the day there: {answer}");
    }
}
