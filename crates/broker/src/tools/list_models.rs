//! `odoo_list_models`: models by name, label, or what people call their records.

mod common;

use super::arguments::Arguments;
use super::site::Locale;
use super::{Call, Done, Site, Target, Tool, counted, define, with_common};
use crate::answers::cut;
use async_trait::async_trait;
use common::{all, common};
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use gatehouse_odoo::{Model, OdooError};
use serde_json::{Value, json};

const NAME: &str = "odoo_list_models";
const DEFAULT_LIMIT: usize = 100;

pub(crate) struct ListModels;

#[async_trait]
impl Tool for ListModels {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "List models",
            Category::Read,
            Severity::Low,
            "Finds models by technical name, label or everyday word: invoice finds account.move. Without a pattern, \
             all that the user can reach.",
            &with_common(json!({
                "pattern": {"type": "string", "maxLength": 100},
                "limit": {"type": "integer", "minimum": 1, "maximum": 500, "description": "Default 100"},
            })),
            &[],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let locale = Locale::of(site, &arguments).await?;
        Ok(Box::new(ListModelsCall {
            facts: CallFacts {
                model: Some("ir.model".into()),
                method: Some("get_available_models".into()),
                ..CallFacts::local(NAME, site.risk(NAME))
            },
            pattern: arguments.text("pattern").map(|pattern| pattern.trim().to_lowercase()),
            limit: arguments.integer("limit").and_then(|limit| usize::try_from(limit).ok()).unwrap_or(DEFAULT_LIMIT),
            locale,
        }))
    }
}

struct ListModelsCall {
    facts: CallFacts,
    pattern: Option<String>,
    limit: usize,
    locale: Locale,
}

#[async_trait]
impl Call for ListModelsCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        json!({"pattern": self.pattern, "limit": self.limit, "lang": self.locale.lang})
    }

    async fn run(&self, site: &Site) -> Result<Done, EdgeError> {
        let session = site.session().await?;
        let (known, is_whole) = match session.client.models(None, self.locale.lang.as_deref()).await {
            Ok(models) => (models, true),
            // Before 16 only users who may read `ir.model` are told.
            Err(OdooError::AccessDenied { .. }) => {
                let model = |common: &common::Common| Model { name: common.name.into(), label: common.label.into() };
                (all().iter().map(model).collect(), false)
            }
            Err(error) => return Err(site.odoo_error(&error)),
        };
        let mut found: Vec<&Model> = known.iter().filter(|model| self.fits(model)).collect();
        // A stable sort: by name within.
        found.sort_by_key(|model| common(&model.name).is_none());
        let rows =
            found.iter().take(self.limit).map(|model| json!(format!("{} {}", model.name, model.label))).collect();
        let (rows, _) = cut(rows);
        let shown = rows.len();
        let mut answer = json!({"connection": site.connection()?.name, "models": rows});
        if shown < found.len() {
            answer["has_more"] = json!(true);
        }
        if !is_whole {
            answer["note"] = json!(
                "This user may not read Odoo's list of models: these are common ones, which need not be installed. \
                 odoo_fields_get tells whether a model is there; any other model can be named, too."
            );
        } else if shown == 0 {
            answer["next"] = json!("No model fits: try another word, or the technical name in odoo_fields_get.");
        }
        Ok(Done { answer, summary: counted(shown, "model"), rows: shown as u64, outcome: None, images: Vec::new() })
    }
}

impl ListModelsCall {
    /// Whether each word of the pattern is in the name, the label, or what people call the model's records.
    fn fits(&self, model: &Model) -> bool {
        let label = model.label.to_lowercase();
        let known = common(&model.name);
        let holds = |word: &str| {
            model.name.contains(word) || label.contains(word) || known.is_some_and(|known| known.is_called(word))
        };
        self.pattern.iter().flat_map(|pattern| pattern.split_whitespace()).all(holds)
    }
}
