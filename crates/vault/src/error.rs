use gatehouse_core::{EdgeError, ErrorCode};

/// Why the vault did not do what it was asked. The text of each is for the person and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// No keyring answers on this computer.
    #[error(
        "No keyring answers on this computer. Start or install one (GNOME Keyring, KWallet or KeePassXC) and try again, \
         or go on for this session only: secrets are then forgotten when Gatehouse ends."
    )]
    NoService {
        /// What the system said.
        detail: String,
    },
    /// A keyring service runs but has no keyring to put anything into.
    #[error(
        "The keyring service has no default keyring yet. Create one in your system's password app (Passwords and Keys, or \
         KDE Wallet), mark it as default, and try again."
    )]
    NoKeyring,
    /// The keyring is locked, and nobody was asked to unlock it.
    #[error("Your keyring is locked. Unlock it to go on; until then every agent call is refused.")]
    Locked,
    /// The prompt to unlock the keyring was closed, or could not be shown.
    #[error(
        "Your keyring was not unlocked: its prompt was closed or could not be shown. Press Unlock and enter the keyring's \
         password; until then every agent call is refused."
    )]
    Dismissed,
    /// The keyring did not answer in time.
    #[error(
        "The keyring did not answer in time. If it shows a prompt, answer it and try again; if not, restart the keyring or \
         sign in to your desktop again."
    )]
    TimedOut,
    /// An item of ours is not as we wrote it.
    #[error("The keyring's item “{item}” is damaged ({why}). {}", fix_of_damage(item))]
    Damaged {
        /// Which item, by its name in the keyring.
        item: String,
        /// What is wrong with it.
        why: String,
    },
    /// Anything else.
    #[error(
        "The keyring refused: {detail}. Try again; if it stays, restart the keyring or sign in to your desktop again."
    )]
    Failed {
        /// What the system said.
        detail: String,
    },
}

impl VaultError {
    /// The same for window and socket.
    pub fn edge(&self) -> EdgeError {
        let edge = EdgeError::new(self.code(), self.to_string());
        match self {
            Self::NoService { detail } => edge.with_detail(detail.clone()),
            Self::Locked | Self::Dismissed | Self::TimedOut => edge.retryable(),
            Self::NoKeyring | Self::Damaged { .. } | Self::Failed { .. } => edge,
        }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::Locked | Self::Dismissed => ErrorCode::VaultLocked,
            Self::NoService { .. } | Self::NoKeyring | Self::TimedOut | Self::Damaged { .. } | Self::Failed { .. } => {
                ErrorCode::VaultUnavailable
            }
        }
    }
}

/// A damaged sealing key is never replaced by itself: every seal made with it would be orphaned without a word.
fn fix_of_damage(item: &str) -> &'static str {
    if item == crate::item::SEALING_KEY {
        "Restore it from a backup of the keyring; or delete it in your system's password app and start Gatehouse again: \
         connections, grants and policy then ask to be confirmed."
    } else {
        "Enter the secret again to replace it."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_kind() -> Vec<VaultError> {
        vec![
            VaultError::NoService { detail: "no bus".into() },
            VaultError::NoKeyring,
            VaultError::Locked,
            VaultError::Dismissed,
            VaultError::TimedOut,
            VaultError::Damaged { item: "sealing-key".into(), why: "too short".into() },
            VaultError::Damaged { item: "connection/con_x".into(), why: "no JSON".into() },
            VaultError::Failed { detail: "x".into() },
        ]
    }

    #[test]
    fn each_failure_has_its_own_words_that_say_what_to_do() {
        let words: std::collections::BTreeSet<_> = every_kind().iter().map(ToString::to_string).collect();
        assert_eq!(words.len(), every_kind().len(), "two failures read the same");
        for text in words {
            let says_what_to_do =
                ["try again", "Try again", "Unlock", "Restore", "Enter"].iter().any(|fix| text.contains(fix));
            assert!(says_what_to_do, "{text}");
        }
    }

    #[test]
    fn what_a_person_can_unlock_is_locked_and_the_rest_is_unavailable() {
        for error in every_kind() {
            let locked = matches!(error, VaultError::Locked | VaultError::Dismissed);
            assert_eq!(error.edge().code == ErrorCode::VaultLocked, locked, "{error:?}");
        }
    }
}
