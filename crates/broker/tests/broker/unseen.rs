//! A preview that fails for a reason that is not the call's own: the card says so, and a person may approve unseen in words,
//! but never what destroys.

use crate::besides::{content, refuse};
use crate::execute::{last_undo, on_demo};
use crate::house::{Agent, House};
use gatehouse_broker::view::{Card, Verdict};
use gatehouse_core::ErrorCode;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The line to the demo Odoo. While it is cut, every request is dropped.
struct Line {
    is_cut: Arc<AtomicBool>,
}

impl Line {
    async fn to(url: String) -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let is_cut = Arc::new(AtomicBool::new(false));
        let cut = is_cut.clone();
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let far = tokio::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
                let ((mut from_near, mut to_near), (mut from_far, mut to_far)) = (near.into_split(), far.into_split());
                tokio::spawn(async move { tokio::io::copy(&mut from_far, &mut to_near).await });
                let cut = cut.clone();
                tokio::spawn(async move {
                    let mut piece = vec![0; 1 << 16];
                    while let Ok(length @ 1..) = from_near.read(&mut piece).await {
                        if cut.load(Ordering::SeqCst) || to_far.write_all(&piece[..length]).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        (Self { is_cut }, format!("http://{address}"))
    }

    fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }
}

/// A house whose Odoo is known and then cannot be reached.
async fn cut_off() -> (House, Agent, Line) {
    let house = House::open().await;
    let (line, origin) = Line::to(house.sim.url()).await;
    house.add_demo_at(origin).await;
    let agent = house.admitted("claude-code").await;
    let call = agent.calling("odoo_write", write("+0"));
    let card = house.card().await;
    assert!(content(&card).preview_error.is_none() && content(&card).unseen.is_none());
    refuse(&house, &card, call).await;
    line.cut(true);
    (house, agent, line)
}

fn write(phone: &str) -> Value {
    on_demo(json!({"model": "res.partner", "ids": [10], "values": {"phone": phone}}))
}

fn unseen(words: &str) -> Verdict {
    Verdict::Approve { typed_count: None, unseen: Some(words.into()) }
}

async fn refused(house: &House, card: &Card, verdict: Verdict) -> ErrorCode {
    house.decide(card, verdict).await.unwrap_err().code
}

#[tokio::test]
async fn what_could_not_be_shown_is_approved_in_words_alone_and_can_be_taken_back() {
    let (house, agent, line) = cut_off().await;
    let before = house.stored("res.partner", 10, "phone").await;
    let call = agent.calling("odoo_write", write("+1"));
    let card = house.card().await;
    let shown = content(&card);
    assert!(shown.preview_error.is_some() && shown.records.is_empty() && shown.standing.is_none(), "{shown:?}");
    assert_eq!((shown.unseen.as_deref(), shown.total), (Some("approve unseen"), Some(1)));
    assert!(card.sentence.contains("unseen") && card.sentence.contains("res.partner"), "{}", card.sentence);
    assert_eq!(
        refused(&house, &card, Verdict::Approve { typed_count: None, unseen: None }).await,
        ErrorCode::InvalidArguments
    );
    assert_eq!(refused(&house, &card, unseen("approve")).await, ErrorCode::InvalidArguments);
    assert_eq!(refused(&house, &card, Verdict::ApproveStanding).await, ErrorCode::InvalidArguments);
    line.cut(false);
    house.decide(&card, unseen("approve unseen")).await.unwrap();
    let mut answer = call.await.unwrap().unwrap();
    while answer["status"] == "running" {
        answer = agent.call("approval_wait", json!({"ticket": answer["ticket"]})).await.unwrap();
    }
    assert_eq!(answer["status"], "written", "{answer}");
    assert_eq!(house.stored("res.partner", 10, "phone").await, json!("+1"));
    let old = if before == json!(false) { Value::Null } else { before };
    assert_eq!(last_undo(&house)["calls"][0]["arguments"]["updates"], json!([{"id": 10, "values": {"phone": old}}]));
}

#[tokio::test]
async fn what_cannot_be_read_before_it_runs_is_not_sent() {
    let (house, agent, line) = cut_off().await;
    let call = agent.calling("odoo_write", write("+1"));
    let card = house.card().await;
    house.decide(&card, unseen("approve unseen")).await.unwrap();
    let mut answer = call.await.unwrap();
    while let Ok(told) = &answer {
        assert_eq!(told["status"], "running", "{told}");
        answer = agent.call("approval_wait", json!({"ticket": told["ticket"]})).await;
    }
    assert_eq!(answer.unwrap_err().code, ErrorCode::Unreachable);
    line.cut(false);
    assert_eq!(house.times("write"), 0);
}

#[tokio::test]
async fn what_destroys_is_never_approved_unseen() {
    let (house, agent, _line) = cut_off().await;
    let call = agent.calling("odoo_unlink", on_demo(json!({"model": "res.partner", "ids": [10]})));
    let card = house.card().await;
    let shown = content(&card);
    assert!(shown.preview_error.is_some() && shown.unseen.is_none(), "{shown:?}");
    assert_eq!(refused(&house, &card, Verdict::Approve { typed_count: None, unseen: None }).await, ErrorCode::Denied);
    assert_eq!(refused(&house, &card, unseen("approve unseen")).await, ErrorCode::Denied);
    assert_eq!(refused(&house, &card, Verdict::ApproveStanding).await, ErrorCode::Denied);
    refuse(&house, &card, call).await;
}

#[tokio::test]
async fn what_was_shown_is_not_approved_unseen_and_what_is_the_calls_own_fault_makes_no_card() {
    let (house, agent, line) = cut_off().await;
    line.cut(false);
    let call = agent.calling("odoo_write", write("+1"));
    let card = house.card().await;
    assert_eq!(refused(&house, &card, unseen("approve unseen")).await, ErrorCode::InvalidArguments);
    refuse(&house, &card, call).await;
    let missing = on_demo(json!({"model": "res.partner", "ids": [99_999], "values": {"phone": "+1"}}));
    assert_eq!(agent.call("odoo_write", missing).await.unwrap_err().code, ErrorCode::RecordMissing);
    assert!(house.approver.cards().is_empty());
}
