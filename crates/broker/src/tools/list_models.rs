//! `odoo_list_models`: models by name or label.

use super::arguments::Arguments;
use super::site::Locale;
use super::{Call, Done, Site, Target, Tool, counted, define, with_common};
use crate::answers::cut;
use async_trait::async_trait;
use gatehouse_core::{CallFacts, Category, EdgeError, Severity, ToolDefinition};
use serde_json::{Value, json};

const NAME: &str = "odoo_list_models";

pub(crate) struct ListModels;

#[async_trait]
impl Tool for ListModels {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "List models",
            Category::Read,
            Severity::Low,
            "Finds models by technical name or label: “invoice” finds account.move. Without a pattern lists all that the \
             user can reach.",
            &with_common(json!({
                "pattern": {"type": "string", "maxLength": 100},
                "limit": {"type": "integer", "minimum": 1, "maximum": 500},
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
                ..CallFacts::local(NAME, self.definition().risk)
            },
            pattern: arguments.text("pattern").map(str::to_owned),
            limit: usize::try_from(arguments.integer("limit").unwrap_or(100)).unwrap_or(100),
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
        let lang = self.locale.lang.as_deref();
        let models =
            session.client.models(self.pattern.as_deref(), lang).await.map_err(|error| site.odoo_error(&error))?;
        let found = models.len();
        let rows = models.into_iter().take(self.limit).map(|model| json!([model.name, model.label])).collect();
        let (rows, _) = cut(rows);
        let shown = rows.len();
        Ok(Done {
            answer: json!({
                "connection": site.connection()?.name,
                "columns": ["model", "label"],
                "models": rows,
                "has_more": shown < found,
            }),
            summary: counted(shown, "model"),
            rows: shown as u64,
            outcome: None, images: Vec::new(),
        })
    }
}
