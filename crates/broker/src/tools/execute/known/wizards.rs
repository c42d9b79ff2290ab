//! Methods of wizards: records that live for one form. Created by `odoo_create` with what they are about, then run.

use super::Known;
use gatehouse_core::Effect::{Mail, MailPossible, Payment, Posting, State};

pub(super) const METHODS: &[Known] = &[
    Known::new("sale.advance.payment.inv", "create_invoices", "Makes a draft invoice of the sales orders.")
        .back_by_deleting("account.move"),
    Known::new(
        "account.payment.register",
        "action_create_payments",
        "Makes and posts payments for the invoices and matches them: the invoices count as paid.",
    )
    .doing(&[Posting, Payment, State])
    .high()
    .back_by_on_made("account.payment", &["action_draft", "action_cancel"])
    .leaving("The numbers stay taken, and money that a bank has moved does not come back."),
    Known::new("account.move.reversal", "refund_moves", "Makes a draft credit note.").back_by_deleting("account.move"),
    Known::new("account.move.reversal", "reverse_moves", "Reverses the entries: makes entries that take them back.")
        .doing(&[Posting, State])
        .high()
        .no_way_back("The reversing entries stay; set them back to draft and cancel them."),
    Known::new("account.move.reversal", "modify_moves", "Reverses the entries, and makes a new draft of each.")
        .doing(&[Posting, State])
        .high()
        .no_way_back("The reversing entries stay; set them back to draft and cancel them."),
    Known::new("validate.account.move", "validate_move", "Posts the entries: they get numbers and count in the books.")
        .doing(&[MailPossible, Posting, State])
        .high()
        .no_way_back("Set the entries back with button_draft; their numbers stay taken."),
    Known::new("account.move.send.wizard", "action_send_and_print", "Makes the invoice's PDF and sends it as ticked.")
        .doing(&[Mail, State])
        .high()
        .no_way_back("A message that went out does not come back."),
    Known::new("mail.compose.message", "action_send_mail", "Sends the message to its recipients and the followers.")
        .doing(&[Mail, State])
        .no_way_back("A message that went out does not come back."),
    Known::new("mail.compose.message", "send_mail", "Sends the message to its recipients and the followers.")
        .doing(&[Mail, State])
        .no_way_back("A message that went out does not come back."),
    Known::new(
        "crm.lead2opportunity.partner",
        "action_apply",
        "Converts the lead: it becomes an opportunity, a customer may be made, and duplicates may be merged into it.",
    )
    .doing(&[MailPossible, State])
    .no_way_back("Odoo does not turn an opportunity back into a lead; merged leads are gone."),
    Known::new("crm.lead.lost", "action_lost_reason_apply", "Marks the leads as lost: archived, probability 0.")
        .doing(&[MailPossible, State])
        .no_way_back("Bring the leads back with action_restore on crm.lead."),
    Known::new("crm.merge.opportunity", "action_merge", "Merges the opportunities into one; the others are deleted.")
        .doing(&[MailPossible, State])
        .high()
        .no_way_back("Merged opportunities are gone."),
    Known::new("sale.mass.cancel.orders", "action_mass_cancel", "Cancels the orders.")
        .doing(&[MailPossible, State])
        .no_way_back("Set each order back with action_draft; confirmed ones become quotations."),
    Known::new("sale.order.cancel", "action_cancel", "Cancels the order.")
        .doing(&[MailPossible, State])
        .no_way_back("Set the order back with action_draft; a confirmed one becomes a quotation."),
    Known::new("sale.order.discount", "action_apply_discount", "Adds the discount to the order's lines.")
        .no_way_back("Change or delete the discount line, or the lines' discount."),
    Known::new("stock.immediate.transfer", "process", "Validates the transfers with everything done: goods move.")
        .doing(&[MailPossible, Posting, State])
        .high()
        .no_way_back("Moved goods come back only by a return."),
    Known::new("stock.return.picking", "action_create_returns", "Makes a transfer that takes goods back.")
        .back_by_deleting("stock.picking"),
    Known::new("stock.return.picking", "create_returns", "Makes a transfer that takes goods back.")
        .back_by_deleting("stock.picking"),
    Known::new(
        "mail.activity.schedule",
        "action_schedule_activities",
        "Schedules the activity; its assignee may be told.",
    )
    .doing(&[MailPossible, State])
    .no_way_back("Delete the activities that were scheduled."),
];
