//! The PIN: what a click on a destructive, production or loosening card asks for besides. It is what the approval window
//! has against a program of the same user that moves the mouse. Only its hash exists, and only in the vault.

use crate::approver::Approver;
use crate::cards::card;
use crate::desk::{Held, Matter};
use crate::state::{Broker, new_ticket_id};
use crate::view::{Card, CardContent, PinAsked, PinCard, PinChange, Topic};
use gatehouse_core::{
    Category, Digest, EdgeError, Environment, ErrorCode, Hasher, JournalEvent, Ticket, TicketId, TicketKind, Timestamp,
};
use gatehouse_vault::{Pin, VaultKind};
use secrecy::SecretString;
use std::sync::PoisonError;
use std::time::Duration;

/// What to do about a PIN that nobody remembers.
const FORGOTTEN: &str = "Who has forgotten it deletes the item “pin” of Gatehouse in the system's keyring, and starts \
                         Gatehouse anew.";

/// What the windows say where it is not there any more.
const PIN_GONE: &str = "The PIN was removed from the keyring outside of Gatehouse: approvals ask for none. If that was not you, \
                        another program did it. Set a new one under Settings.";

/// Whether a yes to this card wants the PIN: where records are removed, for every call on production (what is read there
/// leaves the house), and wherever agents would be let do more, since that would be the way around it.
fn wants_pin(card: &Card) -> bool {
    let on_production =
        card.connection.as_ref().is_none_or(|connection| connection.environment == Environment::Production);
    match &card.content {
        CardContent::Call(call) => on_production || call.category == Category::Destructive,
        CardContent::Undo(undo) => {
            on_production || undo.steps.iter().any(|step| step.category == Category::Destructive)
        }
        CardContent::Admission(_) | CardContent::Loosening(_) | CardContent::Policy(_) => true,
        // Its own form asks for it.
        CardContent::Pin(_) => false,
    }
}

/// The sealed setting that says whether there is a PIN. The keyring gives its items to any program of the user, so that one
/// can be taken away: this is how it is noticed.
const SETTING: &str = "pin";
/// What it says while there is one.
const SET: &str = "set";
/// What it says once the person removed it.
const NONE: &str = "none";
/// What it begins with once another program took the PIN away; when that was seen follows.
const GONE: &str = "gone ";
/// How long the window says so.
const TOLD_FOR: Duration = Duration::from_hours(7 * 24);

impl Broker {
    /// Compares the keyring's PIN with the sealed setting. Where it was taken away the journal says so, and the windows do
    /// for a week, or until there is another.
    pub(crate) async fn look_for_pin(&self) {
        let Ok(vault) = self.vault() else { return };
        if vault.kind() == VaultKind::SessionOnly {
            return;
        }
        let known = self.0.store.setting(SETTING, vault.sealer().as_ref());
        let known = known.as_ref().map(Option::as_deref);
        let (is_set, gone) = match known {
            // Where it cannot be told whether there was one: the way that is not silent.
            Ok(Some(SET)) | Err(_) => (true, None),
            Ok(known) => (false, known.and_then(|known| known.strip_prefix(GONE)?.parse().ok())),
        };
        let next = match (self.has_pin(), is_set, gone) {
            (true, false, _) => Some(SET.to_owned()),
            (true, true, _) if known.is_err() => Some(SET.to_owned()),
            (false, true, _) => {
                tracing::warn!("the PIN was removed from the keyring outside Gatehouse");
                self.note(JournalEvent::Pin { change: "gone".into() });
                self.remember_pin_gone(Some(self.now()));
                Some(format!("{GONE}{}", self.now().as_millis()))
            }
            (false, false, gone) => {
                self.remember_pin_gone(gone.map(Timestamp::from_millis));
                None
            }
            (true, true, _) => None,
        };
        if let Some(next) = next {
            self.keep_pin_setting(&next).await;
        }
        self.changed(&[Topic::Vault, Topic::Activity]);
    }

    /// Whether another program took the PIN away, of late.
    pub(crate) fn is_pin_gone(&self) -> bool {
        let gone = *self.0.pin_gone.lock().unwrap_or_else(PoisonError::into_inner);
        !self.has_pin() && gone.is_some_and(|at| self.now().since(at) < TOLD_FOR)
    }

    /// What the windows say of that.
    pub(crate) fn pin_warning(&self) -> Option<String> {
        self.is_pin_gone().then(|| PIN_GONE.to_owned())
    }

    fn remember_pin_gone(&self, at: Option<Timestamp>) {
        *self.0.pin_gone.lock().unwrap_or_else(PoisonError::into_inner) = at;
    }

    async fn keep_pin_setting(&self, value: &str) {
        if let Err(error) = self.put_setting(SETTING, value).await {
            tracing::warn!("whether there is a PIN could not be kept: {}", error.message);
        }
    }

    /// Whether there is a PIN.
    pub(crate) fn has_pin(&self) -> bool {
        self.0.pin.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The PIN that this card's yes wants, as it stands; none where it wants none.
    fn pin_asked(&self, card: &Card) -> Option<PinAsked> {
        let is_wanted = wants_pin(card) || matches!(card.content, CardContent::Pin(_));
        let now = self.now();
        let kept = self.0.pin.lock().unwrap_or_else(PoisonError::into_inner);
        let pin = kept.as_ref().filter(|_| is_wanted)?;
        Some(PinAsked { tries_left: pin.tries_left(), refused_until: pin.refused_until(now) })
    }

    /// A card with the PIN that its yes wants.
    pub(crate) fn with_pin(&self, card: Card) -> Card {
        Card { pin: self.pin_asked(&card), pin_is_gone: self.is_pin_gone() && wants_pin(&card), ..card }
    }

    /// Reads the PIN of a vault that is being opened.
    pub(crate) fn remember_pin(&self, pin: Option<Pin>) {
        *self.0.pin.lock().unwrap_or_else(PoisonError::into_inner) = pin;
    }

    /// Raises the card that sets, changes or removes the PIN: it is typed in the approval window alone.
    pub fn change_pin(&self, remove: bool) -> Result<TicketId, EdgeError> {
        self.vault()?;
        let change = match (self.has_pin(), remove) {
            (true, true) => PinChange::Remove,
            (true, false) => PinChange::Change,
            (false, false) => PinChange::Set,
            (false, true) => return Err(EdgeError::new(ErrorCode::InvalidArguments, "There is no PIN to remove.")),
        };
        self.void_tickets("a newer wish took its place", |held| matches!(held.matter, Matter::Pin(_)));
        let id = new_ticket_id();
        let key = Hasher::new("pin").part(format!("{change:?}").as_bytes()).finish();
        let sentence = match change {
            PinChange::Set => "Set a PIN for destructive and production approvals",
            PinChange::Change => "Change the PIN",
            PinChange::Remove => "Ask for no PIN any more",
        };
        self.open_ticket(Held::new(
            Ticket::open(id.clone(), TicketKind::Pin, key, key, self.now()),
            sentence,
            Matter::Pin(PinCard { change }),
        ));
        self.announce(&id);
        Ok(id)
    }

    /// Takes a PIN that was typed. A wrong one is counted before it is looked at, so that ending the app forgets none; and
    /// one is looked at after the other.
    async fn try_pin(&self, typed: Option<SecretString>) -> Result<(), EdgeError> {
        let trying = self.0.trying_pin.lock().await;
        let Some(mut pin) = self.0.pin.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return Ok(()) };
        let typed = typed.ok_or_else(|| EdgeError::new(ErrorCode::PinRefused, "Type the PIN to approve this."))?;
        let vault = self.vault()?;
        let now = self.now();
        pin.begin_try(now).map_err(|until| {
            let seconds = until.since(now).as_secs() + 1;
            let words = format!("Too many wrong PINs. None is taken for {} minutes. {FORGOTTEN}", seconds.div_ceil(60));
            EdgeError::new(ErrorCode::PinRefused, words).retryable_after(seconds)
        })?;
        vault.put_pin(Some(&pin)).await.map_err(|error| error.edge())?;
        self.remember_pin(Some(pin.clone()));
        let looked = tokio::task::spawn_blocking(move || {
            let is_right = pin.is(&typed);
            if is_right {
                pin.was_right();
            }
            (is_right, pin)
        });
        let (is_right, pin) =
            looked.await.map_err(|_| EdgeError::new(ErrorCode::Internal, "The PIN could not be looked at."))?;
        let refused_until = pin.refused_until(now);
        if is_right {
            vault.put_pin(Some(&pin)).await.map_err(|error| error.edge())?;
            self.remember_pin(Some(pin));
            drop(trying);
            return Ok(());
        }
        drop(trying);
        self.changed(&[Topic::Approvals]);
        if refused_until.is_some() {
            self.note(JournalEvent::Pin { change: "refused".into() });
            let words = format!("That PIN is wrong, too. Approvals that need it wait now. {FORGOTTEN}");
            return Err(EdgeError::new(ErrorCode::PinRefused, words));
        }
        let left = pin.tries_left();
        let tries = if left == 1 { "one try is".to_owned() } else { format!("{left} tries are") };
        Err(EdgeError::new(ErrorCode::PinRefused, format!("That PIN is wrong: {tries} left.")))
    }
}

impl Approver {
    /// The PIN that a yes to this ticket wants.
    pub(crate) async fn must_have_pin(&self, id: &TicketId, typed: Option<SecretString>) -> Result<(), EdgeError> {
        let wanted = self.broker().0.desk.look(id, |held| card(held).is_some_and(|card| wants_pin(&card)));
        if wanted == Some(true) { self.broker().try_pin(typed).await } else { Ok(()) }
    }

    /// Carries a wish about the PIN out: `current` is the one there is, `new` the one to come.
    pub async fn settle_pin(
        &self,
        id: &TicketId,
        digest: &Digest,
        current: Option<SecretString>,
        new: Option<SecretString>,
    ) -> Result<(), EdgeError> {
        let broker = self.broker();
        let asked = broker.0.desk.look(id, |held| match &held.matter {
            Matter::Pin(card) => Some(card.change),
            _ => None,
        });
        let gone = || EdgeError::new(ErrorCode::TicketGone, "This question is gone.");
        let change = asked.flatten().ok_or_else(gone)?;
        self.must_be_armed(id, broker.now())?;
        let next = match (change, new) {
            (PinChange::Remove, _) => None,
            (_, None) => return Err(EdgeError::new(ErrorCode::InvalidArguments, "Type the new PIN.")),
            (_, Some(new)) => Some(hashed(new).await?),
        };
        // One that was set meanwhile is asked for, too.
        broker.try_pin(current).await?;
        let vault = broker.vault()?;
        self.approve(id, digest, broker.now())?;
        if next.is_none() {
            broker.keep_pin_setting(NONE).await;
        }
        let kept = vault.put_pin(next.as_ref()).await.map_err(|error| error.edge());
        if kept.is_ok() {
            if next.is_some() {
                broker.keep_pin_setting(SET).await;
            }
            broker.remember_pin_gone(None);
            broker.remember_pin(next);
            let change = match change {
                PinChange::Set => "set",
                PinChange::Change => "changed",
                PinChange::Remove => "removed",
            };
            broker.note(JournalEvent::Pin { change: change.into() });
            broker.changed(&[Topic::Vault]);
        }
        self.settle(id, kept.map(|()| serde_json::json!({"status": "done"})))
    }
}

async fn hashed(pin: SecretString) -> Result<Pin, EdgeError> {
    let made = tokio::task::spawn_blocking(move || Pin::new(&pin)).await;
    made.map_err(|_| EdgeError::new(ErrorCode::Internal, "The PIN could not be kept."))?
        .map_err(|unfit| EdgeError::new(ErrorCode::InvalidArguments, format!("{unfit}.")))
}
