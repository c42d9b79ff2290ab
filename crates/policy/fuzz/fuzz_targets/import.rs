//! Any text: the importer takes it or says why not; what comes out is a policy, and importing that changes nothing.
#![no_main]

use gatehouse_policy::{Policy, import};
use gatehouse_policy_fuzz::{Stopwatch, tools};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fuzz_target!(|text: &str| {
    let watch = Stopwatch::start();
    match import(text, tools()) {
        Ok(imported) => {
            let policy = Policy::parse(&imported.text, tools())
                .unwrap_or_else(|problems| panic!("{}\n{problems:?}", imported.text));
            assert_eq!(policy.to_json_pretty(), imported.text);
            let result: serde_json::Value = serde_json::from_str(&imported.text).expect("JSON");
            for difference in &imported.differences {
                assert!(!difference.message.is_empty());
                assert!(difference.source.is_empty() || difference.source.starts_with('/'));
                let there = ["/version", "/default", "/hide", "/tools", "/all_tools/limits"];
                let named = there.contains(&difference.target.as_str());
                assert!(named || result.pointer(&difference.target).is_some(), "{difference:?}\n{}", imported.text);
            }
            let again = import(&imported.text, tools()).expect("a policy of ours");
            assert_eq!(again.text, imported.text);
            // A policy of ours is imported as it stands.
            if let Ok(strict) = Policy::parse(text, tools()) {
                assert_eq!(strict, policy, "{}", imported.text);
            }
        }
        Err(problems) => {
            assert!(Policy::parse(text, tools()).is_err() || text.len() > 1_000_000, "{problems:?}");
            // YAML ends a line at a carriage return too.
            let (lines, characters) = (text.split(['\n', '\r']).count(), text.chars().count());
            assert!(problems.iter().all(|p| !p.message.is_empty() && p.line <= lines && p.column <= characters + 1));
            assert!(problems.iter().all(|p| p.line > 0 && p.column > 0), "{problems:?}");
            assert!(problems.is_sorted_by_key(|p| (p.line, p.column)), "{problems:?}");
        }
    }
    watch.check(text, Duration::from_micros(400));
});
