//! The app without its windows, `house`: it can be held at any point of a call, and ended there.

use crate::{PATIENCE, Stage, target};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;

/// The running program.
pub struct House {
    child: Child,
    stdin: ChildStdin,
    answers: mpsc::UnboundedReceiver<Value>,
    reached: mpsc::UnboundedReceiver<Value>,
}

impl House {
    /// Starts it on the stage's profile and waits until it listens.
    pub async fn open(stage: &Stage) -> Self {
        Self::open_with(stage, &target().join("e2e/house")).await
    }

    /// The same with the program of another place.
    pub async fn open_with(stage: &Stage, program: &Path) -> Self {
        assert!(program.exists(), "{} is missing: cargo xtask test builds it", program.display());
        let mut command = Command::from(stage.command(program));
        command.arg(stage.profile()).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (to_answers, answers) = mpsc::unbounded_channel();
        let (to_reached, reached) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the house said: {line}"));
                let to = if said.get("reached").is_some() { &to_reached } else { &to_answers };
                if to.send(said).is_err() {
                    break;
                }
            }
        });
        let stdin = child.stdin.take().expect("piped");
        let mut house = Self { child, stdin, answers, reached };
        assert_eq!(house.answer().await, json!({ "ready": true }));
        house
    }

    /// Has a wish carried out and gives what it came to.
    pub async fn tell(&mut self, wish: Value) -> Value {
        self.stdin.write_all(format!("{wish}\n").as_bytes()).await.expect("the house reads");
        self.stdin.flush().await.expect("the house reads");
        let mut answer = self.answer().await;
        assert!(answer.get("failed").is_none(), "{wish}: {answer}");
        answer["answer"].take()
    }

    /// The same for a wish without details: `approve`, `journal`.
    pub async fn please(&mut self, what: &str) -> Value {
        self.tell(json!({ "do": what })).await
    }

    /// Waits until so many live calls wait on tickets.
    pub async fn waited_on(&mut self, by: u32) {
        self.tell(json!({ "do": "waited_on", "by": by })).await;
    }

    /// Moves its clock on.
    pub async fn forward(&mut self, seconds: u64) {
        self.tell(json!({ "do": "forward", "seconds": seconds })).await;
    }

    /// Waits until a call has come to the point that was armed.
    pub async fn reached(&mut self) {
        let reached = tokio::time::timeout(PATIENCE, self.reached.recv()).await;
        assert!(matches!(reached, Ok(Some(_))), "no call came to the point");
    }

    /// Ends it in order.
    pub async fn end(mut self) {
        drop(self.stdin);
        self.child.wait().await.expect("it ends");
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("it can be killed");
    }

    async fn answer(&mut self) -> Value {
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        answer.expect("the house answers").expect("the house lives")
    }
}
