//! What a text comes to while it is edited. Nothing is saved here.

use super::LayerId;
use super::layers::{LONGEST, PolicyText, Unreadable};
use super::save::looser;
use crate::state::Broker;
use crate::view::{PolicyCheck, PolicyEdit, PolicyImport};
use gatehouse_core::{EdgeError, ErrorCode};
use gatehouse_policy::{Managed, Policy, PolicyOutline, import, schema};

impl Broker {
    /// Tells what an edit of a layer comes to: its errors, and where it may loosen.
    pub fn check_policy(&self, layer: &str, edit: &PolicyEdit) -> Result<PolicyCheck, EdgeError> {
        let layer = LayerId::parse(layer)?;
        if let (LayerId::Managed, PolicyEdit::Custom { text }) = (&layer, edit) {
            return self.check_managed(text);
        }
        let given = match edit {
            PolicyEdit::Custom { text } => text.clone(),
            _ => String::new(),
        };
        let policy = match self.policy_of(&layer, edit) {
            Ok(policy) => policy,
            Err(Unreadable::Edge(error)) => return Err(error),
            Err(Unreadable::Problems(problems)) => {
                return Ok(PolicyCheck {
                    text: given,
                    canonical: None,
                    outline: None,
                    problems,
                    warnings: Vec::new(),
                    loosened: Vec::new(),
                });
            }
        };
        let before = self.policy_in(&layer)?;
        let outline = policy.as_ref().map(|policy| policy.policy.outline());
        let text = policy.as_ref().map_or(given, |policy: &std::sync::Arc<PolicyText>| policy.text.clone());
        Ok(PolicyCheck {
            canonical: outline.as_ref().map(PolicyOutline::print),
            outline,
            problems: Vec::new(),
            warnings: Policy::warnings(&text, &self.0.tools.definitions),
            loosened: looser(before.as_deref(), policy.as_deref()),
            text,
        })
    }

    /// The administrator's text, which may pin, too.
    fn check_managed(&self, text: &str) -> Result<PolicyCheck, EdgeError> {
        if text.len() > LONGEST {
            return Err(EdgeError::new(ErrorCode::TooMuch, "A policy may be 1 MiB long at most."));
        }
        let tools = &self.0.tools.definitions;
        let (outline, problems) = match Managed::parse(text, tools) {
            Ok(managed) => {
                (Some(PolicyOutline { pins: managed.pins.outline(), ..managed.policy.outline() }), Vec::new())
            }
            Err(problems) => (None, problems),
        };
        Ok(PolicyCheck {
            text: text.to_owned(),
            canonical: outline.as_ref().map(PolicyOutline::print),
            warnings: if outline.is_some() { Policy::warnings(text, tools) } else { Vec::new() },
            outline,
            problems,
            loosened: Vec::new(),
        })
    }

    /// Prints an outline, and tells what the text comes to.
    pub fn print_policy(&self, layer: &str, outline: &PolicyOutline) -> Result<PolicyCheck, EdgeError> {
        self.check_policy(layer, &PolicyEdit::Custom { text: outline.print() })
    }

    /// Reads a policy from elsewhere, and tells every point where the two meanings differ.
    pub fn import_policy(&self, text: &str) -> Result<PolicyImport, EdgeError> {
        if text.len() > LONGEST {
            return Err(EdgeError::new(ErrorCode::TooMuch, "A policy may be 1 MiB long at most."));
        }
        Ok(match import(text, &self.0.tools.definitions) {
            Ok(imported) => PolicyImport { imported: Some(imported), problems: Vec::new() },
            Err(problems) => PolicyImport { imported: None, problems },
        })
    }

    /// The JSON Schema of policies, as text.
    pub fn policy_schema(&self) -> String {
        let schema = schema(&self.0.tools.definitions);
        serde_json::to_string_pretty(&schema).unwrap_or_default()
    }
}
