//! The models and their fields, read once from the tables in `schema/`.
//!
//! A table holds what `fields_get` tells, less what is the same for nearly every field. Keys that begin with `_` are for
//! the simulator alone: `_via` (related: the dotted path that the value comes from), `_compute` (never stored, see
//! `compute.rs`), `_default`, `_copy`, `_mirror` (the other side of a many2many), `_ondelete`, `_closed` (the groups that a
//! refused user is told of).

use std::collections::HashMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

const TABLES: &[&str] = &[
    include_str!("schema/res.country.state.json"),
    include_str!("schema/res.country.json"),
    include_str!("schema/res.partner.json"),
    include_str!("schema/res.partner.category.json"),
    include_str!("schema/res.users.json"),
    include_str!("schema/res.users.apikeys.json"),
    include_str!("schema/res.company.json"),
    include_str!("schema/res.currency.json"),
    include_str!("schema/res.lang.json"),
    include_str!("schema/crm.lead.json"),
    include_str!("schema/crm.stage.json"),
    include_str!("schema/crm.team.json"),
    include_str!("schema/crm.tag.json"),
    include_str!("schema/product.template.json"),
    include_str!("schema/product.product.json"),
    include_str!("schema/product.category.json"),
    include_str!("schema/uom.uom.json"),
    include_str!("schema/sale.order.json"),
    include_str!("schema/sale.order.line.json"),
    include_str!("schema/mail.message.json"),
    include_str!("schema/ir.attachment.json"),
    include_str!("schema/ir.actions.report.json"),
    include_str!("schema/mail.followers.json"),
    include_str!("schema/mail.notification.json"),
    include_str!("schema/mail.message.subtype.json"),
    include_str!("schema/mail.activity.type.json"),
    include_str!("schema/mail.activity.json"),
    include_str!("schema/mail.compose.message.json"),
    include_str!("schema/account.account.json"),
    include_str!("schema/account.journal.json"),
    include_str!("schema/account.payment.term.json"),
    include_str!("schema/account.move.json"),
    include_str!("schema/account.move.line.json"),
    include_str!("schema/account.payment.json"),
    include_str!("schema/account.payment.register.json"),
    include_str!("schema/sale.advance.payment.inv.json"),
    include_str!("schema/crm.lost.reason.json"),
    include_str!("schema/crm.lead.lost.json"),
    include_str!("schema/ir.model.json"),
    include_str!("schema/ir.model.fields.json"),
];

/// Every model that this Odoo has.
#[derive(Debug)]
pub(crate) struct Schema {
    models: Vec<Model>,
    by_name: HashMap<String, usize>,
}

/// One model.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its place in the schema and in the database.
    pub(crate) index: usize,
    pub(crate) name: String,
    /// What `ir.model` calls it.
    pub(crate) label: String,
    /// `_order`.
    pub(crate) order: String,
    pub(crate) modules: String,
    /// Has messages.
    pub(crate) thread: bool,
    /// A wizard's: it has no list of its own and is not told among the models.
    pub(crate) transient: bool,
    pub(crate) denied: Denied,
    /// A row of the database has a cell for each.
    pub(crate) fields: Vec<Field>,
    /// The many2ones behind a one2many of some model.
    pub(crate) indexed: Vec<usize>,
    by_name: HashMap<String, usize>,
}

/// Which operations are closed, with the groups that would open them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Denied {
    #[serde(default)]
    pub(crate) user: HashMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) admin: HashMap<String, Vec<String>>,
}

/// One field.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "attributes of a field are independent of each other")]
pub(crate) struct Field {
    /// Its cell in a row.
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) kind: Kind,
    pub(crate) required: bool,
    pub(crate) readonly: bool,
    /// The model that a relation points to.
    pub(crate) relation: Option<String>,
    /// The many2one behind a one2many.
    pub(crate) inverse: Option<String>,
    /// The values of a selection.
    pub(crate) choices: Vec<String>,
    pub(crate) via: Option<Vec<String>>,
    pub(crate) computed: bool,
    pub(crate) default: Option<Value>,
    pub(crate) copied: bool,
    pub(crate) mirror: Option<String>,
    /// The id of a record whose model lies in another field.
    pub(crate) names_model: bool,
    pub(crate) cascade: bool,
    /// The groups that may see the field, where the ordinary user is in none of them.
    pub(crate) closed: Option<String>,
    /// What the table says, for `fields_get`.
    told: Map<String, Value>,
}

/// The type of a field.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Boolean,
    #[serde(alias = "many2one_reference")]
    Integer,
    Float,
    Monetary,
    Char,
    Text,
    Html,
    Date,
    Datetime,
    Selection,
    Binary,
    Many2one,
    One2many,
    Many2many,
}

impl Schema {
    /// The one schema of this process, read at the first use (a few milliseconds).
    pub(crate) fn shared() -> Result<&'static Self, serde_json::Error> {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        if let Some(schema) = SCHEMA.get() {
            return Ok(schema);
        }
        let schema = Self::read()?;
        Ok(SCHEMA.get_or_init(|| schema))
    }

    pub(crate) fn model(&self, name: &str) -> Option<&Model> {
        self.by_name.get(name).map(|index| &self.models[*index])
    }

    pub(crate) fn models(&self) -> &[Model] {
        &self.models
    }

    fn read() -> Result<Self, serde_json::Error> {
        let mut models = Vec::with_capacity(TABLES.len());
        for (index, table) in TABLES.iter().enumerate() {
            models.push(Model::read(index, serde_json::from_str(table)?)?);
        }
        let by_name: HashMap<String, usize> =
            models.iter().map(|model: &Model| (model.name.clone(), model.index)).collect();
        let behind: Vec<(usize, usize)> = models
            .iter()
            .flat_map(|model| &model.fields)
            .filter_map(|field| {
                let target: &Model = &models[*by_name.get(field.relation.as_deref()?)?];
                let inverse = target.field(field.inverse.as_deref()?).filter(|inverse| inverse.is_kept())?;
                Some((target.index, inverse.index))
            })
            .collect();
        for (model, field) in behind {
            if !models[model].indexed.contains(&field) {
                models[model].indexed.push(field);
            }
        }
        Ok(Self { models, by_name })
    }
}

#[derive(Deserialize)]
struct Table {
    model: String,
    label: String,
    order: String,
    modules: String,
    thread: bool,
    #[serde(default)]
    transient: bool,
    denied: Denied,
    fields: Map<String, Value>,
}

impl Model {
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).map(|index| &self.fields[*index])
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    fn read(index: usize, table: Table) -> Result<Self, serde_json::Error> {
        let mut fields = Vec::with_capacity(table.fields.len());
        for (index, (name, told)) in table.fields.into_iter().enumerate() {
            fields.push(Field::read(index, name, serde_json::from_value(told)?)?);
        }
        let by_name = fields.iter().map(|field: &Field| (field.name.clone(), field.index)).collect();
        Ok(Self {
            index,
            name: table.model,
            label: table.label,
            order: table.order,
            modules: table.modules,
            thread: table.thread,
            transient: table.transient,
            denied: table.denied,
            fields,
            indexed: Vec::new(),
            by_name,
        })
    }
}

impl Field {
    pub(crate) fn is_relation(&self) -> bool {
        matches!(self.kind, Kind::Many2one | Kind::One2many | Kind::Many2many)
    }

    pub(crate) fn is_many(&self) -> bool {
        matches!(self.kind, Kind::One2many | Kind::Many2many)
    }

    /// A value of its own lies in the row.
    pub(crate) fn is_kept(&self) -> bool {
        self.via.is_none() && !self.computed && self.kind != Kind::One2many && self.mirror.is_none()
    }

    /// Whether `fields_get` calls it stored.
    pub(crate) fn is_stored(&self) -> bool {
        self.told.get("store").and_then(Value::as_bool).unwrap_or(true)
    }

    /// Whether `fields_get` calls it sortable; it does unless the table says otherwise.
    pub(crate) fn is_sortable(&self) -> bool {
        self.told.get("sortable").and_then(Value::as_bool).unwrap_or(true)
    }

    /// Whether `fields_get` calls it searchable: a field that is not stored may have a search of its own.
    pub(crate) fn is_searchable(&self) -> bool {
        self.told.get("searchable").and_then(Value::as_bool).unwrap_or(true)
    }

    /// Everything `fields_get` tells about the field.
    pub(crate) fn attributes(&self) -> Map<String, Value> {
        let mut all = Map::new();
        all.insert("name".into(), Value::from(self.name.as_str()));
        for name in
            ["change_default", "company_dependent", "default_export_compatible", "manual", "readonly", "required"]
        {
            all.insert(name.into(), Value::from(false));
        }
        for name in ["exportable", "groupable", "searchable", "sortable", "store"] {
            all.insert(name.into(), Value::from(true));
        }
        all.insert("depends".into(), Value::Array(Vec::new()));
        if matches!(self.kind, Kind::Char | Kind::Text | Kind::Html) {
            all.insert("translate".into(), Value::from(false));
        }
        if self.kind == Kind::Char {
            all.insert("trim".into(), Value::from(true));
        }
        if self.is_relation() {
            all.insert("allow_hierachy_operators".into(), Value::from(false));
            all.insert("context".into(), Value::Object(Map::new()));
            all.insert("domain".into(), Value::Array(Vec::new()));
        }
        all.extend(self.told.clone());
        all
    }

    fn read(index: usize, name: String, mut told: Map<String, Value>) -> Result<Self, serde_json::Error> {
        let via: Option<String> = told.remove("_via").map(serde_json::from_value).transpose()?;
        let text = |told: &Map<String, Value>, key: &str| told.get(key).and_then(Value::as_str).map(str::to_owned);
        let truth = |told: &Map<String, Value>, key: &str| told.get(key).and_then(Value::as_bool);
        let choices = told.get("selection").and_then(Value::as_array).map_or_else(Vec::new, |pairs| {
            pairs.iter().filter_map(|pair| pair.get(0)?.as_str().map(str::to_owned)).collect()
        });
        let kind = serde_json::from_value(told.get("type").cloned().unwrap_or_default())?;
        let field = Self {
            index,
            label: text(&told, "string").unwrap_or_default(),
            kind,
            required: truth(&told, "required").unwrap_or(false),
            readonly: truth(&told, "readonly").unwrap_or(false),
            relation: text(&told, "relation"),
            inverse: text(&told, "relation_field").filter(|_| kind == Kind::One2many),
            choices,
            via: via.map(|path| path.split('.').map(str::to_owned).collect()),
            computed: truth(&told, "_compute").unwrap_or(false),
            default: told.remove("_default"),
            copied: truth(&told, "_copy").unwrap_or(true),
            mirror: text(&told, "_mirror"),
            names_model: told.contains_key("model_field"),
            cascade: told.remove("_ondelete").is_some(),
            closed: text(&told, "_closed"),
            name,
            told: told.into_iter().filter(|(key, _)| !key.starts_with('_')).collect(),
        };
        Ok(field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_reads_and_every_relation_leads_to_a_model_that_exists() {
        let schema = Schema::shared().unwrap();
        for model in schema.models() {
            assert!(model.fields.len() <= 128, "{}: a row marks its cells in 128 bits", model.name);
            for field in &model.fields {
                if let Some(relation) = &field.relation {
                    let target = schema.model(relation).unwrap_or_else(|| panic!("{}.{}", model.name, field.name));
                    if let Some(inverse) = &field.inverse {
                        assert!(target.has(inverse), "{}.{}", model.name, field.name);
                    }
                }
                for step in field.via.iter().flatten().take(1) {
                    assert!(model.has(step), "{}.{}", model.name, field.name);
                }
            }
        }
    }
}
