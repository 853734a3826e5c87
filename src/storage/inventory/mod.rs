//! Merchants, services and slots in rows (google-booking-server section 7).
//!
//! A load of the feeds is a **generation**: its rows are staged beside those in force, batch by batch, each in a database
//! transaction of its own, so that bookings go on meanwhile. One row says which generation is in force; who reads slots
//! reads that row in the same statement. What is in force no more is removed in the background.
//!
//! `load.rs` stages and puts in force; `lookup.rs` (with `grouped.rs`) and `starts.rs` find slots; `catalog.rs` holds merchants
//! and services in memory,
//! `untold.rs` knows what Google has not been told, `publish.rs` reads everything back for an export,
//! `window.rs` what is told of a service.

mod catalog;
mod grouped;
mod load;
mod lookup;
mod publish;
mod starts;
mod untold;
mod values;
mod window;

pub use catalog::Catalog;
pub use load::{FeedBatch, InForce, Placed, Staging};
pub use lookup::Availability;
pub use untold::UntoldSlot;

pub(super) use catalog::CatalogCache;
pub(super) use grouped::GroupedLookups;

use entity::slot;
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};

/// Whether a slot's row is of the generation in force, within the same statement.
fn in_force() -> SimpleExpr {
    Expr::col((slot::Entity, slot::Column::Generation))
        .eq(Expr::cust("(SELECT \"generation\" FROM \"inventory\" WHERE \"id\" = 1)"))
}
