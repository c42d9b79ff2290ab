//! One condition, `[field, operator, value]`: the operator must fit the field's type, and so must the value.

use super::path::article;
use super::problem::{InputError, Problem, clip, nearest};
use super::relative::Bound;
use super::{MAX_DEPTH, MAX_LIST, Reading, Target, Unseen, relative, resolve};
use crate::FieldType;
use crate::values::moment;
use gatehouse_core::FieldPath;
use serde_json::{Value, json};

/// The longest text to compare with, in bytes.
const MAX_TEXT: usize = 20_000;

const EQUALITY: [&str; 5] = ["=", "!=", "in", "not in", "=?"];
const COMPARISON: [&str; 4] = ["<", ">", "<=", ">="];
const LIKENESS: [&str; 6] = ["like", "ilike", "not like", "not ilike", "=like", "=ilike"];
const HIERARCHY: [&str; 2] = ["child_of", "parent_of"];
const QUANTIFIERS: [&str; 2] = ["any", "not any"];
const EVERY: [&[&str]; 5] = [&EQUALITY, &COMPARISON, &LIKENESS, &HIERARCHY, &QUANTIFIERS];

pub(super) fn is_operator(word: &str) -> bool {
    EVERY.iter().any(|group| group.contains(&word))
}

impl Reading<'_> {
    /// Checks one condition of a list about `model`; gives it back as Odoo takes it.
    pub(super) async fn leaf(
        &mut self,
        parts: &[Value],
        model: &str,
        at: &str,
        depth: usize,
    ) -> Result<Value, InputError> {
        let [Value::String(path), operator, value] = parts else {
            let why = match parts {
                [_, _, _] => "the first part of a term is a field name",
                _ => "a term has three parts, [field, operator, value]",
            };
            return Err(Problem::new(at, why).into());
        };
        let operator = known_operator(operator, &format!("{at}/1"))?;
        let target = resolve(path, model, self.source, &format!("{at}/0")).await?;
        self.reads.extend(target.reads.iter().cloned());
        // Odoo follows a relation by a search of its own.
        self.unseen.extend(target.reads.iter().skip(1).map(|read| Unseen::Archived(read.model.clone())));
        if target.name == "display_name" {
            self.unseen.insert(Unseen::Names(target.model.clone()));
        }
        if !fits(operator, &target) {
            return Err(unfit(operator, &target, &format!("{at}/1")).into());
        }
        let at = format!("{at}/2");
        let dated = self.dated(value, operator, &target, &at)?;
        let value = dated.as_ref().unwrap_or(value);
        let value = match operator {
            "any" | "not any" => {
                if depth >= MAX_DEPTH {
                    return Err(Problem::new(at, format!("sub-domains may nest at most {MAX_DEPTH} deep")).into());
                }
                let relation = target.field.relation.clone().unwrap_or_default();
                self.reads.insert(FieldPath { model: relation.clone(), field: "id".to_owned() });
                self.unseen.insert(Unseen::Archived(relation.clone()));
                Value::Array(Box::pin(self.list(value, &relation, at, depth + 1)).await?)
            }
            "child_of" | "parent_of" => self.hierarchy(value, &target, &at).await?,
            "in" | "not in" => list(value, &target, &at)?,
            _ if LIKENESS.contains(&operator) => {
                self.reads_name_of(&target);
                likeness(value, &at)?
            }
            "=?" => optional(value, &target, &at)?,
            _ => {
                if value.is_string() {
                    self.reads_name_of(&target);
                }
                single(value, operator, &target, &at)?
            }
        };
        Ok(json!([path, operator, value]))
    }

    /// The value with its relative dates resolved; none where it holds none.
    fn dated(&mut self, value: &Value, operator: &str, target: &Target, at: &str) -> Result<Option<Value>, Problem> {
        if !matches!(target.field.kind, FieldType::Date | FieldType::Datetime) {
            return Ok(None);
        }
        match value {
            Value::String(text) => Ok(self.date(text, operator, target, at)?.map(Value::String)),
            Value::Array(items) if matches!(operator, "in" | "not in") && items.len() <= MAX_LIST => {
                let mut items = items.clone();
                for (index, item) in items.iter_mut().enumerate() {
                    if let Value::String(text) = item
                        && let Some(date) = self.date(text, operator, target, &format!("{at}/{index}"))?
                    {
                        *text = date;
                    }
                }
                Ok(Some(Value::Array(items)))
            }
            _ => Ok(None),
        }
    }

    /// A relative date, resolved; none for any other text.
    fn date(&mut self, text: &str, operator: &str, target: &Target, at: &str) -> Result<Option<String>, Problem> {
        let kind = target.field.kind;
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            return Ok(None);
        }
        let Some(resolved) = self.today.resolve(text, kind, Bound::of(operator), at) else {
            return Err(relative::unknown_date(text, kind, at));
        };
        let resolved = resolved?;
        if kind == FieldType::Datetime && !COMPARISON.contains(&operator) {
            return Err(Problem::new(
                at,
                format!(
                    "“{}” holds moments, and hardly one is that very second: compare with two terms, >= today and < \
                     tomorrow",
                    target.name
                ),
            ));
        }
        let pair = (text.to_owned(), resolved.clone());
        if !self.resolved.contains(&pair) {
            self.resolved.push(pair);
        }
        Ok(Some(resolved))
    }

    /// A relation compared by text is compared by the name of the other record.
    fn reads_name_of(&mut self, target: &Target) {
        if let (true, Some(relation)) = (target.field.kind.is_relational(), &target.field.relation) {
            self.reads.insert(FieldPath { model: relation.clone(), field: "display_name".to_owned() });
            self.unseen.insert(Unseen::Names(relation.clone()));
        }
    }

    async fn hierarchy(&mut self, value: &Value, target: &Target, at: &str) -> Result<Value, InputError> {
        let model = target.field.relation.as_deref().unwrap_or(&target.model).to_owned();
        if self.source.fields(&model).await?.get("parent_id").is_none() {
            return Err(Problem::new(
                at,
                format!("{model} has no hierarchy that this user can see (no field parent_id)"),
            )
            .into());
        }
        self.reads.insert(FieldPath { model, field: "parent_id".to_owned() });
        match value {
            Value::Array(_) => Ok(list(value, target, at)?),
            Value::Null | Value::Bool(_) => {
                Err(Problem::new(at, "child_of and parent_of want an id, a list of ids or a name").into())
            }
            _ => {
                if value.is_string() {
                    self.reads_name_of(target);
                }
                Ok(single(value, "=", target, at)?)
            }
        }
    }
}

fn known_operator<'a>(operator: &'a Value, at: &str) -> Result<&'a str, Problem> {
    let Value::String(word) = operator else {
        return Err(Problem::new(at, "the second part of a term is an operator"));
    };
    if is_operator(word) {
        return Ok(word);
    }
    let meant = match word.to_lowercase().as_str() {
        "==" => vec!["=".to_owned()],
        "<>" => vec!["!=".to_owned()],
        lower if is_operator(lower) => vec![lower.to_owned()],
        _ => nearest(word, EVERY.iter().flat_map(|group| group.iter().copied())),
    };
    let some = "=, !=, <, <=, >, >=, in, not in, ilike, =like, child_of, any";
    Err(Problem::new(at, format!("“{}” is not an operator; use one of {some}.", clip(word))).with_candidates(meant))
}

/// Whether the operator means something for such a field.
fn fits(operator: &str, target: &Target) -> bool {
    operators(target).iter().any(|group| group.contains(&operator))
}

fn operators(target: &Target) -> &'static [&'static [&'static str]] {
    match target.field.kind {
        FieldType::Properties if target.property.is_none() => &[],
        FieldType::Integer if target.name == "id" => &[&EQUALITY, &COMPARISON, &HIERARCHY],
        FieldType::Integer | FieldType::Float | FieldType::Monetary | FieldType::Date | FieldType::Datetime => {
            &[&EQUALITY, &COMPARISON]
        }
        FieldType::Boolean | FieldType::Many2oneReference => &[&EQUALITY],
        FieldType::Char | FieldType::Text | FieldType::Html | FieldType::Properties => {
            &[&EQUALITY, &COMPARISON, &LIKENESS]
        }
        FieldType::Selection | FieldType::Reference => &[&EQUALITY, &LIKENESS],
        FieldType::Many2one | FieldType::One2many | FieldType::Many2many => {
            &[&EQUALITY, &LIKENESS, &HIERARCHY, &QUANTIFIERS]
        }
        FieldType::Binary | FieldType::Image | FieldType::Json | FieldType::PropertiesDefinition | FieldType::Other => {
            &[&["=", "!="]]
        }
    }
}

fn unfit(operator: &str, target: &Target, at: &str) -> Problem {
    let Target { name, field, .. } = target;
    if operators(target).is_empty() {
        return Problem::new(at, format!("“{name}” holds properties: name one of them, {name}.<key>"));
    }
    let allowed: Vec<&str> = operators(target).iter().flat_map(|group| group.iter().copied()).collect();
    Problem::new(
        at,
        format!(
            "“{operator}” does not fit “{name}”, which is {}; use one of {}",
            article(field.kind),
            allowed.join(", ")
        ),
    )
}

fn likeness(value: &Value, at: &str) -> Result<Value, Problem> {
    match value {
        Value::String(text) if text.is_empty() => {
            Err(Problem::new(at, "an empty text is part of every text: leave the term out if every record is meant"))
        }
        Value::String(text) => Ok(Value::String(plain(text, at)?)),
        _ => Err(Problem::new(at, "this operator compares with a text")),
    }
}

/// `=?` holds for every record when its value is empty; an agent that means that leaves the term out.
fn optional(value: &Value, target: &Target, at: &str) -> Result<Value, Problem> {
    if matches!(value, Value::Null | Value::Bool(false)) {
        return Err(Problem::new(
            at,
            "“=?” with nothing to compare holds for every record: leave the term out if that is meant",
        ));
    }
    single(value, "=", target, at)
}

fn list(value: &Value, target: &Target, at: &str) -> Result<Value, Problem> {
    let Value::Array(items) = value else {
        return Err(Problem::new(at, "this operator wants a list of values"));
    };
    if items.len() > MAX_LIST {
        return Err(Problem::new(at, format!("a list may hold at most {MAX_LIST} values")));
    }
    items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let at = format!("{at}/{index}");
            if target.field.kind.is_relational() && item.is_string() {
                return Err(Problem::new(at, "a list of records holds ids; compare names with ilike"));
            }
            single(item, "in", target, &at)
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

/// One value, as Odoo takes it.
fn single(value: &Value, operator: &str, target: &Target, at: &str) -> Result<Value, Problem> {
    let kind = target.field.kind;
    let no_value = matches!(value, Value::Null) || (matches!(value, Value::Bool(false)) && kind != FieldType::Boolean);
    if no_value && kind != FieldType::Properties {
        return if COMPARISON.contains(&operator) {
            Err(Problem::new(at, format!("“{operator}” wants a value to compare with")))
        } else {
            Ok(Value::Bool(false))
        };
    }
    let refuse = |wants: &str| {
        let what = if value.is_array() { "a list (use “in”)".to_owned() } else { format!("not {}", shown(value)) };
        Err(Problem::new(at, format!("“{}” is {} and compares with {wants}, {what}", target.name, article(kind))))
    };
    match kind {
        FieldType::Boolean => match value {
            Value::Bool(_) => Ok(value.clone()),
            _ => refuse("true or false"),
        },
        FieldType::Integer | FieldType::Many2oneReference => match whole(value) {
            Some(number) => Ok(json!(number)),
            None => refuse("a whole number of at most 32 bits"),
        },
        FieldType::Float | FieldType::Monetary => match value {
            Value::Number(_) => Ok(value.clone()),
            _ => refuse("a number"),
        },
        FieldType::Char | FieldType::Text | FieldType::Html => match value {
            Value::String(text) => Ok(Value::String(plain(text, at)?)),
            _ => refuse("a text"),
        },
        FieldType::Date => match value {
            Value::String(text) => moment::day(text).map(Value::String).map_err(|why| Problem::new(at, why)),
            _ => refuse("a date, YYYY-MM-DD"),
        },
        FieldType::Datetime => match value {
            // Odoo takes a bare day as that day in the user's time zone; a day equals no moment.
            Value::String(text) if COMPARISON.contains(&operator) && moment::day(text).is_ok() => Ok(value.clone()),
            Value::String(text) => moment::second(text).map(Value::String).map_err(|why| Problem::new(at, why)),
            _ => refuse("a moment, YYYY-MM-DD HH:MM:SS in UTC"),
        },
        FieldType::Selection => match value {
            Value::String(key) => selection(key, target, at),
            _ => refuse("one of its values"),
        },
        FieldType::Many2one | FieldType::One2many | FieldType::Many2many => match value {
            Value::String(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                Err(Problem::new(at, format!("write an id without quotes, {text}; compare names with ilike")))
            }
            Value::String(text) if text.is_empty() => refuse("an id, a name or null"),
            Value::String(text) => Ok(Value::String(plain(text, at)?)),
            _ => match record_id(value) {
                Some(id) => Ok(json!(id)),
                None => refuse("an id, a name or null"),
            },
        },
        FieldType::Reference => match value {
            Value::String(text) => Ok(Value::String(plain(text, at)?)),
            _ => refuse("a text, model,id"),
        },
        FieldType::Properties => match value {
            Value::Null => Ok(Value::Bool(false)),
            Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
            Value::String(text) => Ok(Value::String(plain(text, at)?)),
            _ => refuse("a text, a number, true or false"),
        },
        FieldType::Binary | FieldType::Image | FieldType::Json | FieldType::PropertiesDefinition | FieldType::Other => {
            refuse("null only (is it set?)")
        }
    }
}

fn selection(key: &str, target: &Target, at: &str) -> Result<Value, Problem> {
    let options = &target.field.selection;
    if options.is_empty() || options.iter().any(|(value, _)| value == key) {
        return Ok(Value::String(plain(key, at)?));
    }
    let values = options.iter().map(|(value, _)| value.as_str());
    let meant: Vec<String> = match options.iter().find(|(_, label)| label.eq_ignore_ascii_case(key)) {
        Some((value, _)) => vec![value.clone()],
        None => nearest(key, values.clone()),
    };
    let allowed = values.take(30).collect::<Vec<_>>().join(", ");
    Err(Problem::new(at, format!("“{}” is not a value of “{}”; its values are {allowed}", clip(key), target.name))
        .with_candidates(meant))
}

/// An id, bare, as `{"id", "name"}` or `[id, "name"]`, the way Gatehouse hands records out.
fn record_id(value: &Value) -> Option<i64> {
    let id = match value {
        Value::Object(record) if record.keys().all(|key| key == "id" || key == "name") => record.get("id")?,
        Value::Array(pair) if matches!(pair.as_slice(), [_, Value::String(_)]) => pair.first()?,
        other => other,
    };
    whole(id).filter(|id| *id > 0)
}

/// A whole number that fits Odoo's 32 bits; `5.0` is one.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    let Value::Number(number) = value else {
        return None;
    };
    let whole = number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() <= f64::from(i32::MAX))?;
        format!("{float:.0}").parse().ok()
    })?;
    i32::try_from(whole).ok().map(i64::from)
}

fn plain(text: &str, at: &str) -> Result<String, Problem> {
    if text.len() > MAX_TEXT {
        return Err(Problem::new(at, format!("a text to compare with may be at most {MAX_TEXT} bytes long")));
    }
    if text.contains('\0') {
        return Err(Problem::new(at, "a text may not hold a zero character"));
    }
    Ok(text.to_owned())
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("the text “{}”", clip(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => other.to_string(),
    }
}
