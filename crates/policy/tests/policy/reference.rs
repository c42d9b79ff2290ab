//! The engine against a second one that is written from the language's document: slow, simple, and obviously right.
//!
//! Each case is a few policies, a few calls, and a history of what happens to them. The ordinary run judges 20,000; the
//! long one as many as `GATEHOUSE_TRIPLES` says:
//!
//! ```text
//! GATEHOUSE_TRIPLES=1000000 cargo test --release -p gatehouse-policy --test policy reference -- --nocapture
//! ```
//!
//! Case number n is made from the seed n, or from `GATEHOUSE_SEED` + n.

mod conditions;
mod counters;
mod explanation;
mod number;
mod run;
mod seen;
mod tally;
mod verdict;

use crate::generated::{self, Case, shrink};
use gatehouse_core::ToolDefinition;
use run::run;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tally::Tally;

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a whole number")))
}

/// What went wrong, if anything: a disagreement, or a panic of either side.
fn failure(case: &Case, tools: &[ToolDefinition], seen: &mut Tally) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| run(case, tools, seen))) {
        Ok(Ok(())) => None,
        Ok(Err(found)) => {
            Some(format!("{}\nthe engine: {}\nthe reference: {}", found.about, found.engine, found.reference))
        }
        Err(panic) => Some(format!("a panic: {:?}", panic.downcast_ref::<String>())),
    }
}

#[test]
fn the_engine_agrees_with_the_reference_on_every_generated_case() {
    let count = from_environment("GATEHOUSE_TRIPLES", 20_000);
    let seed = from_environment("GATEHOUSE_SEED", 0);
    let next = AtomicU64::new(0);
    let failed = Mutex::new(None);
    let total = Mutex::new(Tally::default());
    let began = Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let tools = generated::catalogue();
                let mut seen = Tally::default();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count || failed.lock().unwrap().is_some() {
                        break;
                    }
                    let seed = seed.wrapping_add(index);
                    if failure(&generated::case(seed), &tools, &mut seen).is_some() {
                        failed.lock().unwrap().get_or_insert(seed);
                    }
                }
                total.lock().unwrap().add(seen);
            });
        }
    });
    if let Some(seed) = failed.into_inner().unwrap() {
        let tools = generated::catalogue();
        let about = |case: &Case| {
            let failure = failure(case, &tools, &mut Tally::default());
            failure.map(|failure| failure.lines().next().unwrap_or_default().to_owned())
        };
        let case = generated::case(seed);
        let first = about(&case);
        // What is left out of a policy may make it none, so that says nothing about this one.
        let shrinks = first.as_deref() != Some(run::NOT_A_POLICY);
        let case = if shrinks { shrink(case, |smaller| about(smaller) == first) } else { case };
        let failure = failure(&case, &tools, &mut Tally::default()).unwrap();
        panic!("GATEHOUSE_SEED={seed} GATEHOUSE_TRIPLES=1: they do not agree about {failure}\n\n{}", case.told());
    }
    let seen = total.into_inner().unwrap();
    println!("{count} cases in {:?}: {seen:?}", began.elapsed());
    assert_eq!(seen.cases, count);
    if count >= 20_000 {
        seen.assert_that_everything_happened();
    }
}
