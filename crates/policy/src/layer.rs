use crate::Policy;

/// One policy with the name of the layer it stands in. An absent layer is left out of the list; the connection's and the
/// local tools' are never absent where a call has them.
#[derive(Debug, Clone)]
pub struct Layer<'a> {
    /// `local`, `managed`, `user`, `connection:con_…` or `agent:claude-code`; stands before its rules' ids and counters.
    pub name: String,
    /// What it says.
    pub policy: &'a Policy,
}

impl<'a> Layer<'a> {
    /// The name of the layer of the tools that reach no Odoo, see [`crate::local_tools`].
    pub const LOCAL: &'static str = "local";

    /// A layer of that name.
    pub fn new(name: impl Into<String>, policy: &'a Policy) -> Self {
        Self { name: name.into(), policy }
    }
}
