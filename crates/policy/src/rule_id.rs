use crate::problem::token;
use std::borrow::Cow;
use std::fmt;

/// A rule's id, written out only when somebody asks: `user:/tools/odoo_write/deny_if/0`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleId<'a> {
    layer: Cow<'a, str>,
    /// None for `all_tools`.
    tool: Option<Cow<'a, str>>,
    kind: &'static str,
    index: usize,
}

impl<'a> RuleId<'a> {
    /// A rule of a tool.
    pub const fn of_tool(layer: &'a str, tool: &'a str, kind: &'static str, index: usize) -> Self {
        Self { layer: Cow::Borrowed(layer), tool: Some(Cow::Borrowed(tool)), kind, index }
    }

    /// A limit of all tools.
    pub const fn of_all_tools(layer: &'a str, index: usize) -> Self {
        Self { layer: Cow::Borrowed(layer), tool: None, kind: "limits", index }
    }

    /// The same, on its own.
    pub fn into_owned(self) -> RuleId<'static> {
        RuleId {
            layer: Cow::Owned(self.layer.into_owned()),
            tool: self.tool.map(|tool| Cow::Owned(tool.into_owned())),
            kind: self.kind,
            index: self.index,
        }
    }
}

impl fmt::Display for RuleId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, tool, kind, index } = self;
        match tool {
            Some(tool) => write!(f, "{layer}:/tools/{}/{kind}/{index}", token(tool)),
            None => write!(f, "{layer}:/all_tools/{kind}/{index}"),
        }
    }
}
