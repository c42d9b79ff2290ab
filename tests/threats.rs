//! `docs/threats.md` and the attack suite say the same.

use gatehouse_tests::root;
use std::collections::BTreeSet;
use std::path::PathBuf;

#[test]
fn every_test_that_the_threats_name_exists() {
    let named = named();
    assert!(named.len() > 30, "docs/threats.md names {} tests", named.len());
    for name in named {
        let (place, test) = name.rsplit_once("::").unwrap();
        let is_there = files_of(place).iter().any(|file| tests_in(file).contains(test));
        assert!(is_there, "{name} is named in docs/threats.md and is not there");
    }
}

#[test]
fn every_attack_is_named_among_the_threats() {
    let named = named();
    let mut found = 0;
    for entry in std::fs::read_dir(root().join("tests/attack")).unwrap() {
        let file = entry.unwrap().path();
        let place = file.file_stem().unwrap().to_str().unwrap().to_owned();
        for test in tests_in(&file) {
            found += 1;
            assert!(
                named.contains(&format!("attack::{place}::{test}")),
                "docs/threats.md does not name {place}::{test}"
            );
        }
    }
    assert!(found > 20, "{found} attacks");
}

/// Everything in backticks that is written like a path to a function.
fn named() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("docs/threats.md")).unwrap();
    let ticked = text.split('`').skip(1).step_by(2);
    ticked
        .filter(|word| word.rsplit("::").next().is_some_and(|end| end.contains('_')) && word.contains("::"))
        .map(str::to_owned)
        .collect()
}

/// Where the tests of a module lie.
fn files_of(place: &str) -> Vec<PathBuf> {
    let path = place.replace("::", "/");
    let (first, rest) = path.split_once('/').unwrap_or((&path, ""));
    let crates = root().join("crates").join(first);
    let candidates = [
        root().join(format!("tests/{path}.rs")),
        crates.join(format!("tests/{path}.rs")),
        crates.join(format!("tests/{rest}.rs")),
        crates.join(format!("src/{rest}.rs")),
    ];
    candidates.into_iter().filter(|file| file.exists()).collect()
}

/// The functions in a file that are tests.
fn tests_in(file: &PathBuf) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let name = |rest: &str| Some(rest.split("fn ").nth(1)?.split('(').next()?.to_owned());
    // What stands before the first mark is no test.
    let mut tests = BTreeSet::new();
    for mark in ["#[test]", "#[tokio::test"] {
        tests.extend(text.split(mark).skip(1).filter_map(name));
    }
    tests
}
