//! What the Agents page shows of an agent besides its admission.

use crate::house::House;
use gatehouse_broker::view::{AgentView, PolicyEdit, PolicySource};
use gatehouse_core::AgentId;
use gatehouse_policy::Preset;
use serde_json::json;
use std::time::Duration;

fn agent(house: &House) -> AgentView {
    let claude = AgentId::parse("claude-code").unwrap();
    house.broker.overview().agents.into_iter().find(|agent| agent.id == claude).unwrap()
}

#[tokio::test]
async fn the_calls_of_the_last_hour_are_counted_minute_by_minute() {
    let house = House::with_demo().await;
    let claude = house.admitted("claude-code").await;
    let _other = house.admitted("cursor").await;
    house.clock.forward(Duration::from_hours(2));
    assert_eq!(agent(&house).calls, vec![0; 60], "what was long ago is not told");
    let search = || json!({"model": "res.partner", "fields": ["name"], "limit": 1});
    for _ in 0..3 {
        claude.call("odoo_search_read", search()).await.unwrap();
    }
    house.clock.forward(Duration::from_mins(5));
    claude.call("odoo_search_read", search()).await.unwrap();
    claude.call("odoo_search_read", json!({"model": "res.users", "fields": ["password"]})).await.unwrap_err();
    house.until("the calls in the journal", |house| agent(house).calls.iter().sum::<u32>() == 5).await;
    let calls = agent(&house).calls;
    assert_eq!((calls.len(), calls[59], calls[54]), (60, 2, 3), "the newest minute is the last: {calls:?}");
    let others = house.broker.overview().agents;
    assert_eq!(others.iter().find(|other| other.id.as_str() == "cursor").unwrap().calls, vec![0; 60]);
    house.clock.forward(Duration::from_mins(54));
    let calls = agent(&house).calls;
    assert_eq!((calls[0], calls[5]), (3, 2), "{calls:?}");
    house.clock.forward(Duration::from_mins(1));
    assert_eq!(agent(&house).calls.iter().sum::<u32>(), 2);
}

#[tokio::test]
async fn an_agents_policy_is_told_by_the_preset_that_it_says_the_same_as() {
    let house = House::with_demo().await;
    let _claude = house.admitted("claude-code").await;
    let told = |house: &House| (agent(house).policy, agent(house).preset);
    assert_eq!(told(&house), (PolicySource::Absent, None));
    let preset = PolicyEdit::Preset { preset: Preset::ReadOnly };
    house.broker.save_policy("agent:claude-code", preset).await.unwrap();
    assert_eq!(told(&house), (PolicySource::Preset, Some(Preset::ReadOnly)));
    // The same words, laid out otherwise.
    let text = Preset::ReadOnly.text().replace("  ", "\t");
    house.save("agent:claude-code", &text).await;
    assert_eq!(told(&house), (PolicySource::Preset, Some(Preset::ReadOnly)));
    house.save("agent:claude-code", r#"{"version": "1", "default": "deny", "tools": {}}"#).await;
    assert_eq!(told(&house), (PolicySource::Custom, None));
}
