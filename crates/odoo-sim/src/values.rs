//! What a field makes of a value that is written to it: Odoo's conversions with their silent mistakes.

use serde_json::Value;

use crate::cell::Cell;
use crate::clock;
use crate::domain::{is_truthy, repr};
use crate::env::Env;
use crate::fault::{Fault, Outcome};
use crate::schema::{Field, Kind, Model};

/// The cell for a value of a field that is no x2many.
///
/// A many2one takes whole numbers; a name, a list or an object *empties* it. A boolean takes Python's truth: `"false"` is
/// true. A date takes the first ten characters; a datetime refuses `T` and `Z`.
pub(crate) fn cell(env: &Env<'_>, model: &Model, field: &Field, value: &Value) -> Outcome<Cell> {
    Ok(match field.kind {
        Kind::Boolean => Cell::Bool(is_truthy(value)),
        Kind::Integer => match integer(value)? {
            Cell::Int(number) if i32::try_from(number).is_err() => {
                return Err(Fault::raised("psycopg2.errors.NumericValueOutOfRange", 500, "integer out of range\n"));
            }
            number => number,
        },
        Kind::Float => float(value)?,
        Kind::Monetary => match float(value)? {
            Cell::Float(amount) => Cell::Float(crate::compute::rounded(amount)),
            other => other,
        },
        Kind::Char | Kind::Text | Kind::Html | Kind::Binary => text(value)?,
        Kind::Date | Kind::Datetime if !is_truthy(value) => Cell::Null,
        Kind::Date => match value {
            Value::String(text) => Cell::text(clock::to_date(text)?),
            other => return Err(Fault::kind(format!("'{}' object is not subscriptable", python_type(other)))),
        },
        Kind::Datetime => match value {
            Value::String(text) => Cell::text(clock::to_datetime(text)?),
            other => return Err(Fault::kind(format!("object of type '{}' has no len()", python_type(other)))),
        },
        Kind::Selection => match value {
            value if !is_truthy(value) => Cell::Null,
            // the languages are worked out when they are shown, and not checked when they are written
            Value::String(choice) if field.name == "lang" => Cell::text(choice.as_str()),
            Value::String(choice) if field.choices.contains(choice) => Cell::text(choice.as_str()),
            other => {
                return Err(Fault::value(format!("Wrong value for {}.{}: {}", model.name, field.name, repr(other))));
            }
        },
        Kind::Many2one => match value.as_i64().filter(|id| *id != 0) {
            Some(id) => {
                let target = env.target(field)?;
                if !env.db.has(target, id) {
                    return Err(Fault::missing(&target.name, id, env.uid));
                }
                Cell::Int(id)
            }
            None => Cell::Null,
        },
        Kind::One2many | Kind::Many2many => Cell::Null,
    })
}

fn integer(value: &Value) -> Outcome<Cell> {
    Ok(match value {
        value if !is_truthy(value) => Cell::Int(0),
        Value::Bool(_) => Cell::Int(1),
        #[expect(clippy::cast_possible_truncation, reason = "Python's int() cuts too")]
        Value::Number(number) => Cell::Int(number.as_i64().unwrap_or_else(|| number.as_f64().unwrap_or(0.0) as i64)),
        Value::String(text) => match text.trim().parse() {
            Ok(number) => Cell::Int(number),
            Err(_) => {
                return Err(Fault::value(format!("invalid literal for int() with base 10: {}", repr(value))));
            }
        },
        other => {
            return Err(Fault::kind(format!(
                "int() argument must be a string, a bytes-like object or a real number, not '{}'",
                python_type(other)
            )));
        }
    })
}

fn float(value: &Value) -> Outcome<Cell> {
    Ok(match value {
        value if !is_truthy(value) => Cell::Float(0.0),
        Value::Bool(_) => Cell::Float(1.0),
        Value::Number(number) => Cell::Float(number.as_f64().unwrap_or(0.0)),
        Value::String(text) => match text.trim().parse() {
            Ok(number) => Cell::Float(number),
            Err(_) => return Err(Fault::value(format!("could not convert string to float: {}", repr(value)))),
        },
        other => {
            return Err(Fault::kind(format!(
                "float() argument must be a string or a real number, not '{}'",
                python_type(other)
            )));
        }
    })
}

fn text(value: &Value) -> Outcome<Cell> {
    Ok(match value {
        Value::Null | Value::Bool(false) => Cell::Null,
        Value::String(text) if text.contains('\0') => {
            return Err(Fault::value("A string literal cannot contain NUL (0x00) characters."));
        }
        Value::String(text) => Cell::text(text.as_str()),
        Value::Bool(true) => Cell::text("True"),
        Value::Number(number) => Cell::text(number.to_string()),
        other => Cell::text(repr(other)),
    })
}

fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
