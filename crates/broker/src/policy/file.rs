//! `policy.json`: the user's policy as a file. What is saved in the window is written to it; what is edited in it from
//! outside is a proposal.

use super::LayerId;
use super::layers::{LONGEST, PolicyText};
use super::save::PolicyChange;
use crate::state::Broker;
use crate::view::{PolicyCard, PolicyEdit};
use gatehouse_core::{Digest, JournalEvent, TicketKind, TicketState, Timestamp};
use gatehouse_policy::loosened;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

/// The person is asked about outside edits at most this often.
const BETWEEN_EDITS: Duration = Duration::from_mins(1);

/// What was seen of the file.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// The text that the person was last asked about.
    asked: Option<Digest>,
    /// When that was.
    asked_at: Option<Timestamp>,
}

impl Broker {
    /// Looks whether the file says something else than the policy in force, and asks the person about it.
    pub(crate) fn look_for_outside_edit(&self) {
        if self.vault().is_err() {
            return;
        }
        let path = &self.0.options.user_policy;
        let mut watch = self.watch();
        let Some(text) = read_small(path) else { return };
        let before = self.in_force().of_user();
        if before.as_ref().is_some_and(|before| before.text == text) {
            let was_asked = watch.asked.take().is_some();
            drop(watch);
            if was_asked {
                self.void_tickets("the policy file was put back", is_open_outside_edit);
            }
            return;
        }
        let digest = Digest::of(text.as_bytes());
        let now = self.now();
        // A file that is edited all the time must not keep the person's window moving.
        let too_soon = watch.asked_at.is_some_and(|at| now.since(at) < BETWEEN_EDITS);
        if watch.asked == Some(digest) || too_soon {
            return;
        }
        watch.asked = Some(digest);
        watch.asked_at = Some(now);
        drop(watch);
        let (revision, points, errors) = match PolicyText::parse(&text, &self.0.tools.definitions) {
            Ok(after) => {
                let points = loosened(before.as_ref().map(|before| &before.policy), Some(&after.policy));
                (Some(after.revision), points.into_iter().map(|point| point.message).collect(), Vec::new())
            }
            Err(problems) => (None, Vec::new(), problems.iter().map(ToString::to_string).collect()),
        };
        self.void_tickets("the policy file was edited again", is_open_outside_edit);
        let card = PolicyCard {
            layer: LayerId::User.to_string(),
            name: String::new(),
            path: Some(path.display().to_string()),
            before: before.map(|before| before.text.clone()).unwrap_or_default(),
            after: text.clone(),
            loosened: points,
            errors,
        };
        let change = PolicyChange { layer: LayerId::User, edit: PolicyEdit::Custom { text } };
        let layer = LayerId::User.to_string();
        self.note(JournalEvent::Policy { layer, change: "outside_edit".into(), revision });
        let sentence = "The policy file was edited outside Gatehouse".to_owned();
        let id = self.open_policy_card(TicketKind::OutsideEdit, sentence, card, change);
        self.announce(&id);
    }

    /// Writes the user's policy to the file, or removes the file where there is none. The watch is held meanwhile, so
    /// that the old text is not taken for an edit.
    pub(crate) fn write_policy_file(&self, text: Option<&str>) {
        let path = &self.0.options.user_policy;
        let written = match text {
            Some(text) => replace(path, text),
            None => match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        if let Err(error) = written {
            tracing::warn!("{} could not be written: {error}", path.display());
        }
    }

    /// What the person should know of the file, where it does not say what is in force.
    pub(crate) fn file_warning(&self) -> Option<String> {
        let path = &self.0.options.user_policy;
        let shown = path.display();
        let in_force = self.in_force().of_user();
        let there = path.symlink_metadata().is_ok();
        match (in_force, read_small(path)) {
            (Some(_), None) if there => Some(format!(
                "{shown} cannot be read: it is no plain text of at most 1 MiB. The policy in force is unchanged."
            )),
            (Some(_), None) => {
                Some(format!("{shown} was deleted. The policy in force is unchanged; save it to write the file again."))
            }
            (Some(policy), Some(text)) if policy.text != text => Some(format!(
                "{shown} says something else than the policy in force. Nothing of it counts unless you accept it in the approval window."
            )),
            (None, Some(_)) => Some(format!(
                "{shown} holds a policy that is not in force. Nothing of it counts unless you accept it in the approval window."
            )),
            _ => None,
        }
    }
}

fn is_open_outside_edit(held: &crate::desk::Held) -> bool {
    held.ticket.kind() == TicketKind::OutsideEdit && *held.ticket.state() == TicketState::Waiting
}

/// Puts a text in a file's place at once: a reader sees the old one or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = path.with_extension("json.new");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // Whatever was left there, a link say, is not written through.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(new, path)
}

/// Reads a small regular file. What somebody put in its place, a pipe say, neither blocks nor fills memory.
fn read_small(path: &Path) -> Option<String> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(target_os = "linux")]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    let file = options.open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    file.take(LONGEST as u64 + 1).read_to_string(&mut text).ok()?;
    (text.len() <= LONGEST).then_some(text)
}
