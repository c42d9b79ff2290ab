//! A person opens one closed model for one connection for an hour, in the approval window.

use crate::house::House;
use gatehouse_broker::view::{CardContent, PolicySaved, Verdict};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};
use std::time::Duration;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

fn read_groups() -> Value {
    json!({"model": "res.config.settings", "domain": [], "fields": ["id"], "connection": "Demo"})
}

#[tokio::test]
async fn a_person_can_open_one_model_for_one_connection_for_an_hour_in_the_approval_window() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let layer = house.of_demo();
    let closed = |error: &gatehouse_core::EdgeError| error.rule.as_deref() == Some("(guard)");
    let error = agent.call("odoo_search_read", read_groups()).await.unwrap_err();
    assert!(closed(&error), "{error:?}");

    let asked = house.broker.open_model(&layer, "res.config.settings").unwrap();
    assert!(matches!(asked, PolicySaved::NeedsApproval { .. }));
    assert!(
        closed(&agent.call("odoo_search_read", read_groups()).await.unwrap_err()),
        "open before the person says yes"
    );
    let card = house.card().await;
    let CardContent::Loosening(content) = &card.content else { panic!("{card:?}") };
    assert_eq!(content.changes[0].field, "res.config.settings");
    house.decide(&card, YES).await.unwrap();
    assert_eq!(house.layer(&layer).opened[0].model, "res.config.settings");
    // The guard no longer speaks; whatever else there is to say is policy's and Odoo's.
    let now = agent.call("odoo_search_read", read_groups()).await;
    assert!(now.as_ref().err().is_none_or(|error| !closed(error)), "{now:?}");
    // Credentials stay closed, and so does every other model.
    let keys = json!({"model": "res.users.apikeys", "domain": [], "fields": ["id"], "connection": "Demo"});
    assert!(closed(&agent.call("odoo_search_read", keys).await.unwrap_err()));

    house.clock.forward(Duration::from_secs(3_601));
    assert!(closed(&agent.call("odoo_search_read", read_groups()).await.unwrap_err()), "still open after an hour");
    assert!(house.layer(&layer).opened.is_empty());
}

#[tokio::test]
async fn what_is_open_closes_at_a_click_and_when_the_connection_changes() {
    let house = House::with_demo().await;
    let layer = house.of_demo();
    let open = async || {
        house.broker.open_model(&layer, "res.users").unwrap();
        let card = house.card().await;
        house.decide(&card, YES).await.unwrap();
        assert_eq!(house.layer(&layer).opened.len(), 1);
    };
    open().await;
    house.broker.close_model(&layer, "res.users").unwrap();
    assert!(house.layer(&layer).opened.is_empty());
    open().await;
    house.broker.disconnect_connection(&house.broker.overview().connections[0].id).await.unwrap();
    assert!(house.layer(&layer).opened.is_empty(), "a connection that was signed out keeps it open");
    for (layer, model) in [(layer.as_str(), "res.partner"), (layer.as_str(), "Res Users"), ("user", "res.users")] {
        let refused = house.broker.open_model(layer, model).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidArguments, "{layer} {model}");
    }
}
