//! The configuration file as a person wrote it: its lists of keys changed, everything else, comments too, as it was.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, ensure};
use toml_edit::{Array, Decor, DocumentMut, InlineTable, Item, RawString, Table, TableLike, Value};

use crate::cli::write;
use crate::config::Config;
use crate::domain::{Day, Timestamp};

/// Where a list of keys stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// `own_keys` of an account.
    Own(String),
    /// `peer_keys` of an account.
    Peer(String),
    /// `keys` of an issuer.
    Issuer(String),
    /// `signing.keys`
    Signing,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Own(piaid) => write!(f, "own_keys of {piaid}"),
            Self::Peer(piaid) => write!(f, "peer_keys of {piaid}"),
            Self::Issuer(id) => write!(f, "keys of the issuer {id}"),
            Self::Signing => f.write_str("signing.keys"),
        }
    }
}

/// A shared secret that is added.
#[derive(Debug)]
pub(super) struct NewSecret {
    pub(super) id: String,
    /// As it stands in the file.
    pub(super) file: String,
    pub(super) made: Day,
}

/// The file, and what is to become of it.
pub(super) struct ConfigFile {
    /// Behind any link.
    path: PathBuf,
    before: String,
    document: DocumentMut,
}

impl ConfigFile {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let path = path.canonicalize().with_context(|| format!("cannot read the configuration {shown}"))?;
        let before =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read the configuration {shown}"))?;
        let document = before.parse().with_context(|| format!("the configuration {shown} is not TOML"))?;
        Ok(Self { path, before, document })
    }

    /// Adds a key file as the last.
    pub(super) fn add_file(&mut self, place: &Place, file: &str) -> anyhow::Result<()> {
        self.list(place)?.push(Value::from(file));
        Ok(())
    }

    /// Adds a shared secret as the last.
    pub(super) fn add_secret(&mut self, place: &Place, secret: &NewSecret) -> anyhow::Result<()> {
        let mut entry = InlineTable::new();
        entry.insert("id", secret.id.as_str().into());
        entry.insert("secret_file", secret.file.as_str().into());
        entry.insert("made", secret.made.to_string().into());
        self.list(place)?.push(Value::InlineTable(entry));
        Ok(())
    }

    /// Puts the entry at `at` first.
    pub(super) fn put_first(&mut self, place: &Place, at: usize) -> anyhow::Result<()> {
        self.list(place)?.put_first(at);
        Ok(())
    }

    /// Notes that the secret at `at` signs no more.
    pub(super) fn note_stopped(&mut self, place: &Place, at: usize, day: Day) -> anyhow::Result<()> {
        let mut list = self.list(place)?;
        let entry = list.entry(at).ok_or_else(|| not_in_file(place))?;
        entry.insert("signed_until", toml_edit::value(day.to_string()));
        Ok(())
    }

    /// Takes the entry at `at` out.
    pub(super) fn remove(&mut self, place: &Place, at: usize) -> anyhow::Result<()> {
        self.list(place)?.remove(at);
        Ok(())
    }

    /// How many keys the list has in this file: variables may add others.
    pub(super) fn count(&mut self, place: &Place) -> anyhow::Result<usize> {
        Ok(self.list(place)?.len())
    }

    fn list(&mut self, place: &Place) -> anyhow::Result<List<'_>> {
        let missing = || not_in_file(place);
        let root: &mut dyn TableLike = self.document.as_table_mut();
        let (owner, name) = match place {
            Place::Signing => (root.get_mut("signing").and_then(Item::as_table_like_mut), "keys"),
            Place::Issuer(id) => (named(root.get_mut("issuers"), "id", id), "keys"),
            Place::Own(piaid) | Place::Peer(piaid) => {
                let google = root.get_mut("google").and_then(Item::as_table_like_mut);
                let name = if matches!(place, Place::Own(_)) { "own_keys" } else { "peer_keys" };
                (google.and_then(|google| named(google.get_mut("accounts"), "piaid", piaid)), name)
            }
        };
        match owner.and_then(|owner| owner.get_mut(name)).ok_or_else(missing)? {
            Item::Value(Value::Array(array)) => Ok(List::Inline(array)),
            Item::ArrayOfTables(tables) => Ok(List::Tables(tables)),
            Item::None | Item::Value(_) | Item::Table(_) => Err(missing()),
        }
    }

    /// Shows the change, or checks and writes it beside a copy of what was there.
    pub(super) fn save(self, dry_run: bool, now: Timestamp) -> anyhow::Result<()> {
        let after = self.document.to_string();
        let shown = self.path.display();
        if dry_run {
            write::line(format_args!("--- {shown}"))?;
            write::line(format_args!("+++ {shown}, which is not changed"))?;
            for line in difference(&self.before, &after) {
                write::line(line)?;
            }
            return Ok(());
        }
        let base = self.path.parent().unwrap_or(Path::new(""));
        let variables: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Config::from_sources(&after, base, &variables)
            .with_context(|| format!("the changed configuration would be refused; {shown} stays as it was"))?;
        let backup = backup_of(&self.path, now)?;
        replace(&self.path, &after).with_context(|| format!("cannot write {shown}"))?;
        write::line(format_args!("changed {shown}; as it was: {}", backup.display()))
    }
}

fn not_in_file(place: &Place) -> anyhow::Error {
    anyhow!("{place} do not stand in the configuration file as a list: change them where they are set")
}

/// The table of a list whose member `name` says `wanted`.
fn named<'a>(list: Option<&'a mut Item>, name: &str, wanted: &str) -> Option<&'a mut dyn TableLike> {
    let fits = |table: &dyn TableLike| table.get(name).and_then(Item::as_str) == Some(wanted);
    match list? {
        Item::ArrayOfTables(tables) => {
            let found = tables.iter_mut().find(|table| fits(&**table))?;
            Some(found as &mut dyn TableLike)
        }
        Item::Value(Value::Array(array)) => {
            let mut tables = array.iter_mut().filter_map(Value::as_inline_table_mut);
            let found = tables.find(|table| fits(&**table))?;
            Some(found as &mut dyn TableLike)
        }
        Item::None | Item::Value(_) | Item::Table(_) => None,
    }
}

/// A list of keys, in either of TOML's dresses.
enum List<'a> {
    Inline(&'a mut Array),
    Tables(&'a mut toml_edit::ArrayOfTables),
}

impl List<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Inline(array) => array.len(),
            Self::Tables(tables) => tables.len(),
        }
    }

    fn push(&mut self, value: Value) {
        match self {
            Self::Inline(array) => rewrite(array, |items| {
                // On a line of its own, where the others have one.
                let before = items.last().map_or("", |last| last.before.as_str());
                let before = before.rfind('\n').and_then(|at| before.get(at..)).unwrap_or_default().to_owned();
                items.push(Listed { before, value, after: String::new() });
            }),
            Self::Tables(tables) => {
                if let Value::InlineTable(entry) = value {
                    let mut table = Table::new();
                    for (name, value) in entry {
                        table.insert(&name, Item::Value(value));
                    }
                    tables.push(table);
                }
            }
        }
    }

    fn put_first(&mut self, at: usize) {
        match self {
            Self::Inline(array) => rewrite(array, |items| {
                if at < items.len() {
                    let first = items.remove(at);
                    items.insert(0, first);
                }
            }),
            Self::Tables(tables) => {
                // Their place in the file is a number that each of them carries.
                let places: Vec<Option<isize>> = tables.iter().map(Table::position).collect();
                let mut moved: Vec<Table> = tables.iter().cloned().collect();
                if at == 0 || at >= moved.len() {
                    return;
                }
                let first = moved.remove(at);
                moved.insert(0, first);
                tables.clear();
                for (mut table, place) in moved.into_iter().zip(places) {
                    table.set_position(place);
                    tables.push(table);
                }
            }
        }
    }

    fn entry(&mut self, at: usize) -> Option<&mut dyn TableLike> {
        match self {
            Self::Inline(array) => {
                let found = array.get_mut(at).and_then(Value::as_inline_table_mut)?;
                Some(found as &mut dyn TableLike)
            }
            Self::Tables(tables) => {
                let found = tables.get_mut(at)?;
                Some(found as &mut dyn TableLike)
            }
        }
    }

    fn remove(&mut self, at: usize) {
        match self {
            Self::Inline(array) => rewrite(array, |items| {
                if at < items.len() {
                    items.remove(at);
                }
            }),
            Self::Tables(tables) if at < tables.len() => {
                tables.remove(at);
            }
            Self::Tables(_) => {}
        }
    }
}

/// An item of a list with the lines above it, and the comment behind it on its own line.
struct Listed {
    before: String,
    value: Value,
    after: String,
}

/// Changes the items of a list. Comments go where their item goes: TOML's reader counts the one behind an item to whatever
/// comes next.
fn rewrite(array: &mut Array, change: impl FnOnce(&mut Vec<Listed>)) {
    let text = |raw: Option<&RawString>| raw.and_then(RawString::as_str).unwrap_or_default().to_owned();
    let split = |text: &str| {
        let at = text.find('\n').unwrap_or(text.len());
        let (line, below) = text.split_at_checked(at).unwrap_or((text, ""));
        let comment = if line.contains('#') { line.trim_end() } else { "" };
        (comment.to_owned(), below.to_owned())
    };
    let mut items: Vec<Listed> = Vec::new();
    let mut head = String::new();
    for value in array.iter().cloned() {
        let (comment, below) = split(&text(value.decor().prefix()));
        match items.last_mut() {
            Some(last) if last.after.is_empty() => last.after = comment,
            Some(_) => {}
            None => head = comment,
        }
        // Without a comma behind it, the last one has its comment to itself.
        let (after, _) = split(&text(value.decor().suffix()));
        items.push(Listed { before: below, value, after });
    }
    let (comment, mut tail) = split(&text(Some(array.trailing())));
    if let Some(last) = items.last_mut() {
        if last.after.is_empty() {
            last.after = comment;
        }
        if tail.is_empty() {
            tail = split(&text(last.value.decor().suffix())).1;
        }
    }
    let in_line = items.iter().all(|item| item.before.is_empty() && item.after.is_empty()) && head.is_empty();
    change(&mut items);
    array.clear();
    let mut behind = head;
    for (place, Listed { before, mut value, after }) in items.into_iter().enumerate() {
        let space = if in_line && place > 0 { " " } else { "" };
        // A comment ends with its line.
        let line_end = if behind.contains('#') && !before.starts_with('\n') { "\n" } else { "" };
        *value.decor_mut() = Decor::new(format!("{behind}{line_end}{space}{before}"), "");
        array.push_formatted(value);
        behind = after;
    }
    if behind.contains('#') && !tail.starts_with('\n') {
        behind.push('\n');
    }
    array.set_trailing_comma(!in_line);
    array.set_trailing(format!("{behind}{tail}"));
}

/// A copy beside the file, under a name that is free.
fn backup_of(path: &Path, now: Timestamp) -> anyhow::Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let free = (1..1_000).map(|number| path.with_file_name(format!("{name}.{}-{number}.bak", now.to_day())));
    let backup = free.into_iter().find(|backup| !backup.exists());
    let backup = backup.ok_or_else(|| anyhow!("too many copies of {} of today", path.display()))?;
    std::fs::copy(path, &backup).with_context(|| format!("cannot keep a copy as {}", backup.display()))?;
    Ok(backup)
}

/// Whole or not at all, with the rights that the file had.
fn replace(path: &Path, content: &str) -> anyhow::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.new"));
    let rights = std::fs::metadata(path)?.permissions();
    // What an earlier attempt left behind is nobody's.
    let _left_behind = std::fs::remove_file(&beside);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
    let written = (|| {
        file.set_permissions(rights)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _gone = std::fs::remove_file(&beside);
    }
    written?;
    if let Some(folder) = path.parent() {
        // The new name lasts too; where folders cannot be opened, it lasts as the system has it.
        let _synced = std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    ensure!(path.exists(), "the file is gone");
    Ok(())
}

/// Lines that differ, `-` before and `+` after, each run with a line around it.
fn difference(before: &str, after: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    // The longest common lines from each place on.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    let at =
        |common: &Vec<Vec<usize>>, i: usize, j: usize| common.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            let longest = if old.get(i) == new.get(j) {
                at(&common, i + 1, j + 1) + 1
            } else {
                at(&common, i + 1, j).max(at(&common, i, j + 1))
            };
            if let Some(cell) = common.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = longest;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        match (old.get(i), new.get(j)) {
            (Some(same), Some(other)) if same == other => (i, j) = (i + 1, j + 1),
            (Some(gone), other) if other.is_none() || at(&common, i + 1, j) >= at(&common, i, j + 1) => {
                lines.push(format!("-{gone}"));
                i += 1;
            }
            (_, Some(come)) => {
                lines.push(format!("+{come}"));
                j += 1;
            }
            (_, None) => i += 1,
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# ours
[signing]
keys = [{ id = "a", secret_file = "keys/a" }] # the first signs

[[google.accounts]]
piaid = "P_1"
own_keys = [
    "keys/one", # since May
]
[[google.accounts]]
piaid = "P_2"
own_keys = ["keys/two"]

[[issuers]]
id = "BANK_A"
[[issuers.keys]]
id = "a1" # theirs
secret_file = "keys/a1"
"#;

    fn file() -> ConfigFile {
        ConfigFile { path: PathBuf::new(), before: TEXT.to_owned(), document: TEXT.parse().unwrap() }
    }

    fn secret() -> NewSecret {
        NewSecret { id: "b".to_owned(), file: "keys/b".to_owned(), made: Day::parse("2026-11-22").unwrap() }
    }

    #[test]
    fn con_6_keys_are_added_moved_and_taken_out_and_comments_stay() {
        let mut file = file();
        let today = Day::parse("2026-11-22").unwrap();
        let (signing, bank) = (Place::Signing, Place::Issuer("BANK_A".to_owned()));
        for place in [&signing, &bank] {
            file.add_secret(place, &secret()).unwrap();
            file.note_stopped(place, 0, today).unwrap();
            file.put_first(place, 1).unwrap();
        }
        for (piaid, key) in [("P_1", "keys/new"), ("P_2", "keys/new")] {
            let place = Place::Own(piaid.to_owned());
            file.add_file(&place, key).unwrap();
            file.put_first(&place, 1).unwrap();
        }
        let text = file.document.to_string();
        assert!(text.contains(r#"own_keys = ["keys/new", "keys/two"]"#), "{text}");
        for comment in ["# ours", "# the first signs", "# since May", "# theirs"] {
            assert!(text.contains(comment), "{comment}: {text}");
        }
        let read: toml::Value = toml::from_str(&text).unwrap();
        let ids = |keys: &toml::Value| {
            keys.as_array().unwrap().iter().map(|key| key["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&read["signing"]["keys"]), ["b", "a"]);
        assert_eq!(ids(&read["issuers"][0]["keys"]), ["b", "a1"]);
        assert_eq!(read["signing"]["keys"][1]["signed_until"].as_str(), Some("2026-11-22"));
        assert_eq!(read["google"]["accounts"][0]["own_keys"][0].as_str(), Some("keys/new"));
        for place in [&signing, &bank] {
            file.remove(place, 1).unwrap();
            assert_eq!(file.count(place).unwrap(), 1);
        }
        let read: toml::Value = toml::from_str(&file.document.to_string()).unwrap();
        assert_eq!(
            (ids(&read["signing"]["keys"]), ids(&read["issuers"][0]["keys"])),
            (vec!["b".into()], vec!["b".into()])
        );
        assert!(file.add_file(&Place::Own("P_3".to_owned()), "x").unwrap_err().to_string().contains("P_3"));
    }

    #[test]
    fn con_6_a_comment_goes_where_its_key_goes() {
        for (comma, name) in [(",", "with a last comma"), ("", "without")] {
            let text = format!(
                "[signing]\nkeys = [\n  # old ones\n  \"a\", # made in May\n  \"b\"{comma} # made in June\n]\n"
            );
            let list = |change: &dyn Fn(&mut List<'_>)| {
                let mut document: DocumentMut = text.parse().unwrap();
                let keys = document["signing"]["keys"].as_array_mut().unwrap();
                change(&mut List::Inline(keys));
                document.to_string()
            };
            let added = list(&|list| list.push(Value::from("c")));
            let expected =
                "[signing]\nkeys = [\n  # old ones\n  \"a\", # made in May\n  \"b\", # made in June\n  \"c\",\n]\n";
            assert_eq!(added, expected, "{name}");
            let moved = list(&|list| list.put_first(1));
            let expected = "[signing]\nkeys = [\n  \"b\", # made in June\n  # old ones\n  \"a\", # made in May\n]\n";
            assert_eq!(moved, expected, "{name}");
            let gone = list(&|list| list.remove(0));
            assert_eq!(gone, "[signing]\nkeys = [\n  \"b\", # made in June\n]\n", "{name}");
        }
    }

    #[test]
    fn con_6_a_difference_names_the_lines_that_change() {
        assert_eq!(difference("a\nb\nc\n", "a\nx\nc\nd\n"), ["-b", "+x", "+d"]);
        assert_eq!(difference("a\n", "a\n"), [""; 0]);
        assert_eq!(difference("", "a"), ["+a"]);
        assert_eq!(difference("a", ""), ["-a"]);
    }
}
