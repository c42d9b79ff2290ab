//! A hundred thousand records page by page, while others are being added.

use super::field::{asked, short};
use crate::direct::Direct;
use crate::house::House;
use crate::memory;
use gatehouse_tests::Odoo;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What came of it.
pub(super) struct Export {
    /// Records that were there when it began.
    pub(super) there: usize,
    /// Records that were added meanwhile.
    pub(super) added: usize,
    pub(super) pages: usize,
    pub(super) rows: usize,
    pub(super) missing: usize,
    pub(super) doubled: usize,
    /// Of the app, MB: after the first pages, and at the end; and the most in between.
    pub(super) memory: (f64, f64, f64),
    pub(super) took: Duration,
    pub(super) trouble: Option<String>,
}

/// Pages after which the app has all that it keeps for paging.
const SETTLED: usize = 10;

pub(super) fn run(house: &mut House, connection: &str, odoo: &Odoo) -> Export {
    // What the user's main company has, as Gatehouse asks for it.
    let mine = json!({ "domain": [], "context": { "allowed_company_ids": [1] } });
    let there = Direct::new(odoo).call("res.partner", "search", &mine).1;
    let there: Vec<i64> = there.as_array().into_iter().flatten().filter_map(Value::as_i64).collect();
    let (stop, added) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let inserting = {
        let (stop, added, mut line) = (Arc::clone(&stop), Arc::clone(&added), Direct::new(odoo));
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                let number = added.fetch_add(1, Ordering::Relaxed);
                // Names all over the alphabet, so that they come before and after the place that was reached.
                let letter = char::from(b'A' + u8::try_from(number % 26).unwrap_or(0));
                line.call(
                    "res.partner",
                    "create",
                    &json!({ "vals_list": [{ "name": format!("{letter} added {number}") }] }),
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        })
    };
    let began = Instant::now();
    let mut found = page_through(house, connection, &there);
    found.took = began.elapsed();
    stop.store(true, Ordering::Relaxed);
    drop(inserting.join());
    found.added = added.load(Ordering::Relaxed);
    found
}

fn page_through(house: &mut House, connection: &str, there: &[i64]) -> Export {
    let mut bridge = house.pinned(connection);
    let mut seen: HashMap<i64, usize> = HashMap::new();
    let app = house.stage.app_ids().first().map_or(0, |id| id.as_raw_nonzero().get().unsigned_abs());
    let (mut cursor, mut pages, mut rows, mut trouble) = (Value::Null, 0, 0, None);
    let mut memory = (f64::NAN, f64::NAN, 0.0_f64);
    loop {
        let mut arguments = json!({ "model": "res.partner", "fields": ["name"], "limit": 500 });
        if cursor.is_string() {
            arguments["cursor"] = cursor.clone();
        }
        house.before_read(connection);
        let page = match asked(&mut bridge, "odoo_search_read", &arguments) {
            Ok(told) => serde_json::from_str::<Value>(&told.outcome.unwrap_or_default()).unwrap_or_default(),
            Err(why) => {
                trouble = Some(short(&why));
                break;
            }
        };
        let (table, alone) = (page["rows"].as_array(), page["records"].as_array());
        let ids =
            table.into_iter().flatten().map(|row| &row[0]).chain(alone.into_iter().flatten().map(|row| &row["id"]));
        for id in ids.filter_map(Value::as_i64) {
            *seen.entry(id).or_default() += 1;
            rows += 1;
        }
        pages += 1;
        let resident = memory::resident(app);
        if pages == SETTLED {
            memory.0 = resident;
        }
        memory = (memory.0, resident, memory.2.max(resident));
        cursor = page["cursor"].clone();
        if page["has_more"] != true {
            break;
        }
        if !cursor.is_string() {
            trouble = Some("there is more, and no cursor".to_owned());
            break;
        }
    }
    Export {
        there: there.len(),
        added: 0,
        pages,
        rows,
        missing: there.iter().filter(|id| !seen.contains_key(id)).count(),
        doubled: seen.values().filter(|times| **times > 1).count(),
        memory,
        took: Duration::ZERO,
        trouble,
    }
}
