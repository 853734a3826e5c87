//! Carries out the effects of bank transfers: asks a statement whether this is its payment, or tells it that it was not.

use super::preview::{self, Description};
use super::registry::Registry;
use super::route::{Carried, Effects, Failure};
use super::shell::{Ask, AskError, Told};
use crate::domain::bank_transfer::{Answer, BankTransfer, Effect, Input, Refusal};
use crate::domain::remittance::{self, Remittance};
use crate::storage::OutboxRow;

/// What bank transfers reach: the statements that they may pay.
pub struct BankEffects {
    /// The statements.
    pub statements: Registry<Remittance>,
}

impl Effects for BankEffects {
    type Machine = BankTransfer;

    async fn describe(&self, effect: Effect, _: &OutboxRow) -> Description {
        preview::house::transfer(&effect)
    }

    async fn carry_out(&self, effect: Effect, _: &OutboxRow) -> Carried<Input> {
        let (offer, input) = match effect {
            Effect::OfferToStatement { transfer, offer, amount, booked_at } => {
                (offer, remittance::Input::Transferred { transfer, number: offer.number, amount, at: booked_at })
            }
            Effect::TakeFromStatement { transfer, offer, by, why } => {
                (offer, remittance::Input::TransferTakenBack { transfer, number: offer.number, by, why })
            }
        };
        // Asked twice, a statement answers twice the same: it knows which transfer has paid it.
        let asked = self.statements.ask(Ask::plain(offer.statement, input)).await.map(Told::into_reply);
        let answer = match asked {
            Ok(remittance::Reply::TransferTaken) => Answer::Taken,
            Ok(remittance::Reply::TransferRefused(why)) => Answer::Refused(why.into()),
            Ok(remittance::Reply::TransferLetGo) => Answer::LetGo,
            Err(AskError::Rejected(remittance::Rejection::Unknown)) => Answer::Refused(Refusal::NoSuchStatement),
            Err(AskError::Overloaded | AskError::Unavailable) => {
                return Carried::Failed(Failure::failed("the statement could not be asked now"));
            }
            // No state answers a transfer like this; a later binary on another node might.
            Ok(remittance::Reply::Noted | remittance::Reply::Standing { .. })
            | Err(AskError::Rejected(_) | AskError::IdempotencyViolation | AskError::Refused(_)) => {
                return Carried::Failed(Failure::refused("the statement did not say whether it takes the transfer"));
            }
        };
        Carried::Done(Box::new(Input::Answered { number: offer.number, answer }))
    }
}
