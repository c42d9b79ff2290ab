//! Trying a call: described for real, judged, and nothing of it runs. It takes no ticket, costs nothing and is not
//! written down.

use super::InForce;
use crate::state::{Broker, new_bridge_id};
use crate::tools::arguments::Arguments;
use crate::tools::{self, Site, Target};
use crate::view::{DecisionTree, PolicyDraft, Tried, TryCall};
use gatehouse_core::{Agent, CallFacts, Connection, Decision, EdgeError, ErrorCode};
use gatehouse_policy::guard;
use serde_json::{Map, Value};

impl Broker {
    /// Judges a call that never runs, with a draft in place of one layer where one is given. What would be refused
    /// before any policy is asked comes back as the error that it would be refused with.
    pub async fn try_call(&self, call: &TryCall, draft: Option<&PolicyDraft>) -> Result<Tried, EdgeError> {
        let by = match draft {
            Some(draft) => self.drafted(draft)?,
            None => self.in_force().as_ref().clone(),
        };
        let tried = self.try_by(&by, call).await;
        Ok(tried.unwrap_or_else(|error| Tried { tree: None, facts: None, error: Some(error) }))
    }

    async fn try_by(&self, by: &InForce, call: &TryCall) -> Result<Tried, EdgeError> {
        let (tool, definition) = self.0.tools.get(&call.tool).ok_or_else(|| {
            let shown: String = call.tool.chars().take(64).collect();
            EdgeError::new(ErrorCode::UnknownTool, format!("There is no tool “{shown}”."))
        })?;
        if definition.name == tools::APPROVAL_WAIT {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                "approval_wait only waits for an answer: no policy is asked about it.",
            ));
        }
        let given: Value = serde_json::from_str(&call.arguments).map_err(|error| {
            EdgeError::new(ErrorCode::InvalidArguments, format!("The arguments are no JSON: {error}."))
        })?;
        let agent = self
            .registry(|registry| registry.agents.get(&call.agent).cloned())
            .ok_or_else(|| EdgeError::new(ErrorCode::NotAdmitted, "There is no such agent."))?;
        let arguments = Arguments::check(definition, &given)?;
        let connection = self.connection_to_try(&agent, tool.target(), call, &arguments)?;
        self.screen(&agent.id, connection.as_ref(), definition, false)?;
        let opened = self.opened_models(connection.as_ref().map(|connection| &connection.id));
        if let Some(tree) = guarded(&definition.name, definition.risk, &arguments, &opened) {
            return Ok(Tried { tree: Some(tree), facts: None, error: None });
        }
        let site = Site {
            broker: self.clone(),
            agent,
            bridge: new_bridge_id(),
            connection,
            started_app: false,
            is_planned: false,
            by_person: false,
        };
        let described = tool.describe(&site, arguments).await?;
        let decided = self.decide_by(by, &site, described.as_ref(), &given);
        let limits = self.limits().clone();
        let judgement = self.explained(&decided, &site, described.as_ref(), &given, &limits);
        Ok(Tried { tree: Some(judgement.tree), facts: Some(described.facts().clone()), error: None })
    }

    /// The connection that the trial names, if the agent may use it and the arguments name no other.
    fn connection_to_try(
        &self,
        agent: &Agent,
        target: Target,
        call: &TryCall,
        arguments: &Arguments,
    ) -> Result<Option<Connection>, EdgeError> {
        let named = match target {
            Target::None => return Ok(None),
            Target::Connection => arguments.text("connection"),
            Target::Alias => arguments.text("alias"),
        };
        let Some(id) = &call.connection else {
            return Err(EdgeError::new(ErrorCode::ConnectionRequired, "Choose the connection to try it on."));
        };
        let connection = self.connection(id)?;
        if named.is_some_and(|named| !named.eq_ignore_ascii_case(&connection.name)) {
            return Err(EdgeError::new(
                ErrorCode::InvalidArguments,
                format!("The arguments name another connection than “{}”.", connection.name),
            ));
        }
        if !agent.is_granted(id) {
            return Err(EdgeError::new(
                ErrorCode::UnknownConnection,
                format!("{} may not use “{}”.", agent.id, connection.name),
            ));
        }
        Ok(Some(connection))
    }
}

/// A model that is never touched is refused before anything is asked of Odoo about it.
fn guarded(tool: &str, risk: gatehouse_core::Risk, arguments: &Arguments, opened: &[String]) -> Option<DecisionTree> {
    let model = arguments.text("model")?;
    let facts = CallFacts { model: Some(model.to_owned()), ..CallFacts::local(tool, risk) };
    let denial = guard::judge(&facts, &Map::new(), opened)?;
    let decision = Decision::Deny(denial.clone());
    Some(DecisionTree { decision, guard: Some(denial), readings: Vec::new(), standing: None })
}
