//! The PIN stands between a click and what agents may not get by a click alone.

use crate::execute::on_demo;
use crate::house::{House, draft_of};
use gatehouse_broker::view::{Card, CardContent, ConnectionDraft, OwnPolicy, Verdict};
use gatehouse_core::{EdgeError, Environment, ErrorCode, JournalEvent};
use serde_json::json;
use std::time::Duration;

const YES: Verdict = Verdict::Approve { typed_count: None, unseen: None };

impl House {
    /// The person types into the PIN's own card.
    async fn settle_pin(&self, remove: bool, current: Option<&str>, new: Option<&str>) -> Result<(), EdgeError> {
        let ticket = self.broker.change_pin(remove)?;
        let card = self.approver.cards().into_iter().find(|card| card.ticket == ticket).unwrap();
        assert!(matches!(card.content, CardContent::Pin(_)));
        self.approver.present(&card.ticket, &card.digest).unwrap();
        self.clock.forward(Duration::from_millis(700));
        let typed = |text: Option<&str>| text.map(|text| text.to_owned().into());
        self.approver.settle_pin(&card.ticket, &card.digest, typed(current), typed(new)).await
    }

    /// Looks at a card for long enough and decides with a PIN.
    async fn decide_with(&self, card: &Card, verdict: Verdict, pin: &str) -> Result<(), EdgeError> {
        self.approver.present(&card.ticket, &card.digest).unwrap();
        self.clock.forward(Duration::from_millis(700));
        self.approver.decide_with(&card.ticket, &card.digest, verdict, Some(pin.to_owned().into())).await
    }

    fn pin_changes(&self) -> Vec<String> {
        let entries = self.broker.activity(gatehouse_broker::view::ActivityFilter::default()).unwrap().entries;
        let change = |event| if let JournalEvent::Pin { change } = event { Some(change) } else { None };
        entries.into_iter().rev().filter_map(|entry| change(entry.event)).collect()
    }
}

fn refused(result: Result<(), EdgeError>) -> String {
    let error = result.unwrap_err();
    assert_eq!(error.code, ErrorCode::PinRefused, "{error:?}");
    error.message
}

fn write() -> serde_json::Value {
    on_demo(json!({"model": "res.partner", "ids": [10], "values": {"phone": "+32 7"}}))
}

#[tokio::test]
async fn a_click_alone_approves_nothing_on_production_where_there_is_a_pin() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.settle_pin(false, None, Some("4711")).await.unwrap();
    assert!(house.broker.overview().has_pin);
    let call = agent.calling("odoo_write", write());
    let card = house.card().await;
    assert_eq!(card.pin.as_ref().unwrap().tries_left, 5);
    assert!(refused(house.decide(&card, YES).await).contains("Type the PIN"));
    assert!(refused(house.decide(&card, Verdict::ApproveStanding).await).contains("Type the PIN"));
    assert!(refused(house.decide_with(&card, YES, "4712").await).contains("4 tries are left"));
    assert_eq!(house.card().await.pin.unwrap().tries_left, 4);
    assert_ne!(house.stored("res.partner", 10, "phone").await, json!("+32 7"));
    house.decide_with(&card, YES, "4711").await.unwrap();
    // The first call may have been told to come back by now.
    call.await.unwrap().unwrap();
    agent.call("odoo_write", write()).await.unwrap();
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+32 7"));
    assert_eq!(house.pin_changes(), ["set"]);
}

#[tokio::test]
async fn a_read_on_production_needs_the_pin_and_so_does_approving_more_like_it() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    let ask = json!({"require_approval": [{"conditions": [], "reason": "It reads."}]});
    let asks = json!({"version": "1", "default": "allow", "tools": {"odoo_search_read": ask}});
    house.save("user", &asks.to_string()).await;
    house.settle_pin(false, None, Some("4711")).await.unwrap();
    let call =
        agent.calling("odoo_search_read", on_demo(json!({"model": "res.partner", "fields": ["name"], "limit": 1})));
    let card = house.card().await;
    let CardContent::Call(shown) = &card.content else { panic!("{card:?}") };
    assert_eq!(shown.category, gatehouse_core::Category::Read);
    assert!(shown.standing.is_some() && card.pin.is_some(), "{card:?}");
    assert!(refused(house.decide(&card, YES).await).contains("Type the PIN"));
    assert!(refused(house.decide(&card, Verdict::ApproveStanding).await).contains("Type the PIN"));
    assert_eq!(house.times("search_read"), 0);
    house.decide_with(&card, Verdict::ApproveStanding, "4711").await.unwrap();
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_refusal_needs_no_pin() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.settle_pin(false, None, Some("4711")).await.unwrap();
    let call = agent.calling("odoo_write", write());
    let card = house.card().await;
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    assert_eq!(call.await.unwrap().unwrap_err().code, ErrorCode::DeniedByPerson);
}

#[tokio::test]
async fn what_would_be_the_way_around_the_pin_needs_it_too() {
    let house = House::with_demo().await;
    house.settle_pin(false, None, Some("4711")).await.unwrap();

    // To make production less than that.
    let demo = house.broker.overview().connections[0].clone();
    let draft = ConnectionDraft { environment: Environment::Development, ..draft_of(demo) };
    house.broker.save_connection(draft, None).await.unwrap();
    let card = house.card().await;
    refused(house.decide(&card, YES).await);
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();

    // To let another program in.
    let stranger = house.bridge("stranger").await;
    let call = stranger.calling("user_connection_list", json!({}));
    let card = house.card().await;
    let CardContent::Admission(admission) = &card.content else { panic!("expected an admission, got {card:?}") };
    let connections = admission.connections.iter().map(|badge| badge.id.clone()).collect();
    refused(house.decide(&card, Verdict::Admit { connections, policy: OwnPolicy::Keep }).await);
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();

    // To have another PIN, or none.
    refused(house.settle_pin(true, None, None).await);
    refused(house.settle_pin(false, None, Some("0000")).await);
    refused(house.settle_pin(true, Some("0000"), None).await);
    let ticket = house.broker.change_pin(true).unwrap();
    let card = house.approver.cards().into_iter().find(|card| card.ticket == ticket).unwrap();
    assert_eq!(house.decide(&card, YES).await.unwrap_err().code, ErrorCode::TicketGone, "a plain yes removes no PIN");
    assert!(house.broker.overview().has_pin);
}

#[tokio::test]
async fn after_five_wrong_pins_not_even_the_right_one_is_taken_for_a_while() {
    let house = House::with_demo().await;
    let agent = house.admitted("claude-code").await;
    house.settle_pin(false, None, Some("4711")).await.unwrap();
    let call = agent.calling("odoo_write", write());
    let card = house.card().await;
    // All at once, as a program would try them.
    house.approver.present(&card.ticket, &card.digest).unwrap();
    house.clock.forward(Duration::from_millis(700));
    let tries = ["1", "12", "123", "1234", "12345"].map(|pin| {
        let (approver, ticket, digest) = (house.approver.clone(), card.ticket.clone(), card.digest);
        tokio::spawn(async move { approver.decide_with(&ticket, &digest, YES, Some(pin.to_owned().into())).await })
    });
    for tried in tries {
        refused(tried.await.unwrap());
    }
    let told = refused(house.decide_with(&card, YES, "4711").await);
    assert!(told.contains("15 minutes") && told.contains("keyring"), "{told}");
    assert!(house.card().await.pin.unwrap().refused_until.is_some());
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    assert!(call.await.unwrap().is_err() || agent.call("odoo_write", write()).await.is_err());
    house.clock.forward(Duration::from_mins(15));
    house.settle_pin(false, Some("4711"), Some("a longer one")).await.unwrap();
    house.settle_pin(true, Some("a longer one"), None).await.unwrap();
    assert!(!house.broker.overview().has_pin);
    assert_eq!(house.pin_changes(), ["set", "refused", "changed", "removed"]);
}

#[tokio::test]
async fn on_staging_a_plain_change_needs_no_pin_and_a_deletion_does() {
    let house = House::with_demo().await;
    house.make_development().await;
    let agent = house.admitted("claude-code").await;
    let layer = house.of_demo();
    let ask = json!({"require_approval": [{"conditions": [], "reason": "It changes Odoo."}]});
    let asks = json!({"version": "1", "default": "allow", "tools": {"odoo_write": ask, "odoo_unlink": ask}});
    house.save(&layer, &asks.to_string()).await;
    house.settle_pin(false, None, Some("4711")).await.unwrap();
    let call = agent.calling("odoo_write", write());
    let card = house.card().await;
    assert_eq!(card.pin, None);
    house.decide(&card, YES).await.unwrap();
    call.await.unwrap().unwrap();
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+32 7"));
    let gone = on_demo(json!({"model": "res.partner", "ids": [10]}));
    let call = agent.calling("odoo_unlink", gone);
    let card = house.card().await;
    assert!(card.pin.is_some());
    refused(house.decide(&card, YES).await);
    house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
    call.await.unwrap().unwrap_err();
}

/// The keyring's item goes, as another program of the user can take it away.
async fn take_the_pin_away() {
    gatehouse_vault::Vault::open_system(SERVICE).await.unwrap().put_pin(None).await.unwrap();
}

/// The name of the test's items in the keyring.
const SERVICE: &str = "Gatehouse (test without a keyring)";

#[cfg(target_os = "linux")]
#[test]
fn a_pin_that_another_program_took_away_is_missed() {
    crate::sealed::inside_a_session("pin::a_pin_that_another_program_took_away_is_missed", async || {
        let house = crate::sealed::house().await;
        house.admitted("claude-code").await;
        house.settle_pin(false, None, Some("4711")).await.unwrap();
        let house = house.again(0).await;
        assert!(house.broker.overview().has_pin && house.broker.overview().quarantine.is_empty());
        take_the_pin_away().await;
        let mut house = house;
        for _ in 0..2 {
            house = house.again(0).await;
            house.add_demo().await;
            let shown = house.broker.overview();
            assert!(!shown.has_pin && shown.quarantine.join(" ").contains("removed from the keyring"), "{shown:?}");
            assert_eq!(house.pin_changes(), ["set", "gone"], "it is written down once");
        }
        let agent = house.bridge("claude-code").await;
        let call = agent.calling("odoo_write", write());
        let card = house.card().await;
        assert!(card.pin_is_gone && card.pin.is_none());
        house.decide(&card, Verdict::Deny { reason: None }).await.unwrap();
        call.await.unwrap().unwrap_err();
        // Who has forgotten it sets another.
        house.settle_pin(false, None, Some("0815")).await.unwrap();
        assert!(house.broker.overview().quarantine.is_empty());
        let house = house.again(0).await;
        assert!(house.broker.overview().has_pin && house.broker.overview().quarantine.is_empty());
        house.settle_pin(true, Some("0815"), None).await.unwrap();
        let house = house.again(0).await;
        assert!(house.broker.overview().quarantine.is_empty(), "the person removed it");
        assert_eq!(house.pin_changes(), ["set", "gone", "set", "removed"]);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_row_of_tomorrow_ends_no_lock_out() {
    crate::sealed::inside_a_session("pin::a_row_of_tomorrow_ends_no_lock_out", async || {
        use gatehouse_broker::Clock as _;
        let house = crate::sealed::house().await;
        house.admitted("claude-code").await;
        house.settle_pin(false, None, Some("4711")).await.unwrap();
        for wrong in ["1", "12", "123", "1234", "12345"] {
            refused(house.settle_pin(true, Some(wrong), None).await);
        }
        let house = house
            .again_after(|house| {
                let later = house.clock.now().plus(Duration::from_hours(25));
                crate::journal::append(house, [(later, JournalEvent::Quit)]);
            })
            .await;
        let told = refused(house.settle_pin(true, Some("4711"), None).await);
        assert!(told.contains("Too many"), "{told}");
        house.clock.forward(Duration::from_mins(15));
        house.settle_pin(true, Some("4711"), None).await.unwrap();
    });
}
