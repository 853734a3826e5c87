//! Style sheets, logos and icons from `static/`, embedded in the binary, under addresses that change with their content.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use rust_embed::RustEmbed;

/// Path prefix of every asset, relative to the public URL.
pub const PREFIX: &str = "/static/";

/// Hexadecimal digits of the content's SHA-256 that stand in the address.
const HASH_DIGITS: usize = 16;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/static"]
struct Embedded;

/// A file that may be served.
struct Asset {
    bytes: Cow<'static, [u8]>,
    mime: &'static str,
    hash: String,
}

/// What an asset's address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The content, to be answered as it is.
    pub bytes: &'static [u8],
    /// The value of `Content-Type`.
    pub mime: &'static str,
    /// The address carries the hash of exactly this content: it may be cached for ever. Otherwise (an address of another
    /// release, while nodes are being replaced) the content must not be cached.
    pub immutable: bool,
}

/// Read once, so that address and content belong together even when a debug build reads from disk.
static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    Embedded::iter()
        .filter_map(|name| {
            let mime = mime_of(&name)?;
            let file = Embedded::get(&name)?;
            let digits = file.metadata.sha256_hash().into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
            let hash = digits.take(HASH_DIGITS).filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
            Some((name.into_owned(), Asset { bytes: file.data, mime, hash }))
        })
        .collect()
});

/// Only what a page may load; the texts also live under `static/` and are not served.
fn mime_of(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "ico" => Some("image/x-icon"),
        _ => None,
    }
}

/// The address path of an asset, `/static/<hash>/<name>`, for example of `logos/bank-a.svg`. `None` when there is no such
/// asset. The caller puts the public URL's path prefix before it.
pub fn path_of(name: &str) -> Option<String> {
    ASSETS.get(name).map(|asset| format!("{PREFIX}{}/{name}", asset.hash))
}

/// The asset at an address path that [`path_of`] made, in this release or another.
pub fn find(path: &str) -> Option<Found> {
    let (hash, name) = path.strip_prefix(PREFIX)?.split_once('/')?;
    let asset = ASSETS.get(name)?;
    Some(Found { bytes: &asset.bytes, mime: asset.mime, immutable: asset.hash == hash })
}

/// The names of the built-in assets in a folder such as `logos/`, in alphabetical order.
pub fn names_under(folder: &str) -> impl Iterator<Item = &'static str> {
    ASSETS.keys().map(String::as_str).filter(move |name| name.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_at_its_path_and_cacheable_there_alone() {
        let path = path_of("payer.css").unwrap();
        let found = find(&path).unwrap();
        assert!(found.immutable && found.mime == "text/css; charset=utf-8" && found.bytes.len() > 1000);
        let old = find("/static/0123456789abcdef/payer.css").unwrap();
        assert_eq!((old.bytes, old.immutable), (found.bytes, false));
    }

    #[test]
    fn only_pages_assets_are_served() {
        for path in [
            "/static/0123456789abcdef/texts/en.ftl",
            "/static/0123456789abcdef/../Cargo.toml",
            "/static/payer.css",
            "/static//",
            "/payer.css",
            "",
        ] {
            assert_eq!(find(path), None, "{path}");
        }
        assert_eq!(path_of("texts/de.ftl"), None);
    }

    #[test]
    fn the_sandbox_has_twelve_logos_that_load_nothing() {
        let logos: Vec<_> = names_under("logos/").collect();
        assert_eq!(logos.len(), 12, "{logos:?}");
        for name in logos.iter().chain(&["favicon.svg"]) {
            let found = find(&path_of(name).unwrap()).unwrap();
            let svg = std::str::from_utf8(found.bytes).unwrap();
            assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{name}");
            for banned in ["<script", "style", "href", "url(", "<image", "<!"] {
                assert!(!svg.contains(banned), "{name} contains {banned}");
            }
        }
    }

    #[test]
    fn the_style_sheet_is_small_and_loads_nothing() {
        let css = std::str::from_utf8(find(&path_of("payer.css").unwrap()).unwrap().bytes).unwrap();
        assert!(css.len() < 12_000, "{} bytes", css.len());
        for banned in ["@import", "url(", "http", "@font-face"] {
            assert!(!css.contains(banned), "{banned}");
        }
    }
}
