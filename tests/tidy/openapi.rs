//! No route of the admin API without its place in the OpenAPI document, and the other way round.

use std::collections::BTreeSet;

use crate::source::{none, root, sources};

/// Every `"/api/v1/…"` that a resource of `src/web` is made with.
fn registered() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for source in sources().iter().filter(|source| source.is_under("src/web")) {
        let product = source.text.split("#[cfg(test)]").next().unwrap_or_default();
        for opening in ["resource(\"", "resource(\n", "posts(\""] {
            for rest in product.split(opening).skip(1) {
                let text = rest.trim_start().trim_start_matches('"');
                let path = text.split('"').next().unwrap_or_default();
                if path.starts_with("/api/v1/") {
                    found.insert(path.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn con_6_the_openapi_document_has_every_route_of_the_admin_api() {
    let file = root().join("static/openapi.json");
    let text = std::fs::read_to_string(file).expect("it is there");
    // Paths are the only members of the document that begin with a slash.
    let documented: BTreeSet<String> = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix('"')?.split_once("\": {").map(|(name, _)| name.to_owned()))
        .filter(|name| name.starts_with("/api/v1/"))
        .collect();
    let registered = registered();
    assert!(registered.len() > 30, "the routes were not found: {registered:?}");
    let missing =
        registered.difference(&documented).map(|path| format!("src/web: {path} is not in static/openapi.json"));
    let gone =
        documented.difference(&registered).map(|path| format!("static/openapi.json: {path} is no route of src/web"));
    none(missing.chain(gone).collect());
}
