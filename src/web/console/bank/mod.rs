//! The bank's side: transfers from imported bank statements, which statement each pays, and the import itself.

mod import;
mod list;
mod show;
mod take_back;

use maud::Markup;

use super::parts::{Mood, badge};
use super::routes::{Fields, LOOK, MONEY, Route, form, get, page, post};
use super::words::Words;
use crate::domain::Machine as _;
use crate::domain::bank_transfer::{BankTransfer, State};

/// The pages.
pub(super) const ROUTES: &[Route] = &[
    page("/bank", LOOK, || get().to(list::list)),
    page("/bank/import", MONEY, || get().to(import::page)),
    form("/bank/import", MONEY, ("bank.import", Fields::File), || post().to(import::import)),
    page("/bank/{id}", LOOK, || get().to(show::show)),
    form("/bank/{id}/match", MONEY, ("bank.match", Fields::Noted), || post().to(show::rematch)),
    page("/bank/{id}/take-back", MONEY, || get().to(take_back::page)),
    form("/bank/{id}/take-back", MONEY, ("bank.take-back", Fields::Noted), || post().to(take_back::take_back)),
];

/// The states that a list can be narrowed to.
const STATES: [&str; 6] = ["Unmatched", "Differs", "Offered", "Matched", "TakingBack", "PaidOut"];

/// The state as a label.
fn standing(words: &Words, state: &State) -> Markup {
    let mood = match state {
        State::Unheard | State::Offered { .. } | State::TakingBack { .. } => Mood::Waiting,
        State::Unmatched { .. } | State::Differs { .. } => Mood::Attention,
        State::Matched { .. } | State::PaidOut { .. } => Mood::Good,
    };
    badge(mood, &words.name("bank-state", BankTransfer::state_name(state)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::bank_transfer::Refusal;
    use crate::web::locale::Locale;

    #[test]
    fn con_4_every_state_and_refusal_has_words_in_both_languages() {
        for locale in [Locale::En, Locale::De] {
            let words = Words::of(locale);
            for state in STATES {
                assert!(words.knows("bank-state", state), "{state}");
            }
            for why in Refusal::ALL {
                assert!(words.knows("bank-refusal", why.as_str()), "{why:?}");
            }
        }
    }
}
