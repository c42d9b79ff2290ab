use crate::{House, at, header, intent, read, settled};
use gatehouse_store::{Durability, Filter};
use std::time::{Duration, Instant};

/// Prints the figures (`--nocapture`), and fails only when they are out of all proportion: machines differ.
#[test]
fn the_journal_does_not_hold_up_a_call() {
    let house = House::new();
    for _ in 0..200 {
        house.append(read(0, 1, header("odoo_read")));
    }
    let normal = median(2000, |number| {
        house.store.append(read(number, 1, header("odoo_read")), Durability::Normal, Some(&*house.sealer)).unwrap();
    });
    let without_payload = median(500, |number| {
        house.store.append(read(number, 1, header("odoo_read")), Durability::Normal, None).unwrap();
    });
    let full = median(100, |number| {
        house.store.append(intent(number, 0), Durability::Full, Some(&*house.sealer)).unwrap();
    });
    let filter = Filter { agent: Some(crate::agent("claude-code")), ..Filter::default() };
    let page = median(50, |_| {
        assert_eq!(house.store.entries(&filter, None, 50).unwrap().len(), 50);
    });
    for number in 0..=200 {
        house.append(intent(0, number));
        house.append(settled(0, number, vec![]));
    }
    let open_intents = median(10, |_| assert_eq!(house.store.open_intents().unwrap().len(), 0));
    let charges = median(3, |_| assert!(house.store.charges_since(at(0)).unwrap().len() > 2000));
    let verify = median(3, |_| assert!(house.store.verify(None, None).unwrap().is_ok()));
    println!(
        "append normal {normal:?}, normal without payload {without_payload:?}, full {full:?}; \
         page of 50 {page:?}; open intents of 302 {open_intents:?}; charges of 3,200 {charges:?}; verify of 3,202 {verify:?}"
    );
    assert!(normal < Duration::from_millis(5), "an append took {normal:?}");
}

fn median(times: i64, mut work: impl FnMut(i64)) -> Duration {
    let mut taken: Vec<_> = (0..times)
        .map(|number| {
            let start = Instant::now();
            work(number);
            start.elapsed()
        })
        .collect();
    taken.sort_unstable();
    taken[taken.len() / 2]
}
