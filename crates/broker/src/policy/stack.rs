//! Judging a call by the layers in force, and saying why.

use super::{InForce, LayerId};
use crate::policy::layers::PolicyText;
use crate::state::Broker;
use crate::tools::{self, Call, Site};
use crate::view::DecisionTree;
use gatehouse_core::{
    Agent, AgentId, CallFacts, Connection, ConnectionStatus, Decision, Digest, FieldPath, Hasher, Timestamp,
};
use gatehouse_policy::{
    Call as Subject, ConnectionFacts, Explanation, Layer, Limits, Verdict, evaluate, explain, guard, is_hidden,
    is_redacted,
};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// The layers that one call goes through, in order.
pub(crate) struct Stack {
    layers: Vec<(String, Arc<PolicyText>)>,
    /// Models that the guard closes and a person opened for the call's connection.
    opened: Vec<String>,
}

/// What is decided about a call.
pub(crate) struct Decided {
    pub(crate) verdict: Verdict<'static>,
    /// The bounds of the standing approval that answered the question.
    pub(crate) standing: Option<String>,
    stack: Stack,
}

/// How a call was judged, for the journal.
#[derive(Debug, Clone)]
pub(crate) struct Judgement {
    /// The hash over all policies that judged it.
    pub(crate) policy: Digest,
    /// The hash of each, by its layer.
    pub(crate) policies: Vec<(String, Digest)>,
    pub(crate) tree: DecisionTree,
}

impl InForce {
    /// The layers for a call; the strictest answer wins. Calls without a connection skip the connection's layer.
    pub(crate) fn stack(&self, agent: &AgentId, connection: Option<&Connection>) -> Stack {
        let of_connection = connection.map(|connection| (connection, self.of_connection(connection)));
        self.stack_of(
            agent,
            of_connection.and_then(|(connection, policy)| {
                policy.map(|policy| (LayerId::Connection(connection.id.clone()).to_string(), policy))
            }),
        )
    }

    /// The same with the connection's layer as it is given.
    pub(crate) fn stack_of(&self, agent: &AgentId, connection: Option<(String, Arc<PolicyText>)>) -> Stack {
        let mut layers = Vec::with_capacity(5);
        layers.extend(self.managed.policy.clone().map(|policy| (LayerId::Managed.to_string(), policy)));
        layers.extend(self.of_user().map(|policy| (LayerId::User.to_string(), policy)));
        layers.push((Layer::LOCAL.to_owned(), self.local.clone()));
        layers.extend(connection);
        layers.extend(self.of_agent(agent).map(|policy| (LayerId::Agent(agent.clone()).to_string(), policy)));
        Stack { layers, opened: Vec::new() }
    }

    /// Whether a tool is gone from the list, and refused when called.
    pub(crate) fn hides(&self, agent: &AgentId, connection: Option<&Connection>, tool: &str) -> bool {
        is_hidden(&self.stack(agent, connection).layers(), tool)
    }
}

impl Stack {
    /// As the engine takes them.
    pub(crate) fn layers(&self) -> Vec<Layer<'_>> {
        self.layers.iter().map(|(name, policy)| Layer::new(name.as_str(), &policy.policy)).collect()
    }

    /// The hash over all of them.
    pub(crate) fn revision(&self) -> Digest {
        let all = self.layers.iter().fold(Hasher::new("policy layers"), |hasher, (name, policy)| {
            hasher.part(name.as_bytes()).part(policy.revision.as_bytes())
        });
        all.finish()
    }

    /// What guard and layers say to a call. Limits are asked for, not yet taken.
    pub(crate) fn judge(&self, call: &Subject<'_>) -> Verdict<'static> {
        judge(&self.layers(), call, &self.opened)
    }

    /// Why. The decision holds limits, too: a full one is a denial here.
    pub(crate) fn explain(&self, call: &Subject<'_>, limits: &Limits, now: Timestamp) -> DecisionTree {
        let guard = guard_of(call, &self.opened);
        if let Some(denial) = guard {
            let decision = Decision::Deny(denial.clone());
            return DecisionTree { decision, guard: Some(denial), readings: Vec::new(), standing: None };
        }
        let layers = self.layers();
        let own = explain(&layers, call, limits, now);
        let as_deletions = removals(call).into_iter().map(|(facts, arguments)| {
            explain(&layers, &Subject { facts: &facts, arguments: &arguments, ..*call }, limits, now)
        });
        let readings: Vec<Explanation> = std::iter::once(own).chain(as_deletions).collect();
        let verdict = self.judge(call);
        let decision = match (verdict.decision, limits.peek(&verdict.charges, now)) {
            (denied @ Decision::Deny(_), _) | (denied, Ok(())) => denied,
            (_, Err(full)) => Decision::Deny(full.denial()),
        };
        DecisionTree { decision, guard: None, readings, standing: None }
    }
}

/// What guard and layers say to a call.
pub(crate) fn judge(layers: &[Layer<'_>], call: &Subject<'_>, opened: &[String]) -> Verdict<'static> {
    if let Some(denial) = guard_of(call, opened) {
        return Verdict::deny(denial);
    }
    let mut verdict = evaluate(layers, call).into_owned();
    // What deletes lines inside a write is judged as deleting them, too: no rule about a tool can be walked around.
    for (facts, arguments) in removals(call) {
        let as_deletion = evaluate(layers, &Subject { facts: &facts, arguments: &arguments, ..*call }).into_owned();
        verdict.decision = verdict.decision.strictest(as_deletion.decision);
        verdict.charges.extend(as_deletion.charges);
        verdict.timeout = [verdict.timeout, as_deletion.timeout].into_iter().flatten().min();
    }
    verdict
}

/// A call inside a call.
struct Part<'a> {
    facts: CallFacts,
    arguments: &'a Value,
    /// It takes from limits itself.
    is_charged: bool,
}

/// The calls that a plan is made of: each step as a call of its own tool, and the plan as a call on each model. The strictest
/// answer counts, so no rule about a tool or a model can be walked around by a plan.
fn parts<'a>(call: &'a dyn Call, arguments: &'a Value) -> Vec<Part<'a>> {
    let Some(plan) = call.plan() else { return Vec::new() };
    let steps = plan.steps().iter().map(|step| Part {
        facts: step.call.facts().clone(),
        arguments: &step.arguments,
        is_charged: true,
    });
    let models = plan.by_model().into_iter().map(|facts| Part { facts, arguments, is_charged: false });
    steps.chain(models).collect()
}

/// The context of a call is ours alone: no argument of any tool reaches it but language, zone and companies.
fn guard_of(call: &Subject<'_>, opened: &[String]) -> Option<gatehouse_core::Denial> {
    guard::judge(call.facts, &Map::new(), opened)
}

/// The deletions that a call does by nested commands, each as a call of its own.
fn removals(call: &Subject<'_>) -> Vec<(CallFacts, Value)> {
    let models = tools::removed_models(call.facts);
    let as_deletion = |model: String| {
        let arguments = json!({"model": model});
        (CallFacts { tool: tools::UNLINK.into(), model: Some(model), ..call.facts.clone() }, arguments)
    };
    models.into_iter().map(as_deletion).collect()
}

/// What policies may ask about a connection.
pub(crate) fn facts_of(connection: &Connection) -> ConnectionFacts {
    let version = match &connection.status {
        ConnectionStatus::Ok { version, .. } => Some(version.clone()),
        _ => None,
    };
    ConnectionFacts {
        name: connection.name.clone(),
        environment: connection.environment,
        host: connection.host().to_owned(),
        database: connection.database.clone(),
        login: connection.login.clone(),
        version,
    }
}

impl Broker {
    /// Step 5: What guard and policy say: the strictest answer of all layers.
    pub(crate) fn decide(&self, site: &Site, call: &dyn Call, arguments: &Value) -> Decided {
        self.decide_by(&self.in_force(), site, call, arguments)
    }

    /// The same by other policies.
    pub(crate) fn decide_by(&self, by: &InForce, site: &Site, call: &dyn Call, arguments: &Value) -> Decided {
        let about = self.about(site);
        let mut stack = by.stack(&site.agent.id, about.as_ref().map(|(connection, _)| connection));
        stack.opened = self.opened_models(site.connection.as_ref().map(|connection| &connection.id));
        let facts = about.as_ref().map(|(_, facts)| facts);
        let subject = Subject { facts: call.facts(), arguments, connection: facts, agent: &site.agent.id };
        let mut verdict = stack.judge(&subject);
        for part in parts(call, arguments) {
            let judged = stack.judge(&Subject { facts: &part.facts, arguments: part.arguments, ..subject });
            verdict.decision = verdict.decision.strictest(judged.decision);
            verdict.timeout = [verdict.timeout, judged.timeout].into_iter().flatten().min();
            if part.is_charged {
                verdict.charges.extend(judged.charges);
            }
        }
        let standing = match verdict.decision {
            Decision::Ask(_) => self.standing_for(site, call),
            _ => None,
        };
        if standing.is_some() {
            verdict.decision = Decision::Allow;
        }
        Decided { verdict, standing, stack }
    }

    /// Whether policy keeps a field from an agent on a connection.
    pub(crate) fn is_redacted(&self, connection: Option<&Connection>, agent: &Agent, field: &FieldPath) -> bool {
        is_redacted(&self.in_force().stack(&agent.id, connection).layers(), field)
    }

    /// Whether policy keeps any field at all from an agent on a connection.
    pub(crate) fn redacts(&self, connection: Option<&Connection>, agent: &Agent) -> bool {
        self.in_force().stack(&agent.id, connection).layers.iter().any(|(_, policy)| policy.redacts)
    }

    /// Why a call is decided so, with the limits as they are before it takes anything.
    pub(crate) fn explained(
        &self,
        decided: &Decided,
        site: &Site,
        call: &dyn Call,
        arguments: &Value,
        limits: &Limits,
    ) -> Judgement {
        let about = self.about(site);
        let facts = about.as_ref().map(|(_, facts)| facts);
        let subject = Subject { facts: call.facts(), arguments, connection: facts, agent: &site.agent.id };
        let now = self.now();
        let mut tree = decided.stack.explain(&subject, limits, now);
        for part in parts(call, arguments) {
            let part = Subject { facts: &part.facts, arguments: part.arguments, ..subject };
            let DecisionTree { decision, guard, readings, .. } = decided.stack.explain(&part, limits, now);
            tree.decision = tree.decision.strictest(decision);
            tree.guard = tree.guard.or(guard);
            tree.readings.extend(readings);
        }
        // Limits that each part alone would keep may be full for all of them together.
        if !matches!(tree.decision, Decision::Deny(_))
            && let Err(full) = limits.peek(&decided.verdict.charges, now)
        {
            tree.decision = Decision::Deny(full.denial());
        }
        tree.standing.clone_from(&decided.standing);
        if tree.standing.is_some() && matches!(tree.decision, Decision::Ask(_)) {
            tree.decision = Decision::Allow;
        }
        let policies = decided.stack.layers.iter().map(|(name, policy)| (name.clone(), policy.revision)).collect();
        Judgement { policy: decided.stack.revision(), policies, tree }
    }

    /// The connection of a call as it is now, with what was last known of its server.
    pub(crate) fn about(&self, site: &Site) -> Option<(Connection, ConnectionFacts)> {
        let given = site.connection.as_ref()?;
        let known = self.registry(|registry| registry.connections.get(&given.id).map(|known| known.status.clone()));
        let connection = Connection { status: known.unwrap_or_else(|| given.status.clone()), ..given.clone() };
        let facts = facts_of(&connection);
        Some((connection, facts))
    }
}
