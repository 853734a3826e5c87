//! What recipients read in letters, in cards and in the payment pane: each sentence once for every language.

use crate::domain::invoice::Language;
use crate::domain::{Day, Money};

/// Joins a number and its currency so that no line ends between them.
const NO_BREAK_SPACE: char = '\u{a0}';

/// The sentences of one language. `{…}` stands for what is put in.
pub(in crate::protocol) struct Words {
    pub language: Language,
    pub invoice: &'static str,
    pub invoice_number: &'static str,
    pub issued_on: &'static str,
    pub due_on: &'static str,
    pub amount: &'static str,
    pub status: &'static str,
    pub receipt_number: &'static str,
    pub total: &'static str,
    pub total_due: &'static str,
    pub paid: &'static str,
    pub tax: &'static str,
    pub shipping: &'static str,
    pub plus_shipping: &'static str,
    pub view_and_pay: &'static str,
    pub view: &'static str,
    pub greeting: &'static str,
    pub closing: &'static str,
    pub link_lasts: &'static str,
    pub invoice_subject: &'static str,
    pub invoice_lead: &'static str,
    pub before_subject: &'static str,
    pub before_lead: &'static str,
    pub after_subject: &'static str,
    pub after_lead: &'static str,
    pub link_subject: &'static str,
    pub link_lead: &'static str,
    pub receipt_subject: &'static str,
    pub receipt_lead: &'static str,
    pub not_paid_subject: &'static str,
    pub not_paid_lead: &'static str,
    pub cancelled_subject: &'static str,
    pub cancelled_lead: &'static str,
    pub card_refresh: &'static str,
    pub card_transferred: &'static str,
    pub card_dispute: &'static str,
    pub status_open: &'static str,
    pub status_overdue: &'static str,
    pub status_paid: &'static str,
    pub status_cancelled: &'static str,
    pub status_transferred: &'static str,
    pub status_disputed: &'static str,
    pub pane_not_payable: &'static str,
    pub pane_address_refused: &'static str,
    pub pane_way_refused: &'static str,
    pub pane_thanks: &'static str,
    pub pane_declined: &'static str,
    pub pane_not_charged: &'static str,
    pub pane_not_processed: &'static str,
    pub pane_amount_changed: &'static str,
    pub pane_already_paid: &'static str,
    pub pane_under_way: &'static str,
    pub pane_unconfirmed: &'static str,
    faults: [(&'static str, &'static str); 10],
    months: [&'static str; 12],
}

const ENGLISH: Words = Words {
    language: Language::English,
    invoice: "Invoice",
    invoice_number: "Invoice number",
    issued_on: "Issued",
    due_on: "Due date",
    amount: "Amount due",
    status: "Status",
    receipt_number: "Receipt number",
    total: "Total",
    total_due: "Total due",
    paid: "Paid",
    tax: "Sales tax",
    shipping: "Shipping",
    plus_shipping: "Shipping is added once you have chosen how it is sent.",
    view_and_pay: "View and pay online",
    view: "View the invoice online",
    greeting: "Hello {name},",
    closing: "If something is not right, please contact {merchant}.",
    link_lasts: "The link is good for seven days. After that you can ask for a new one on the same page.",
    invoice_subject: "Invoice {reference} from {merchant}",
    invoice_lead: "here is your invoice {reference} from {merchant}. Please pay {amount} by {due}.",
    before_subject: "Reminder: invoice {reference} is due on {due}",
    before_lead: "your invoice {reference} from {merchant} is due on {due}. If you have already paid, there is nothing to do.",
    after_subject: "Overdue: invoice {reference} was due on {due}",
    after_lead: "your invoice {reference} from {merchant} was due on {due} and is still open. Please pay {amount} now. If you \
                 have already paid, there is nothing to do.",
    link_subject: "Your new link to invoice {reference}",
    link_lead: "here is the new link to your invoice {reference} from {merchant}.",
    receipt_subject: "Receipt for invoice {reference}",
    receipt_lead: "thank you: your invoice {reference} from {merchant} is paid.",
    not_paid_subject: "Invoice {reference}: your payment did not go through",
    not_paid_lead: "We could not confirm your payment of invoice {reference} at first. It has failed, and nothing was charged. \
                    You can pay it again.",
    cancelled_subject: "Invoice {reference} was cancelled",
    cancelled_lead: "{merchant} has cancelled invoice {reference}. Please do not pay it.",
    card_refresh: "Refresh",
    card_transferred: "I paid by transfer",
    card_dispute: "Dispute this invoice",
    status_open: "Open",
    status_overdue: "Overdue",
    status_paid: "Paid",
    status_cancelled: "Cancelled",
    status_transferred: "Transfer announced",
    status_disputed: "Disputed",
    pane_not_payable: "This invoice is no longer payable.",
    pane_address_refused: "We do not deliver to this address.",
    pane_way_refused: "This way of shipping does not lead to your address. Please choose another one.",
    pane_thanks: "Thank you. Receipt {receipt} is on its way.",
    pane_declined: "Your card was declined. Nothing was charged.",
    pane_not_charged: "The card could not be charged.",
    pane_not_processed: "The payment could not be processed. Nothing was charged.",
    pane_amount_changed: "The amount of this invoice has changed. Nothing was charged; please open it again.",
    pane_already_paid: "This invoice is already paid. Nothing was charged.",
    pane_under_way: "A payment of this invoice is already under way. Nothing more was charged.",
    pane_unconfirmed: "We could not confirm the payment; do not pay again until you hear from us.",
    faults: [
        ("invalid_number", "The card number is not a card number."),
        ("invalid_expiry_month", "The month of expiry is not valid."),
        ("invalid_expiry_year", "The year of expiry is not valid."),
        ("invalid_cvc", "The security code is not valid."),
        ("incorrect_number", "The card number is incorrect."),
        ("expired_card", "The card has expired."),
        ("incorrect_cvc", "The security code is incorrect."),
        ("incorrect_zip", "The postal code is incorrect."),
        ("card_declined", "The issuer declined the card."),
        ("processing_error", "The payment could not be processed."),
    ],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

const GERMAN: Words = Words {
    language: Language::German,
    invoice: "Rechnung",
    invoice_number: "Rechnungsnummer",
    issued_on: "Ausgestellt",
    due_on: "Fällig am",
    amount: "Offener Betrag",
    status: "Stand",
    receipt_number: "Belegnummer",
    total: "Summe",
    total_due: "Zu zahlen",
    paid: "Bezahlt",
    tax: "Umsatzsteuer",
    shipping: "Versand",
    plus_shipping: "Der Versand kommt hinzu, sobald Sie die Versandart gewählt haben.",
    view_and_pay: "Online ansehen und bezahlen",
    view: "Rechnung online ansehen",
    greeting: "Guten Tag {name},",
    closing: "Wenn etwas nicht stimmt, wenden Sie sich bitte an {merchant}.",
    link_lasts: "Der Link gilt sieben Tage. Danach können Sie auf derselben Seite einen neuen anfordern.",
    invoice_subject: "Rechnung {reference} von {merchant}",
    invoice_lead: "hier ist Ihre Rechnung {reference} von {merchant}. Bitte zahlen Sie {amount} bis zum {due}.",
    before_subject: "Erinnerung: Rechnung {reference} ist am {due} fällig",
    before_lead: "Ihre Rechnung {reference} von {merchant} ist am {due} fällig. Falls Sie schon bezahlt haben, ist nichts zu tun.",
    after_subject: "Überfällig: Rechnung {reference} war am {due} fällig",
    after_lead: "Ihre Rechnung {reference} von {merchant} war am {due} fällig und ist noch offen. Bitte zahlen Sie {amount} jetzt. \
                 Falls Sie schon bezahlt haben, ist nichts zu tun.",
    link_subject: "Ihr neuer Link zur Rechnung {reference}",
    link_lead: "hier ist der neue Link zu Ihrer Rechnung {reference} von {merchant}.",
    receipt_subject: "Beleg zur Rechnung {reference}",
    receipt_lead: "vielen Dank: Ihre Rechnung {reference} von {merchant} ist bezahlt.",
    not_paid_subject: "Rechnung {reference}: Ihre Zahlung kam nicht zustande",
    not_paid_lead: "Wir konnten Ihre Zahlung der Rechnung {reference} zunächst nicht bestätigen. Sie ist fehlgeschlagen, und es \
                    wurde nichts belastet. Sie können die Rechnung erneut bezahlen.",
    cancelled_subject: "Rechnung {reference} wurde storniert",
    cancelled_lead: "{merchant} hat die Rechnung {reference} storniert. Bitte bezahlen Sie sie nicht.",
    card_refresh: "Aktualisieren",
    card_transferred: "Ich habe überwiesen",
    card_dispute: "Rechnung beanstanden",
    status_open: "Offen",
    status_overdue: "Überfällig",
    status_paid: "Bezahlt",
    status_cancelled: "Storniert",
    status_transferred: "Überweisung angekündigt",
    status_disputed: "Beanstandet",
    pane_not_payable: "Diese Rechnung kann nicht mehr bezahlt werden.",
    pane_address_refused: "An diese Adresse liefern wir nicht.",
    pane_way_refused: "Diese Versandart führt nicht zu Ihrer Adresse. Bitte wählen Sie eine andere.",
    pane_thanks: "Vielen Dank. Der Beleg {receipt} ist unterwegs.",
    pane_declined: "Ihre Karte wurde abgelehnt. Es wurde nichts abgebucht.",
    pane_not_charged: "Die Karte konnte nicht belastet werden.",
    pane_not_processed: "Die Zahlung konnte nicht ausgeführt werden. Es wurde nichts abgebucht.",
    pane_amount_changed: "Der Betrag dieser Rechnung hat sich geändert. Es wurde nichts abgebucht; bitte öffnen Sie sie erneut.",
    pane_already_paid: "Diese Rechnung ist schon bezahlt. Es wurde nichts abgebucht.",
    pane_under_way: "Diese Rechnung wird gerade schon bezahlt. Es wurde nichts weiter abgebucht.",
    pane_unconfirmed: "Wir konnten die Zahlung nicht bestätigen; bitte zahlen Sie nicht erneut, bis Sie von uns hören.",
    faults: [
        ("invalid_number", "Die Kartennummer ist keine Kartennummer."),
        ("invalid_expiry_month", "Der Monat des Ablaufs ist ungültig."),
        ("invalid_expiry_year", "Das Jahr des Ablaufs ist ungültig."),
        ("invalid_cvc", "Die Prüfziffer ist ungültig."),
        ("incorrect_number", "Die Kartennummer ist falsch."),
        ("expired_card", "Die Karte ist abgelaufen."),
        ("incorrect_cvc", "Die Prüfziffer ist falsch."),
        ("incorrect_zip", "Die Postleitzahl ist falsch."),
        ("card_declined", "Die Bank hat die Karte abgelehnt."),
        ("processing_error", "Die Zahlung konnte nicht ausgeführt werden."),
    ],
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
};

impl Words {
    /// The words of a language.
    pub(in crate::protocol) const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }

    /// What a card's fault is called.
    pub(in crate::protocol) fn fault(&self, code: &str) -> &'static str {
        self.faults.iter().find(|(known, _)| *known == code).map_or(self.pane_not_charged, |(_, text)| text)
    }

    /// `3 February 2019`, `3. Februar 2019`.
    pub(in crate::protocol) fn day(&self, day: Day) -> String {
        let text = day.to_string();
        let parts = (text.get(..4), text.get(5..7).and_then(|month| month.parse().ok()), text.get(8..10));
        let (Some(year), Some(month), Some(of_month)) = parts else { return text };
        let month: usize = month;
        let Some(name) = month.checked_sub(1).and_then(|index| self.months.get(index)) else { return text };
        let dot = match self.language {
            Language::English => "",
            Language::German => ".",
        };
        format!("{}{dot} {name} {year}", of_month.trim_start_matches('0'))
    }

    /// An amount as this language writes it, with its ISO 4217 code: `USD 1,109.90`, `1.109,90 USD`.
    pub(in crate::protocol) fn money(&self, amount: Money) -> String {
        let (group, point) = match self.language {
            Language::English => (',', '.'),
            Language::German => ('.', ','),
        };
        let decimal = amount.decimal();
        let (sign, digits) = decimal.strip_prefix('-').map_or(("", decimal.as_str()), |digits| ("\u{2212}", digits));
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
        let mut number = String::from(sign);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                number.push(group);
            }
            number.push(digit);
        }
        if let Some(fraction) = fraction {
            number.push(point);
            number.push_str(fraction);
        }
        match self.language {
            Language::English => format!("{}{NO_BREAK_SPACE}{number}", amount.currency()),
            Language::German => format!("{number}{NO_BREAK_SPACE}{}", amount.currency()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    #[test]
    fn m3_days_and_amounts_are_written_as_the_language_does() {
        let (english, german) = (Words::of(Language::English), Words::of(Language::German));
        let day = Day::parse("2019-02-03").unwrap();
        assert_eq!(english.day(day), "3 February 2019");
        assert_eq!(german.day(day), "3. Februar 2019");
        let amount = Money::new(1_234_500_000, Currency::parse("USD").unwrap());
        assert_eq!(english.money(amount), "USD\u{a0}1,234.50");
        assert_eq!(german.money(amount.negated()), "\u{2212}1.234,50\u{a0}USD");
    }
}
