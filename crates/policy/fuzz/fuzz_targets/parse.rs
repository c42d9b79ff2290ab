//! Any text: the parser takes it or says why not, inside the text and in time; what it takes prints to itself.
#![no_main]

use gatehouse_policy::{Managed, Policy};
use gatehouse_policy_fuzz::{Stopwatch, check, tools};
use libfuzzer_sys::fuzz_target;
use std::time::Duration;

fuzz_target!(|text: &str| {
    let watch = Stopwatch::start();
    match Policy::parse(text, tools()) {
        Ok(policy) => {
            let printed = policy.to_json_pretty();
            let again = Policy::parse(&printed, tools()).unwrap_or_else(|problems| panic!("{printed}\n{problems:?}"));
            assert_eq!(again, policy, "{printed}");
            assert_eq!(again.to_json_pretty(), printed);
            assert!(Managed::parse(text, tools()).is_ok());
            for warning in Policy::warnings(text, tools()) {
                check(&[warning], text);
            }
        }
        Err(problems) => check(&problems, text),
    }
    if let Err(problems) = Managed::parse(text, tools()) {
        check(&problems, text);
    }
    watch.check(text, Duration::from_micros(200));
});
