//! The redirect payment in rows.

use super::{Codec, CodecError, Summary};
use crate::domain::redirect_payment::{Effect, Event, RedirectPayment, Reply, State};

impl Codec for RedirectPayment {
    const KIND: &'static str = "redirect_payment";
    fn encode_state(_: &State) -> Result<String, CodecError> {
        todo!()
    }
    fn decode_state(_: &str) -> Result<State, CodecError> {
        todo!()
    }
    fn event_kind(_: &Event) -> &'static str {
        todo!()
    }
    fn encode_event(_: &Event) -> Result<String, CodecError> {
        todo!()
    }
    fn decode_event(_: &str) -> Result<Event, CodecError> {
        todo!()
    }
    fn encode_effect(_: &Effect) -> Result<String, CodecError> {
        todo!()
    }
    fn decode_effect(_: &str) -> Result<Effect, CodecError> {
        todo!()
    }
    fn encode_reply(_: &Reply) -> Result<String, CodecError> {
        todo!()
    }
    fn decode_reply(_: &str) -> Result<Reply, CodecError> {
        todo!()
    }
    fn summary(_: &State) -> Option<Summary> {
        todo!()
    }
}
