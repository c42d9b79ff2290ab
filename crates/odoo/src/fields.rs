use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The attributes asked of `fields_get`: enough to check values and domains, and a third of what Odoo would send unasked.
/// No version says that a field is computed; `depends` (what it is computed from) is the nearest thing to it.
pub(crate) const ATTRIBUTES: [&str; 19] = [
    "string",
    "type",
    "required",
    "readonly",
    "relation",
    "relation_field",
    "model_field",
    "currency_field",
    "digits",
    "selection",
    "store",
    "searchable",
    "sortable",
    "groupable",
    "aggregator",
    "group_operator",
    "related",
    "depends",
    "help",
];

/// The fields of one model, as one user sees them in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields {
    model: String,
    fields: BTreeMap<String, Field>,
}

impl Fields {
    /// Reads the answer of `fields_get`: an object of field name → attributes. Attributes that are missing count as `false`
    /// (`true` for `store`, `searchable` and `sortable`, which old servers leave out).
    pub fn parse(model: &str, answer: Value) -> Option<Self> {
        let Value::Object(answer) = answer else {
            return None;
        };
        let fields = answer
            .into_iter()
            .map(|(name, attributes)| match attributes {
                Value::Object(attributes) => Some((name, Field::parse(attributes))),
                _ => None,
            })
            .collect::<Option<_>>()?;
        Some(Self { model: model.to_owned(), fields })
    }

    /// The technical name of the model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The field of that technical name.
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Every field with its technical name, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Field)> {
        self.fields.iter().map(|(name, field)| (name.as_str(), field))
    }

    /// Every technical name, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether the user sees no field at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// One field of a model.
#[expect(clippy::struct_excessive_bools, reason = "Odoo's own attributes, each independent of the others")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its label in the user's language.
    pub label: String,
    /// What it holds.
    pub kind: FieldType,
    /// A record cannot be saved without it.
    pub required: bool,
    /// The form does not let people write it. Odoo's API takes a write all the same.
    pub readonly: bool,
    /// It is computed from other fields or shows a field of a related record. Some such fields can be written.
    pub computed: bool,
    /// The model at the other end of a relation.
    pub relation: Option<String>,
    /// Of a one2many: the many2one on the other model that points back.
    pub relation_field: Option<String>,
    /// Of a many2one_reference: the field of this model that names the other model.
    pub model_field: Option<String>,
    /// Of a monetary field: the field of this model that holds its currency.
    pub currency_field: Option<String>,
    /// Of a float: how many digits it keeps after the point; none where Odoo does not say.
    pub decimals: Option<u8>,
    /// Of a selection: value and label, in Odoo's order.
    pub selection: Vec<(String, String)>,
    /// It is kept in the database.
    pub store: bool,
    /// It can stand in a domain.
    pub searchable: bool,
    /// It can stand in an order.
    pub sortable: bool,
    /// Records can be grouped by it.
    pub groupable: bool,
    /// How Odoo sums it up by itself: `sum`, `avg`; none where it does not.
    pub aggregator: Option<String>,
    /// The dotted paths that it is computed from, as far as Odoo says.
    pub depends: Vec<String>,
    /// The dotted path whose value it shows: `partner_id.email`.
    pub related: Option<String>,
    /// Odoo's own explanation of it.
    pub help: Option<String>,
}

impl Field {
    fn parse(mut attributes: Map<String, Value>) -> Self {
        let related = match attributes.remove("related") {
            Some(Value::String(path)) => Some(path),
            // Up to 14 the path comes in pieces.
            Some(Value::Array(path)) if !path.is_empty() => {
                Some(path.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("."))
            }
            _ => None,
        };
        let depends: Vec<String> = match attributes.remove("depends") {
            Some(Value::Array(paths)) => paths.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let store = flag(&attributes, "store", true);
        let kind = text(&mut attributes, "type").map_or(FieldType::Other, |kind| FieldType::parse(&kind));
        Self {
            label: text(&mut attributes, "string").unwrap_or_default(),
            required: flag(&attributes, "required", false),
            readonly: flag(&attributes, "readonly", false),
            computed: !depends.is_empty() || related.is_some() || !store,
            // Up to 16 Odoo does not say; what is kept in the database can be.
            groupable: flag(&attributes, "groupable", store && kind != FieldType::One2many && !kind.is_opaque()),
            aggregator: text(&mut attributes, "aggregator").or_else(|| text(&mut attributes, "group_operator")),
            depends,
            kind,
            relation: text(&mut attributes, "relation"),
            relation_field: text(&mut attributes, "relation_field"),
            model_field: text(&mut attributes, "model_field"),
            currency_field: text(&mut attributes, "currency_field"),
            // [16, 2]; `false` or 0 where nothing is cut.
            decimals: attributes.remove("digits").and_then(|digits| digits.get(1)?.as_u64()?.try_into().ok()),
            selection: selection(attributes.remove("selection")),
            store,
            searchable: flag(&attributes, "searchable", true),
            sortable: flag(&attributes, "sortable", true),
            related,
            help: text(&mut attributes, "help"),
        }
    }
}

fn flag(attributes: &Map<String, Value>, name: &str, missing: bool) -> bool {
    attributes.get(name).map_or(missing, |value| value.as_bool().unwrap_or(!value.is_null()))
}

fn text(attributes: &mut Map<String, Value>, name: &str) -> Option<String> {
    match attributes.remove(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

fn selection(value: Option<Value>) -> Vec<(String, String)> {
    let Some(Value::Array(options)) = value else {
        return Vec::new();
    };
    options
        .into_iter()
        .filter_map(|option| match option {
            Value::Array(pair) => match <[Value; 2]>::try_from(pair) {
                Ok([Value::String(value), Value::String(label)]) => Some((value, label)),
                Ok([Value::String(value), _]) => Some((value.clone(), value)),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// What a field holds, in Odoo's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// `true` or `false`; `false` is a value here and not "empty".
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Float,
    /// A number in the record's currency.
    Monetary,
    /// One line of text.
    Char,
    /// Text of several lines.
    Text,
    /// HTML, cleaned by Odoo.
    Html,
    /// `YYYY-MM-DD`.
    Date,
    /// `YYYY-MM-DD HH:MM:SS`, UTC, without a zone.
    Datetime,
    /// Bytes in base64.
    Binary,
    /// A picture in base64; only old servers tell it apart from `binary`.
    Image,
    /// One of a list of values.
    Selection,
    /// One record of the related model; read as `[id, name]`.
    Many2one,
    /// The records of the related model that point here.
    One2many,
    /// Any records of the related model.
    Many2many,
    /// `model,id`.
    Reference,
    /// The id of a record whose model another field names.
    Many2oneReference,
    /// Values whose definition lies on another record.
    Properties,
    /// The definition of such values.
    PropertiesDefinition,
    /// Any JSON.
    Json,
    /// A type that this version of Gatehouse does not know.
    Other,
}

impl FieldType {
    /// Reads Odoo's word for it.
    pub fn parse(word: &str) -> Self {
        match word {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "float" => Self::Float,
            "monetary" => Self::Monetary,
            "char" => Self::Char,
            "text" => Self::Text,
            "html" => Self::Html,
            "date" => Self::Date,
            "datetime" => Self::Datetime,
            "binary" => Self::Binary,
            "image" => Self::Image,
            "selection" => Self::Selection,
            "many2one" => Self::Many2one,
            "one2many" => Self::One2many,
            "many2many" => Self::Many2many,
            "reference" => Self::Reference,
            "many2one_reference" => Self::Many2oneReference,
            "properties" => Self::Properties,
            "properties_definition" => Self::PropertiesDefinition,
            "json" => Self::Json,
            _ => Self::Other,
        }
    }

    /// Odoo's word for it; `other` for one that is not known here.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Float => "float",
            Self::Monetary => "monetary",
            Self::Char => "char",
            Self::Text => "text",
            Self::Html => "html",
            Self::Date => "date",
            Self::Datetime => "datetime",
            Self::Binary => "binary",
            Self::Image => "image",
            Self::Selection => "selection",
            Self::Many2one => "many2one",
            Self::One2many => "one2many",
            Self::Many2many => "many2many",
            Self::Reference => "reference",
            Self::Many2oneReference => "many2one_reference",
            Self::Properties => "properties",
            Self::PropertiesDefinition => "properties_definition",
            Self::Json => "json",
            Self::Other => "other",
        }
    }

    /// Whether it holds something that is neither compared nor grouped: bytes or JSON.
    pub(crate) const fn is_opaque(self) -> bool {
        matches!(self, Self::Binary | Self::Image | Self::Json | Self::PropertiesDefinition | Self::Other)
    }

    /// Whether it leads to records of the model in [`Field::relation`].
    pub const fn is_relational(self) -> bool {
        matches!(self, Self::Many2one | Self::One2many | Self::Many2many)
    }

    /// Whether it holds any number of records.
    pub const fn is_x2many(self) -> bool {
        matches!(self, Self::One2many | Self::Many2many)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_of_fields_get_is_read_whatever_is_missing_or_false_in_it() {
        let fields = Fields::parse(
            "sale.order",
            json!({
                "state": {"type": "selection", "string": "Status", "selection": [["draft", "Quotation"], ["sale", "Sales Order"]], "readonly": true},
                "partner_id": {"type": "many2one", "string": "Customer", "relation": "res.partner", "required": true, "help": false},
                "country_code": {"type": "char", "store": false, "related": "company_id.country_id.code", "depends": ["company_id"]},
                "old_related": {"type": "char", "related": ["partner_id", "email"]},
                "amount_total": {"type": "monetary", "currency_field": "currency_id", "depends": ["order_line"], "store": true},
                "discount": {"type": "float", "digits": [16, 2]},
                "price_unit": {"type": "float", "digits": false},
                "factor": {"type": "float", "digits": 0},
                "odd": {"type": "hologram"},
            }),
        )
        .unwrap();
        let state = fields.get("state").unwrap();
        assert_eq!(state.selection[1], ("sale".to_owned(), "Sales Order".to_owned()));
        assert!(state.readonly && !state.computed && state.searchable && state.sortable);
        let partner = fields.get("partner_id").unwrap();
        assert_eq!((partner.relation.as_deref(), partner.help.as_deref()), (Some("res.partner"), None));
        assert_eq!(fields.get("country_code").unwrap().related.as_deref(), Some("company_id.country_id.code"));
        assert_eq!(fields.get("old_related").unwrap().related.as_deref(), Some("partner_id.email"));
        assert!(fields.get("amount_total").unwrap().computed);
        let decimals = |name: &str| fields.get(name).unwrap().decimals;
        assert_eq!((decimals("discount"), decimals("price_unit"), decimals("factor")), (Some(2), None, None));
        assert_eq!(fields.get("odd").unwrap().kind, FieldType::Other);
        assert_eq!(fields.names().next(), Some("amount_total"));
    }

    #[test]
    fn what_is_no_table_of_fields_is_not_taken_for_one() {
        assert!(Fields::parse("res.partner", json!([])).is_none());
        assert!(Fields::parse("res.partner", json!({"name": 1})).is_none());
    }

    #[test]
    fn every_type_reads_back_as_its_own_word() {
        for word in ["boolean", "monetary", "many2one_reference", "properties_definition", "json", "datetime"] {
            assert_eq!(FieldType::parse(word).as_str(), word);
        }
    }
}
