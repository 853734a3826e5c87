//! Long work of people: exports, imports, bulk retries, on both databases and with real servers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod bench;
mod leases;
mod runner;
mod server;
mod steps;

/// Runs one test body on both databases, within an actix system.
macro_rules! on_both {
    ($($body:ident => $sqlite:ident, $postgres:ident;)*) => {
        $(
            #[actix_web::test]
            async fn $sqlite() {
                $body(&crate::storage::fixture::Home::sqlite().await).await;
            }

            #[actix_web::test]
            async fn $postgres() {
                $body(&crate::storage::fixture::Home::postgres().await).await;
            }
        )*
    };
}
use on_both;
