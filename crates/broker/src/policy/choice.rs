//! An agent's own policy, chosen on the card that admits it.

use super::save::{Origin, looser, waits_on};
use super::{LayerId, PolicyChange};
use crate::desk::Matter;
use crate::state::Broker;
use crate::view::{OwnPolicy, OwnPolicyChoice, PolicyEdit};
use gatehouse_core::{AgentId, Digest, EdgeError, ErrorCode, TicketState};
use gatehouse_policy::Preset;

/// The presets that an admission card offers, strictest first. An agent's layer stands beside the connection's and the
/// strictest answer counts, so that it can only take away. [`Preset::Trusted`] is the loosest that any environment
/// carries, so it would deny nothing and ask about nothing that the connections do not by themselves.
const OFFERED: [Preset; 4] = [Preset::Locked, Preset::ReadOnly, Preset::AskFirst, Preset::AskForRisky];

/// What the person chose for an agent's own policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PolicyChoice {
    pub(crate) policy: OwnPolicy,
    /// The agent's own policy when the card was made, by its hash.
    pub(crate) shown: Option<Digest>,
}

impl Broker {
    /// The agent's own policy by its hash, and what may become of it: to keep it comes first. There is one to leave out, or
    /// to replace by something looser, only where the agent has one already: when it is admitted again.
    pub(crate) fn policy_choices(&self, agent: &AgentId) -> (Option<Digest>, Vec<OwnPolicyChoice>) {
        let in_force = self.in_force();
        let own = in_force.of_agent(agent);
        let has_own = own.is_some();
        let (_, same) = self.policy_of_agent(agent);
        let presets = OFFERED.into_iter().filter(|preset| Some(*preset) != same);
        let others = has_own.then_some(OwnPolicy::Absent).into_iter();
        let choice = |policy| {
            let next = match policy {
                OwnPolicy::Keep => own.clone(),
                OwnPolicy::Absent => None,
                OwnPolicy::Preset { preset } => in_force.preset(preset),
            };
            let loosens = policy != OwnPolicy::Keep && !looser(own.as_deref(), next.as_deref()).is_empty();
            OwnPolicyChoice { policy, loosens }
        };
        let all = std::iter::once(OwnPolicy::Keep)
            .chain(others)
            .chain(presets.map(|preset| OwnPolicy::Preset { preset }))
            .map(choice);
        (own.as_ref().map(|own| own.revision), all.collect())
    }

    /// Puts the choice of an admission card in force, once it is written. The agent need not be admitted yet. Whoever calls
    /// this holds the lock of edits.
    ///
    /// # Errors
    /// [`ErrorCode::Drifted`] where the agent has another policy by now than the card said; what it has stays then.
    pub(crate) async fn choose_policy_while_editing(
        &self,
        agent: &AgentId,
        choice: PolicyChoice,
    ) -> Result<(), EdgeError> {
        let edit = match choice.policy {
            OwnPolicy::Keep => return Ok(()),
            OwnPolicy::Absent => PolicyEdit::Absent,
            OwnPolicy::Preset { preset } => PolicyEdit::Preset { preset },
        };
        let layer = LayerId::Agent(agent.clone());
        let in_force = self.in_force();
        if in_force.of_agent(agent).map(|own| own.revision) != choice.shown {
            return Err(EdgeError::new(
                ErrorCode::Drifted,
                "The agent's own policy has changed since this card was made; nothing was applied, and nobody admitted.",
            ));
        }
        let policy = match edit {
            PolicyEdit::Preset { preset } => in_force.preset(preset),
            _ => None,
        };
        self.void_tickets("a newer edit took its place", |held| waits_on(held, &layer));
        self.apply_while_editing(PolicyChange { layer, edit }, policy, Origin::Card).await
    }

    /// What stands on them about the agent's own policy is no longer so.
    pub(super) fn void_admissions_of(&self, agent: &AgentId) {
        self.void_tickets("the policy of this agent was changed meanwhile. Call again.", |held| {
            let waits = *held.ticket.state() == TicketState::Waiting && held.ticket.agent() == Some(agent);
            waits && matches!(held.matter, Matter::Admission { .. })
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_core::Environment;
    use gatehouse_policy::loosened;

    #[test]
    fn what_is_offered_takes_something_from_the_loosest_connection_that_nobody_set_up() {
        let tools = crate::catalogue();
        let loosest = Preset::of_environment(Environment::Development).policy(&tools);
        for preset in Preset::ALL {
            let takes = !loosened(Some(&preset.policy(&tools)), Some(&loosest)).is_empty();
            assert_eq!(OFFERED.contains(&preset), takes, "{preset:?}");
        }
    }
}
