//! Rows: every test that touches a database runs on SQLite and on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod alarm;
mod audit;
mod audit_log;
mod balances;
mod booking_codec;
mod booking_dice;
mod claims;
mod codec;
mod codec_dice;
mod commit;
mod crowd;
mod figures;
pub(crate) mod fixture;
mod inventory;
mod invoice;
mod outbox;
mod plans;
mod plans_console;
mod remittance;
mod remittance_codec;
mod schema;
mod search;
mod session;
mod token;
mod user;

/// Runs one test body on both databases.
macro_rules! on_both {
    ($($body:ident => $sqlite:ident, $postgres:ident;)*) => {
        $(
            #[tokio::test]
            async fn $sqlite() {
                $body(&crate::storage::fixture::Home::sqlite().await).await;
            }

            #[tokio::test]
            async fn $postgres() {
                $body(&crate::storage::fixture::Home::postgres().await).await;
            }
        )*
    };
}
pub(crate) use on_both;
