//! A smaller case that fails in the same way.

use super::case::Case;
use serde_json::Value;

/// Leaves out what can be left out: steps, layers, keys and entries of policies and arguments.
pub(crate) fn shrink(mut case: Case, fails: impl Fn(&Case) -> bool) -> Case {
    loop {
        let Some(smaller) = smaller(&case).find(|smaller| fails(smaller)) else { return case };
        case = smaller;
    }
}

fn smaller(case: &Case) -> impl Iterator<Item = Case> {
    let history = (0..case.history.len()).map(move |index| {
        let mut smaller = case.clone();
        smaller.history.remove(index);
        smaller
    });
    let layers = (0..case.layers.len()).filter(|_| case.layers.len() > 1).map(move |index| {
        let mut smaller = case.clone();
        smaller.layers.remove(index);
        smaller
    });
    let policies = (0..case.layers.len()).flat_map(move |index| {
        leave_outs(&case.layers[index].1).into_iter().map(move |policy| {
            let mut smaller = case.clone();
            smaller.layers[index].1 = policy;
            smaller
        })
    });
    let arguments = (0..case.calls.len()).flat_map(move |index| {
        leave_outs(&case.calls[index].arguments).into_iter().map(move |arguments| {
            let mut smaller = case.clone();
            smaller.calls[index].arguments = arguments;
            smaller
        })
    });
    history.chain(layers).chain(policies).chain(arguments)
}

/// The value without one of its keys or entries, at any depth.
fn leave_outs(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => {
            let without = (0..items.len()).map(|index| {
                let mut items = items.clone();
                items.remove(index);
                Value::Array(items)
            });
            let inside = items.iter().enumerate().flat_map(|(index, item)| {
                leave_outs(item).into_iter().map(move |item| {
                    let mut items = items.clone();
                    items[index] = item;
                    Value::Array(items)
                })
            });
            without.chain(inside).collect()
        }
        Value::Object(keys) => {
            let without = keys.keys().map(|key| {
                let mut keys = keys.clone();
                keys.remove(key);
                Value::Object(keys)
            });
            let inside = keys.iter().flat_map(|(key, item)| {
                leave_outs(item).into_iter().map(move |item| {
                    let mut keys = keys.clone();
                    keys.insert(key.clone(), item);
                    Value::Object(keys)
                })
            });
            without.chain(inside).collect()
        }
        _ => Vec::new(),
    }
}
