//! What judging costs, in memory.

use cedar_policy::{Authorizer, Entities};
use criterion::{Criterion, criterion_group, criterion_main};
use gatehouse_core::Timestamp;
use gatehouse_policy::{Layer, Limits, Policy, evaluate};
use gatehouse_policy_bench::{calls, cedar_policies, cedar_says, policy, policy_text, tool_name, we_say};
use std::hint::black_box;

/// One allowed call under ten rules, by both engines, and the eleven calls that meet every rule.
fn ten_rules(c: &mut Criterion) {
    let ours = policy(1, false);
    let layers = [Layer::new("user", &ours)];
    let (authorizer, cedar) = (Authorizer::new(), cedar_policies(&tool_name(0)));
    let calls = calls(&tool_name(0));
    let requests: Vec<_> = calls.iter().map(|made| made.request()).collect();
    let entities = Entities::empty();
    let mut group = c.benchmark_group("ten_rules");
    group.bench_function("ours_allowed", |b| b.iter(|| evaluate(black_box(&layers), black_box(&calls[0].call()))));
    group.bench_function("cedar_allowed", |b| {
        b.iter(|| authorizer.is_authorized(black_box(&requests[0]), black_box(&cedar), &entities));
    });
    group.bench_function("ours_mixed", |b| {
        b.iter(|| calls.iter().map(|made| we_say(black_box(&layers), made).len()).sum::<usize>());
    });
    group.bench_function("cedar_mixed", |b| {
        b.iter(|| {
            requests.iter().map(|request| cedar_says(&authorizer, black_box(&cedar), request).len()).sum::<usize>()
        });
    });
    group.finish();
}

/// The same ten tools called, with nothing and with 990 others listed beside them.
fn number_of_tools(c: &mut Criterion) {
    let mut group = c.benchmark_group("tools");
    for tools in [10, 1_000] {
        let ours = policy(tools, false);
        let layers = [Layer::new("user", &ours)];
        let step = tools / 10;
        let made: Vec<_> = (0..10).map(|index| calls(&tool_name(index * step)).swap_remove(0)).collect();
        group.bench_function(format!("of_{tools}"), |b| {
            b.iter(|| made.iter().filter(|made| evaluate(black_box(&layers), &made.call()).charges.is_empty()).count());
        });
        if tools == 1_000 {
            let every: Vec<_> = (0..tools).map(|index| calls(&tool_name(index)).swap_remove(0)).collect();
            group.bench_function("of_1000_each_once", |b| {
                b.iter(|| {
                    every.iter().filter(|made| evaluate(black_box(&layers), &made.call()).charges.is_empty()).count()
                });
            });
        }
    }
    group.finish();
}

/// A text of 1,000 tools with ten rules each, beside serde_json reading it to a `Value`.
fn parsing(c: &mut Criterion) {
    let text = policy_text(1_000, true);
    let mut group = c.benchmark_group("parse");
    group.sample_size(40);
    group.bench_function("ours", |b| b.iter(|| Policy::parse(black_box(&text), &[]).unwrap()));
    group.bench_function("serde_json_value", |b| {
        b.iter(|| serde_json::from_str::<serde_json::Value>(black_box(&text)).unwrap());
    });
    group.finish();
}

/// 1,000 calls judged again, with their limits, beside judging them alone.
fn replay(c: &mut Criterion) {
    let ours = policy(10, true);
    let layers = [Layer::new("user", &ours)];
    let history: Vec<_> = (0..1_000).map(|index| calls(&tool_name(index % 10)).swap_remove(index % 11)).collect();
    let at = |index: usize| Timestamp::from_millis(1_763_700_000_000 + i64::try_from(index).unwrap() * 500);
    let mut group = c.benchmark_group("replay");
    group.bench_function("replay", |b| {
        b.iter(|| {
            let mut limits = Limits::new();
            for (index, made) in history.iter().enumerate() {
                let verdict = evaluate(black_box(&layers), &made.call());
                black_box(limits.charge(&verdict.charges, 3, at(index))).unwrap();
                black_box(verdict.decision);
            }
        });
    });
    group.bench_function("evaluate", |b| {
        b.iter(|| {
            for made in &history {
                black_box(evaluate(black_box(&layers), &made.call()));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, ten_rules, number_of_tools, parsing, replay);
criterion_main!(benches);
