//! Methods of documents: orders, invoices, payments, leads, transfers, time off, activities.

use super::Known;
use gatehouse_core::Effect::{Mail, MailPossible, Payment, Posting, State};

const DATES: &str = "The order date that confirming wrote stays, and what it made (deliveries, tasks, purchases) is cancelled \
                     at best.";

/// What locking changes: a field of its own, or the state in older versions.
const LOCK: &[&str] = &["locked", "state"];

pub(super) const METHODS: &[Known] = &[
    Known::new(
        "sale.order",
        "action_confirm",
        "Confirms the quotation: it becomes a sales order, and deliveries, tasks or purchases may be made from it.",
    )
    .doing(&[MailPossible, State])
    .back_by(&["action_cancel", "action_draft"])
    .leaving(DATES),
    Known::new("sale.order", "action_cancel", "Cancels the order, with its open deliveries and draft invoices.")
        .doing(&[MailPossible, State])
        .back_by(&["action_draft"])
        .leaving("It becomes a quotation again, also where it was confirmed; cancelled deliveries stay cancelled."),
    Known::new("sale.order", "action_draft", "Sets a cancelled order back to quotation.")
        .back_by(&["action_cancel"])
        .leaving("A signature that was reset does not come back."),
    Known::new("sale.order", "action_quotation_sent", "Marks the quotation as sent. No message goes out.")
        .back_by(&["action_cancel", "action_draft"])
        .leaving("It is a quotation that was not sent then."),
    Known::new("sale.order", "action_lock", "Locks the order against changes.")
        .back_by(&["action_unlock"])
        .moving(LOCK),
    Known::new("sale.order", "action_unlock", "Unlocks the order: it can be changed again.")
        .back_by(&["action_lock"])
        .moving(LOCK),
    Known::new("sale.order", "action_done", "Locks the order against changes.")
        .back_by(&["action_unlock"])
        .moving(LOCK),
    Known::new(
        "sale.order",
        "action_quotation_send",
        "Opens the message that would send the quotation. Nothing goes out yet.",
    )
    .no_way_back("Nothing was changed."),
    Known::new("sale.order", "action_update_prices", "Computes every price of the order anew by its pricelist.")
        .no_way_back("The prices before are not kept; write them back from the card."),
    Known::new("sale.order", "action_update_taxes", "Computes the taxes of every line anew.")
        .no_way_back("The taxes before are not kept."),
    Known::new(
        "account.move",
        "action_post",
        "Posts the entry: it gets its number, counts in the books and can no longer be changed freely.",
    )
    .doing(&[MailPossible, Posting, State])
    .high()
    .back_by(&["button_draft"])
    .leaving("The number stays taken; a locked period, or a country's rules, may refuse the way back."),
    Known::new(
        "account.move",
        "button_draft",
        "Sets the entry back to draft: it leaves the books, and its payments are no longer matched with it.",
    )
    .doing(&[Posting, State])
    .high()
    .back_by(&["action_post"])
    .leaving("Payments that were matched with it have to be matched again."),
    Known::new("account.move", "button_cancel", "Cancels the entry; a posted one leaves the books first.")
        .doing(&[Posting, State])
        .high()
        .back_by(&["button_draft"])
        .leaving("It becomes a draft; payments that were matched with it have to be matched again."),
    Known::new(
        "account.move",
        "action_register_payment",
        "Opens the form that registers a payment. Nothing is paid yet.",
    )
    .no_way_back("Nothing was changed."),
    Known::new("account.move", "action_reverse", "Opens the form that makes a credit note. Nothing is made yet.")
        .no_way_back("Nothing was changed."),
    Known::new("account.move", "action_invoice_sent", "Opens the form that sends the invoice. Nothing goes out yet.")
        .no_way_back("Nothing was changed."),
    Known::new("account.move", "action_send_and_print", "Opens the form that sends the invoice. Nothing goes out yet.")
        .no_way_back("Nothing was changed."),
    Known::new("account.payment", "action_post", "Posts the payment: it counts in the books.")
        .doing(&[Posting, Payment, State])
        .high()
        .back_by(&["action_draft"])
        .leaving("Numbers stay taken, and money that a bank has moved does not come back."),
    Known::new("account.payment", "action_draft", "Sets the payment back to draft: it leaves the books.")
        .doing(&[Posting, Payment, State])
        .high()
        .back_by(&["action_post"])
        .leaving("Invoices have to be matched with it again."),
    Known::new("account.payment", "action_cancel", "Cancels the payment: it leaves the books.")
        .doing(&[Posting, Payment, State])
        .high()
        .back_by(&["action_draft"])
        .leaving("It becomes a draft; invoices have to be matched with it again."),
    Known::new("account.payment", "action_validate", "Marks the payment as paid.")
        .doing(&[Payment, State])
        .high()
        .back_by(&["action_draft"])
        .leaving("It becomes a draft."),
    Known::new("account.payment", "action_reject", "Marks the payment as rejected.")
        .doing(&[Payment, State])
        .high()
        .back_by(&["action_draft"])
        .leaving("It becomes a draft."),
    Known::new("account.move.line", "reconcile", "Matches these journal items with each other.")
        .doing(&[Posting, State])
        .high()
        .back_by(&["remove_move_reconcile"])
        .leaving("Exchange differences are reversed by entries of their own."),
    Known::new("account.move.line", "remove_move_reconcile", "Takes apart what these journal items are matched with.")
        .doing(&[Posting, State])
        .high()
        .no_way_back("What was matched with what has to be matched again."),
    Known::new(
        "account.bank.statement.line",
        "action_undo_reconciliation",
        "Takes apart what the bank line is matched with.",
    )
    .doing(&[Posting, State])
    .high()
    .no_way_back("What was matched with what has to be matched again."),
    Known::new("crm.lead", "action_set_won", "Marks the opportunity as won: stage “won”, probability 100%.")
        .doing(&[MailPossible, State])
        .no_way_back("Odoo has no method back; write the stage from the card with odoo_write."),
    Known::new("crm.lead", "action_set_won_rainbowman", "Marks the opportunity as won: stage “won”, probability 100%.")
        .doing(&[MailPossible, State])
        .no_way_back("Odoo has no method back; write the stage from the card with odoo_write."),
    Known::new("crm.lead", "action_set_lost", "Marks the lead as lost: archived, probability 0.")
        .doing(&[MailPossible, State])
        .back_by(&["action_restore"])
        .moving(&["active"])
        .leaving("Its probability is the one that Odoo works out then, and the reason it was lost for goes."),
    Known::new(
        "crm.lead",
        "action_restore",
        "Brings a lost lead back: active, without its reason, with the probability that Odoo works out.",
    )
    .no_way_back("The reason it was lost for is not kept; mark it as lost again."),
    Known::new(
        "purchase.order",
        "button_confirm",
        "Confirms the request: it becomes a purchase order, with its receipts.",
    )
    .doing(&[MailPossible, State])
    .back_by(&["button_cancel", "button_draft"])
    .leaving("The confirmation date and cancelled receipts stay."),
    Known::new("purchase.order", "button_approve", "Approves the purchase order and makes its receipts.")
        .doing(&[MailPossible, State])
        .back_by(&["button_cancel", "button_draft"])
        .leaving("It becomes a request again; cancelled receipts stay."),
    Known::new("purchase.order", "button_cancel", "Cancels the purchase order and its open receipts.")
        .doing(&[MailPossible, State])
        .back_by(&["button_draft"])
        .leaving("It becomes a request again; cancelled receipts stay cancelled."),
    Known::new("purchase.order", "button_draft", "Sets a cancelled purchase order back to request.")
        .back_by(&["button_cancel"]),
    Known::new("purchase.order", "button_done", "Locks the purchase order.").back_by(&["button_unlock"]).moving(LOCK),
    Known::new("purchase.order", "button_lock", "Locks the purchase order.").back_by(&["button_unlock"]).moving(LOCK),
    Known::new("purchase.order", "button_unlock", "Unlocks the purchase order.")
        .no_way_back("Lock it again: button_lock, or button_done before 19."),
    Known::new("purchase.order", "action_create_invoice", "Makes a draft vendor bill of what is to be billed.")
        .back_by_deleting("account.move"),
    Known::new(
        "purchase.order",
        "action_rfq_send",
        "Opens the message that would send the request. Nothing goes out yet.",
    )
    .no_way_back("Nothing was changed."),
    Known::new("stock.picking", "action_confirm", "Marks the transfer as to do.")
        .no_way_back("Odoo has no method back; the transfer can be cancelled."),
    Known::new("stock.picking", "action_assign", "Reserves goods for the transfer.").back_by(&["do_unreserve"]),
    Known::new("stock.picking", "do_unreserve", "Releases the goods that the transfer has reserved.")
        .back_by(&["action_assign"])
        .leaving("Other lots or places may be reserved than before."),
    Known::new("stock.picking", "button_validate", "Validates the transfer: goods move and are valued.")
        .doing(&[MailPossible, Posting, State])
        .high()
        .no_way_back("Moved goods come back only by a return, a transfer of its own (stock.return.picking)."),
    Known::new("stock.picking", "action_cancel", "Cancels the transfer.")
        .doing(&[MailPossible, State])
        .no_way_back("A cancelled transfer stays cancelled."),
    Known::new("stock.quant", "action_apply_inventory", "Applies the counted quantity: stock is corrected and valued.")
        .doing(&[Posting, State])
        .high()
        .no_way_back("The correction stays; count again to correct it."),
    Known::new("stock.scrap", "action_validate", "Scraps the goods: they leave the stock.")
        .doing(&[Posting, State])
        .high()
        .no_way_back("Scrapped goods do not come back."),
    Known::new("mrp.production", "action_confirm", "Confirms the manufacturing order and its components.")
        .no_way_back("Odoo has no method back; the order can be cancelled."),
    Known::new("mrp.production", "action_assign", "Reserves the components.").back_by(&["do_unreserve"]),
    Known::new("mrp.production", "do_unreserve", "Releases the components that are reserved.")
        .back_by(&["action_assign"]),
    Known::new("mrp.production", "button_mark_done", "Produces: components are used up, products enter the stock.")
        .doing(&[Posting, State])
        .high()
        .no_way_back("Production is undone only by an unbuild order."),
    Known::new("mrp.production", "action_cancel", "Cancels the manufacturing order.")
        .no_way_back("A cancelled manufacturing order stays cancelled."),
    Known::new("hr.leave", "action_approve", "Approves the time off; the employee is told.")
        .doing(&[Mail, State])
        .back_by(&["action_refuse"])
        .leaving("It is refused then, and the employee is told again."),
    Known::new("hr.leave", "action_validate", "Gives the last approval of the time off; the employee is told.")
        .doing(&[Mail, State])
        .back_by(&["action_refuse"])
        .leaving("It is refused then, and the employee is told again."),
    Known::new("hr.leave", "action_refuse", "Refuses the time off; the employee is told.")
        .doing(&[Mail, State])
        .no_way_back("A refused request has to be approved again, and the employee was told."),
    Known::new("hr.leave.allocation", "action_approve", "Approves the allocation; the employee is told.")
        .doing(&[Mail, State])
        .back_by(&["action_refuse"])
        .leaving("It is refused then, and the employee is told again."),
    Known::new("hr.leave.allocation", "action_refuse", "Refuses the allocation; the employee is told.")
        .doing(&[Mail, State])
        .no_way_back("A refused allocation has to be approved again, and the employee was told."),
    Known::new("hr.expense", "action_submit", "Hands the expense in for approval.").doing(&[MailPossible, State]),
    Known::new("hr.expense", "action_approve", "Approves the expense.").doing(&[MailPossible, State]),
    Known::new(
        "project.task",
        "action_unlink_recurrence",
        "Ends the recurrence of the task: no further ones are made.",
    )
    .no_way_back("The recurrence is deleted; set it up again."),
    Known::new("project.task", "action_convert_to_template", "Makes the task a template."),
    Known::new("mail.activity", "action_done", "Marks the activity as done; its followers may be told.")
        .doing(&[MailPossible, State])
        .no_way_back("A finished activity does not come back; schedule a new one."),
    Known::new(
        "mail.activity",
        "action_feedback",
        "Marks the activity as done with a note; its followers may be told.",
    )
    .doing(&[MailPossible, State])
    .taking(&["feedback"])
    .no_way_back("A finished activity does not come back; schedule a new one."),
    Known::new("calendar.attendee", "do_accept", "Accepts the invitation; the organiser is told.")
        .doing(&[MailPossible, State])
        .back_by(&["do_tentative"])
        .leaving("The organiser is told again."),
    Known::new("calendar.attendee", "do_decline", "Declines the invitation; the organiser is told.")
        .doing(&[MailPossible, State])
        .back_by(&["do_tentative"])
        .leaving("The organiser is told again."),
    Known::new("calendar.attendee", "do_tentative", "Marks the invitation as uncertain.").doing(&[MailPossible, State]),
    Known::new("event.registration", "action_confirm", "Confirms the registration; the attendee may be told.")
        .doing(&[MailPossible, State])
        .back_by(&["action_set_draft"])
        .leaving("A message that went out stays."),
    Known::new("event.registration", "action_set_draft", "Sets the registration back to unconfirmed."),
    Known::new("event.registration", "action_set_done", "Marks the attendee as present.").back_by(&["action_confirm"]),
    Known::new("event.registration", "action_cancel", "Cancels the registration.")
        .doing(&[MailPossible, State])
        .back_by(&["action_set_draft"]),
];
