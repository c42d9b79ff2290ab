//! Conditions on the sums of groups: `[["amount_total:sum", ">", 1000]]`, in prefix notation like a domain.

use super::grouping::Parse;
use super::problem::{InputError, Problem, clip};
use super::{Arity, MAX_TERMS};
use crate::Capability;
use serde_json::{Value, json};

const OPERATORS: [&str; 6] = ["=", "!=", "<", ">", "<=", ">="];

/// Checks the conditions; gives them back as Odoo takes them, `null` where there are none.
pub(super) async fn parse(given: &Value, of: &mut Parse<'_>) -> Result<Value, InputError> {
    let shape = "having is a list of terms such as [[\"amount_total:sum\", \">\", 1000]]";
    let Value::Array(terms) = given else { return Err(Problem::new("having", shape).into()) };
    if terms.is_empty() {
        return Ok(Value::Null);
    }
    if !of.version.can(Capability::FormattedGroups) {
        let message = "this Odoo is older than 19 and takes no having: leave it out and look at the groups";
        return Err(Problem::new("having", message).into());
    }
    if terms.len() > MAX_TERMS {
        return Err(Problem::new("having", format!("at most {MAX_TERMS} terms")).into());
    }
    let mut arity = Arity::default();
    let mut checked = Vec::with_capacity(terms.len());
    for (index, term) in terms.iter().enumerate() {
        let at = format!("having/{index}");
        match term {
            Value::String(word) => {
                arity.operator(word, &at)?;
                checked.push(term.clone());
            }
            Value::Array(parts) => {
                let [Value::String(spec), Value::String(operator), value] = parts.as_slice() else {
                    return Err(Problem::new(at, "a term is [field:function, operator, number]").into());
                };
                if spec != "__count" {
                    of.aggregate(spec, &format!("{at}/0")).await?;
                }
                if !OPERATORS.contains(&operator.as_str()) {
                    let message = format!("“{}” is none of {}", clip(operator), OPERATORS.join(", "));
                    return Err(Problem::new(format!("{at}/1"), message).into());
                }
                if !value.is_number() {
                    return Err(Problem::new(format!("{at}/2"), "a sum is compared with a number").into());
                }
                arity.operand();
                checked.push(json!([spec, operator, value]));
            }
            _ => return Err(Problem::new(at, shape).into()),
        }
    }
    arity.end()?;
    Ok(Value::Array(checked))
}
