use crate::answer::Flaw;
use crate::error::{OdooError, Unreachable};

impl OdooError {
    /// What whoever called does next, in one sentence, where the error's own sentence does not say it.
    pub(crate) fn next_step(&self) -> Option<&'static str> {
        Some(match self {
            Self::Address(_)
            | Self::Redirected { .. }
            | Self::UnknownDatabase { .. }
            | Self::CredentialRefused { .. }
            | Self::Protocol(_)
            | Self::Busy { .. }
            | Self::TooLarge { .. }
            | Self::OutcomeUnknown { .. } => return None,
            Self::Unreachable { .. } => {
                "Nothing was sent. The person should check network, VPN and the address of this connection."
            }
            Self::Certificate { .. } | Self::BadAuthority(_) => {
                "Nothing was sent. The person has to look at TLS in the settings of this connection."
            }
            Self::NotOdoo { .. } => {
                "The person should check the address of this connection, and what stands in front of Odoo."
            }
            Self::NoApi { .. } => {
                "The person should check the database's name, and that /json/2 or /jsonrpc is let through."
            }
            Self::ApiNotIncluded => "The person has to change the plan or move the database.",
            Self::AccessDenied { .. } => {
                "Tell the person: an administrator of that Odoo can give this user the rights."
            }
            Self::RecordMissing { .. } => "Search for it again.",
            Self::Refused { .. } => "Nothing was changed; change what Odoo complains about before trying again.",
            Self::UnknownSchema { .. } => "Look the names up with odoo_list_models and odoo_fields_get.",
            Self::BadArguments { .. } => "Check the names and the order of the arguments.",
            Self::InvalidRequest(_) => "Change the arguments.",
            Self::Failed { .. } => "Nothing was changed; ask for it in another way, or tell the person.",
            Self::TimedOut { .. } => "Ask for fewer records or fields, or try again later.",
            Self::Interrupted { .. } => "Try again.",
            Self::UnexpectedAnswer { .. } => "Tell the person: a module on that server may have changed the method.",
            Self::Unreadable { flaw, .. } => flaw.next_step(),
            Self::Setup(_) => "The person has to start Gatehouse again.",
        })
    }

    /// What a person can do about it, in a sentence or two.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Address(_) => "Copy the address from the browser in which you use Odoo.",
            Self::Unreachable { cause, .. } => cause.fix(),
            Self::Certificate { problem, .. } => problem.fix(),
            Self::BadAuthority(_) => {
                "Paste the certificate in PEM form, from -----BEGIN CERTIFICATE----- to the end line."
            }
            Self::Redirected { .. } => "Enter the address that the server names, after making sure that it is yours.",
            Self::NotOdoo { .. } => {
                "Check the address: it is the one of the page where you sign in to Odoo. If it is right, a proxy or firewall \
                 in front of Odoo has to let /json/2 and /jsonrpc through."
            }
            Self::NoApi { .. } => {
                "Check the name of the database. If it is right, the server's administrator has to let /json/2 (19 and \
                 later) or /jsonrpc through, and to load the module that answers there."
            }
            Self::UnknownDatabase { .. } => {
                "The name stands in Odoo's own list at /web/database/selector, and in the address after ?db= or before \
                 .odoo.com; it is case-sensitive."
            }
            Self::CredentialRefused { .. } => {
                "Make a new API key in Odoo and enter it here, and check that the login is the one that made it. With \
                 two-factor sign-in a password is never accepted, only a key."
            }
            Self::ApiNotIncluded => {
                "Ask Odoo for the Custom plan, or move the database to Odoo.sh or a server of your own: there the API is open."
            }
            Self::Protocol(_) => "Set the protocol to Automatic, and use an API key where Odoo offers one.",
            Self::AccessDenied { .. } => {
                "An administrator of that Odoo has to give this user the rights, or use another user."
            }
            Self::RecordMissing { .. } => "Search again: it was deleted, archived, or belongs to another company.",
            Self::Refused { .. } => "Change what Odoo complains about, then try again.",
            Self::UnknownSchema { .. } => {
                "Check the names of model, fields and method; an app may not be installed there."
            }
            Self::BadArguments { .. } | Self::InvalidRequest(_) => "Check the arguments.",
            Self::Unreadable { flaw, .. } => flaw.fix(),
            Self::Failed { .. } | Self::UnexpectedAnswer { .. } => {
                "Ask the server's administrator to look into Odoo's log."
            }
            Self::Busy { .. } => "Wait a little and try again.",
            Self::TimedOut { .. } => "Try again; if it stays so, the server is overloaded or hangs.",
            Self::Interrupted { .. } => "Try again; if it stays so, look at the network between here and the server.",
            Self::TooLarge { .. } => "Ask for fewer records or fields at once.",
            Self::OutcomeUnknown { .. } => "Look into Odoo whether the change is there before you repeat it.",
            Self::Setup(_) => "This is a fault of Gatehouse or of this computer's TLS set-up; please report it.",
        }
    }
}

impl Unreachable {
    fn fix(self) -> &'static str {
        match self {
            Self::NameNotFound => "Check the spelling of the host name; inside a company network, the VPN may be off.",
            Self::Refused => "Check the port, and that Odoo is running there.",
            Self::TimedOut | Self::NoRoute => "Check network and VPN; a firewall may be in the way.",
            Self::TlsFailed => {
                "Check the port. If the server speaks plain HTTP only, its administrator has to set up HTTPS."
            }
            Self::Proxy => "Check the proxy in this computer's network settings.",
            Self::Other => "Check address and network, then try again.",
        }
    }
}

impl Flaw {
    fn next_step(self) -> &'static str {
        match self {
            Self::Number => "Name the fields to read and leave out the one that holds it.",
            Self::DoubledKey | Self::TooDeep => "Name the fields to read; tell the person if it stays so.",
            Self::NotUtf8 | Self::ByteOrderMark => {
                "Tell the person: something between here and Odoo changes what it answers."
            }
        }
    }

    fn fix(self) -> &'static str {
        match self {
            Self::Number => "A record holds a number that is none; the server's administrator has to correct it.",
            Self::DoubledKey | Self::TooDeep => "Ask the server's administrator to look into Odoo's log.",
            Self::NotUtf8 | Self::ByteOrderMark => {
                "A proxy in front of Odoo changes what it answers; its administrator has to let /json/2 and /jsonrpc through \
                 untouched."
            }
        }
    }
}
