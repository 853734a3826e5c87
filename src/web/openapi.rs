//! The admin API's own description (contract section 3).

use actix_web::HttpResponse;
use actix_web::http::header;

/// The OpenAPI 3.1 document of the admin API, written by hand. Tests hold it to the routes that there are.
pub const OPENAPI: &str = include_str!("../../static/openapi.json");

/// `GET /api/v1/openapi.json`: for anybody who reaches the listener; it says nothing of this server.
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((header::CACHE_CONTROL, "no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(OPENAPI)
}
