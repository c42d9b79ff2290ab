use super::Unseen;
use super::path::{FieldSource, unknown_field};
use super::problem::{InputError, Problem, clip};
use gatehouse_core::FieldPath;

/// The most fields to sort by.
const MAX_KEYS: usize = 8;

/// How to sort: checked fields of the model itself, each up or down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    text: String,
    reads: Vec<FieldPath>,
    unseen: Vec<Unseen>,
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
                [name] => (name, "asc"),
                [name, way] if way.eq_ignore_ascii_case("asc") => (name, "asc"),
                [name, way] if way.eq_ignore_ascii_case("desc") => (name, "desc"),
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
            keys.push(format!("{name} {direction}"));
        }
        if keys.len() > MAX_KEYS {
            problems.push(Problem::new("", format!("at most {MAX_KEYS} fields to sort by")));
        }
        if !problems.is_empty() {
            return Err(InputError::Refused(problems));
        }
        reads.sort();
        reads.dedup();
        unseen.sort();
        unseen.dedup();
        Ok(Self { text: keys.join(", "), reads, unseen })
    }

    /// As Odoo takes it: `name desc, id asc`.
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
