use super::Unseen;
use super::path::{FieldSource, unknown_field};
use super::problem::{InputError, Problem, clip};
use gatehouse_core::FieldPath;

/// The most fields to sort by.
const MAX_KEYS: usize = 8;

/// How to sort: checked fields of the model itself, each up or down, the id last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    text: String,
    first: (String, Direction),
    reads: Vec<FieldPath>,
    unseen: Vec<Unseen>,
}

/// Which way a field is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The smallest first.
    Up,
    /// The largest first.
    Down,
}

impl Direction {
    /// `asc` or `desc`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "asc",
            Self::Down => "desc",
        }
    }
}

impl Order {
    /// Reads `name desc, id`. Every problem is told at once; the pointer of each is empty, for an order is one text.
    pub async fn parse(text: &str, model: &str, source: &dyn FieldSource) -> Result<Self, InputError> {
        let fields = source.fields(model).await?;
        let mut keys = Vec::new();
        let mut reads = Vec::new();
        let mut unseen = Vec::new();
        let mut problems = Vec::new();
        for part in text.split(',') {
            let words: Vec<&str> = part.split_whitespace().collect();
            let (name, direction) = match words[..] {
                [name] => (name, Direction::Up),
                [name, way] if way.eq_ignore_ascii_case("asc") => (name, Direction::Up),
                [name, way] if way.eq_ignore_ascii_case("desc") => (name, Direction::Down),
                _ => {
                    let part = clip(part.trim());
                    problems
                        .push(Problem::new("", format!("“{part}” is not a field name with an optional asc or desc")));
                    continue;
                }
            };
            let Some(field) = fields.get(name) else {
                problems.push(if name.contains('.') {
                    Problem::new(
                        "",
                        format!("“{}”: Odoo sorts by the model's own fields, not by dotted paths", clip(name)),
                    )
                } else {
                    unknown_field(name, model, &fields, "")
                });
                continue;
            };
            if !field.sortable {
                problems.push(Problem::new("", format!("Odoo cannot sort by “{name}”: it is not stored")));
                continue;
            }
            reads.push(FieldPath { model: model.to_owned(), field: name.to_owned() });
            if let (true, Some(relation)) = (field.kind.is_relational(), &field.relation) {
                // Odoo sorts a relation by what the other model sorts by; its name is the nearest that can be known.
                reads.push(FieldPath { model: relation.clone(), field: "display_name".to_owned() });
                unseen.push(Unseen::Order(relation.clone()));
            }
            keys.push((name.to_owned(), direction));
        }
        if keys.len() > MAX_KEYS {
            problems.push(Problem::new("", format!("at most {MAX_KEYS} fields to sort by")));
        }
        if !problems.is_empty() {
            return Err(InputError::Refused(problems));
        }
        // Records that are equal in all of it stand in one order all the same, page after page.
        if let Some((_, last)) = keys.last()
            && !keys.iter().any(|(name, _)| name == "id")
        {
            reads.push(FieldPath { model: model.to_owned(), field: "id".to_owned() });
            keys.push(("id".to_owned(), *last));
        }
        let text = keys.iter().map(|(name, way)| format!("{name} {}", way.as_str())).collect::<Vec<_>>().join(", ");
        let Some(first) = keys.into_iter().next() else {
            return Err(Problem::new("", "an order names a field").into());
        };
        reads.sort();
        reads.dedup();
        unseen.sort();
        unseen.dedup();
        Ok(Self { text, first, reads, unseen })
    }

    /// By id alone: nothing that comes later can change how records stand to each other.
    pub fn by_id(&self) -> Option<Direction> {
        (self.first.0 == "id").then_some(self.first.1)
    }

    /// As Odoo takes it: `name desc, id desc`. The id is its last key where it was not named.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Every field it looks at; sorted, without repeats.
    pub fn reads(&self) -> &[FieldPath] {
        &self.reads
    }

    /// What Odoo looks at for it without being told: the order of related models; sorted, without repeats.
    pub fn unseen(&self) -> &[Unseen] {
        &self.unseen
    }
}
