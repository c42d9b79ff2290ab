//! `odoo_plan`: several calls as one job, decided once. Its steps are calls of the other tools; each is described, judged
//! and shown like a call of its own.

mod pending;
mod references;
mod uses;

use super::arguments::Arguments;
use super::{Call, Done, Preview, Site, Target, Tool, Tools, define, with_common};
use crate::preview::StepPreview;
use crate::view::StepCard;
use async_trait::async_trait;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};
use gatehouse_core::{
    CallFacts, Category, EdgeError, ErrorCode, FieldPath, Nested, Risk, Severity, ToolDefinition, Undo,
};
use gatehouse_policy::guard;
use pending::{MOST_STEPS, mapped, stand_in};
pub(crate) use pending::{made_of, step_of};
use references::fill;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const NAME: &str = "odoo_plan";
/// Steps that are previewed at the same time.
const AT_ONCE: usize = 4;
/// Given once for the whole plan.
const COMMON: [&str; 4] = ["connection", "lang", "timezone", "companies"];

pub(crate) struct Plan;

#[async_trait]
impl Tool for Plan {
    fn definition(&self) -> ToolDefinition {
        define(
            NAME,
            "Do a job in steps",
            Category::Execute,
            Severity::High,
            "Runs up to 20 calls of other odoo_ tools in order as one job, decided once. {\"step\": 1} stands for the \
             id that step 1 makes (a create, an upload, the record an action opens); in ids, for all of them. Stops \
             at the first failure, says what was done and how to take it back. For changes that belong together, and \
             wizards: create one, then odoo_execute its method.",
            &with_common(json!({
                "steps": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_STEPS,
                    "items": {
                        "type": "object",
                        "properties": {"tool": {"type": "string"}, "arguments": {"type": "object"}},
                        "required": ["tool", "arguments"],
                        "additionalProperties": false,
                    },
                },
                "why": {"type": "string", "maxLength": 500, "description": "Shown to the user"},
            })),
            &["steps"],
        )
    }

    fn target(&self) -> Target {
        Target::Connection
    }

    async fn describe(&self, site: &Site, arguments: Arguments) -> Result<Box<dyn Call>, EdgeError> {
        let mut common = Map::new();
        for name in COMMON {
            if let Some(value) = arguments.get(name) {
                common.insert(name.to_owned(), value.clone());
            }
        }
        let site = Site { is_planned: true, ..site.clone() };
        let mut steps: Vec<Step> = Vec::new();
        for (index, given) in arguments.get("steps").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let number = index + 1;
            let step = Step::describe(&site, number, given, &common, &steps).await;
            steps.push(step.map_err(|error| in_step(number, error))?);
        }
        let facts = facts_of(&steps, site.risk(NAME));
        Ok(Box::new(PlanCall { facts, steps, why: arguments.text("why").map(str::to_owned) }))
    }
}

/// A plan whose every step is described.
pub(crate) struct PlanCall {
    facts: CallFacts,
    steps: Vec<Step>,
    why: Option<String>,
}

/// One step of a plan.
pub(crate) struct Step {
    /// From 1.
    pub(crate) number: usize,
    /// The tool's arguments as they were given, with what the whole plan names.
    given: Map<String, Value>,
    /// The same, with ids that stand for the records of earlier steps.
    pub(crate) arguments: Value,
    /// As described before anything ran.
    pub(crate) call: Box<dyn Call>,
}

impl PlanCall {
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Asks the same of every step, of a few at a time: what each gives, in the order of the steps. Of several errors the
    /// first step's is told.
    async fn of_each_step<'a, T: Send + 'a>(
        &'a self,
        ask: impl Fn(&'a Step) -> BoxFuture<'a, Result<T, EdgeError>>,
    ) -> Result<Vec<T>, EdgeError> {
        let asked: Vec<BoxFuture<'a, Result<T, EdgeError>>> = self
            .steps
            .iter()
            .map(|step| {
                let asked = ask(step);
                async move { asked.await.map_err(|error| in_step(step.number, error)) }.boxed()
            })
            .collect();
        stream::iter(asked).buffered(AT_ONCE).try_collect().await
    }

    /// The plan as calls of each model that it changes: what a policy says of plans holds for each of them.
    pub(crate) fn by_model(&self) -> Vec<CallFacts> {
        let changing = self.steps.iter().map(|step| step.call.facts()).filter(|facts| facts.changes_odoo());
        let models: BTreeSet<&str> = changing.filter_map(|facts| facts.model.as_deref()).collect();
        let others = models.into_iter().filter(|model| self.facts.model.as_deref() != Some(*model));
        others.map(|model| CallFacts { model: Some(model.to_owned()), ..self.facts.clone() }).collect()
    }
}

impl Step {
    async fn describe(
        site: &Site,
        number: usize,
        given: &Value,
        common: &Map<String, Value>,
        earlier: &[Self],
    ) -> Result<Self, EdgeError> {
        let name = given["tool"].as_str().unwrap_or_default();
        let (tool, definition) = tool_of(&site.broker.0.tools, name)?;
        let mut given = given["arguments"].as_object().cloned().unwrap_or_default();
        if let Some(name) = COMMON.iter().find(|name| given.contains_key(**name)) {
            return Err(invalid(format!("arguments/{name}: give it once, beside steps: it holds for the whole plan")));
        }
        given.extend(common.clone());
        let makes = |step: usize| {
            let maker = earlier.get(step.checked_sub(1)?)?;
            Some((0..maker.call.makes()).map(|place| stand_in(step, place)).collect())
        };
        let arguments = Value::Object(fill(&given, &makes)?);
        let checked = Arguments::check(definition, &arguments)?;
        site.broker.screen(&site.agent.id, site.connection.as_ref(), definition, true)?;
        // A model that is never touched is refused before anything is asked of Odoo about it.
        if let Some(model) = checked.text("model") {
            let facts = CallFacts { model: Some(model.to_owned()), ..CallFacts::local(name, definition.risk) };
            let opened = site.broker.opened_models(site.connection.as_ref().map(|connection| &connection.id));
            if let Some(denial) = guard::judge(&facts, &Map::new(), &opened) {
                return Err(crate::dispatch::refused(&denial));
            }
        }
        let call = tool.describe(site, checked).await?;
        Ok(Self { number, given, arguments, call })
    }

    /// The step described once more with the records that earlier steps have made, by step. Refused where it would not be
    /// what was decided.
    pub(crate) async fn described_with(
        &self,
        site: &Site,
        made: &BTreeMap<usize, Vec<i64>>,
    ) -> Result<(Box<dyn Call>, Value), EdgeError> {
        let (tool, definition) = tool_of(&site.broker.0.tools, &self.call.facts().tool)?;
        let arguments = Value::Object(fill(&self.given, &|step| made.get(&step).cloned())?);
        let call = tool.describe(site, Arguments::check(definition, &arguments)?).await?;
        let is_same = mapped(&json!(self.call.facts()), made) == json!(call.facts())
            && mapped(&self.call.resolved(), made) == call.resolved();
        if is_same {
            return Ok((call, arguments));
        }
        Err(EdgeError::new(
            ErrorCode::Drifted,
            "It would no longer be what was decided: names or fields have changed in Odoo since.",
        ))
    }
}

#[async_trait]
impl Call for PlanCall {
    fn facts(&self) -> &CallFacts {
        &self.facts
    }

    fn resolved(&self) -> Value {
        let one = |step: &Step| json!({"tool": step.call.facts().tool, "resolved": step.call.resolved()});
        let context = self.steps.iter().find_map(|step| step.call.resolved().get("context").cloned());
        json!({"steps": self.steps.iter().map(one).collect::<Vec<_>>(), "context": context})
    }

    async fn preview(&self, site: &Site) -> Result<Preview, EdgeError> {
        let site = Site { is_planned: true, ..site.clone() };
        let mut whole = Preview::default();
        let mut observed = Vec::with_capacity(self.steps.len());
        if let Some(why) = &self.why {
            whole.touches.push(format!("The agent says why: {why}"));
        }
        let previews = self.of_each_step(|step| step.call.preview(&site)).await?;
        for (step, preview) in self.steps.iter().zip(previews) {
            let facts = step.call.facts();
            if facts.changes_odoo() {
                let touched = preview.total.or(facts.records).unwrap_or(0);
                whole.total = whole.total.unwrap_or(0).checked_add(touched);
            }
            observed.push(preview.observed);
            let card = StepCard {
                number: u32::try_from(step.number).unwrap_or(u32::MAX),
                tool: facts.tool.clone(),
                category: facts.risk.category,
                sentence: if preview.sentence.is_empty() { facts.tool.clone() } else { preview.sentence },
                model: preview.model,
                records: Vec::new(),
                touches: preview.touches,
                effects: facts.effects.clone(),
                uses: uses::uses(&step.given, &preview.entries),
            };
            whole.steps.push(StepPreview { card, entries: preview.entries });
        }
        if self.steps.iter().any(|step| step.call.facts().changes_odoo()) {
            whole.touches.push("What Odoo changes besides is not predicted for the steps of a plan.".into());
        }
        let count = self.steps.len();
        let steps = if count == 1 { "1 step".to_owned() } else { format!("{count} steps") };
        whole.sentence = format!("Do a job of {steps} in {}", site.connection()?.name);
        whole.model.clone_from(&self.facts.model);
        whole.observed = Value::Array(observed);
        Ok(whole)
    }

    async fn observe(&self, site: &Site) -> Result<Value, EdgeError> {
        let site = Site { is_planned: true, ..site.clone() };
        self.of_each_step(|step| step.call.observe(&site)).await.map(Value::Array)
    }

    async fn run(&self, _: &Site) -> Result<Done, EdgeError> {
        Err(EdgeError::new(ErrorCode::Internal, "A plan runs step by step."))
    }

    fn undo(&self, _: &Value, _: &Done) -> Undo {
        Undo::none("Each step of a plan has a way back of its own.")
    }

    fn plan(&self) -> Option<&PlanCall> {
        Some(self)
    }
}

/// The same error, with the step that it is about.
pub(crate) fn in_step(number: usize, error: EdgeError) -> EdgeError {
    EdgeError { message: format!("step {number}: {}", error.message), ..error }
}

fn tool_of<'a>(tools: &'a Tools, name: &str) -> Result<(&'a dyn Tool, &'a ToolDefinition), EdgeError> {
    let found = tools.get(name).filter(|(tool, definition)| {
        definition.name.starts_with("odoo_")
            && definition.name != NAME
            && definition.name != super::CONNECT
            && tool.target() == Target::Connection
    });
    found.ok_or_else(|| {
        let shown: String = name.chars().take(64).collect();
        invalid(format!("tool: “{shown}” cannot be a step; use odoo_create, odoo_write, odoo_execute and their like"))
    })
}

fn invalid(message: String) -> EdgeError {
    EdgeError::new(ErrorCode::InvalidArguments, message)
}

/// What a plan is: its strictest step. Its records are those that it changes. The model is that of the first step that changes something; what steps do on other
/// models stands among the nested writes.
fn facts_of(steps: &[Step], definition: Risk) -> CallFacts {
    let each = || steps.iter().map(|step| step.call.facts());
    let changing = || each().filter(|facts| facts.changes_odoo());
    let model = changing().chain(each()).find_map(|facts| facts.model.clone());
    let mut whole = CallFacts::local(NAME, definition);
    for facts in each() {
        if facts.risk.category == Category::Destructive {
            whole.risk.category = Category::Destructive;
        }
        whole.risk.severity = whole.risk.severity.max(facts.risk.severity);
        whole.reads = whole.reads.zip(facts.reads.clone()).map(|(mut all, more): (Vec<FieldPath>, _)| {
            all.extend(more);
            all.sort();
            all.dedup();
            all
        });
        whole.effects.extend(&facts.effects);
        whole.sensitive |= facts.sensitive;
    }
    for facts in changing() {
        whole.records = whole.records.zip(facts.records).and_then(|(sum, more)| sum.checked_add(more));
        if facts.model == model {
            whole.fields.extend(facts.fields.iter().cloned());
        } else if let Some(model) = facts.model.clone() {
            let command = match facts.method.as_deref() {
                Some("create") => "create",
                Some("unlink") => "delete",
                _ => "update",
            };
            whole.commands.push(Nested { model, command: command.to_owned(), fields: facts.fields.clone() });
        }
        whole.commands.extend(facts.commands.iter().cloned());
    }
    whole.model = model;
    whole.fields.sort();
    whole.fields.dedup();
    whole.effects.sort_unstable();
    whole.effects.dedup();
    whole
}
