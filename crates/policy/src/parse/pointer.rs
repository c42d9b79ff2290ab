use std::fmt;

/// Where the parser stands: a JSON Pointer as a chain on the stack, written out only when there is a problem.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    parent: Option<&'p Self>,
    token: Token<'p>,
}

#[derive(Clone, Copy)]
enum Token<'p> {
    Root,
    Key(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    /// The whole.
    pub(super) const ROOT: &'static At<'static> = &At { parent: None, token: Token::Root };

    /// A key below.
    pub(super) const fn key(&'p self, key: &'p str) -> At<'p> {
        At { parent: Some(self), token: Token::Key(key) }
    }

    /// An element below.
    pub(super) const fn index(&'p self, index: usize) -> At<'p> {
        At { parent: Some(self), token: Token::Index(index) }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.token {
            Token::Root => Ok(()),
            Token::Key(key) => write!(f, "/{}", crate::problem::token(key)),
            Token::Index(index) => write!(f, "/{index}"),
        }
    }
}
