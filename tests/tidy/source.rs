//! The source tree as tokens: comments gone, texts marked as texts, tests told from the product.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The top of the repository.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A word or a number.
    Word,
    /// A string literal, without its quotes.
    Text,
    /// One other character.
    Mark,
}

/// One token.
#[derive(Debug, Clone)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// How it is written.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it belongs to a test.
    pub test: bool,
}

impl Token {
    /// Whether it is this word or mark.
    pub fn is(&self, text: &str) -> bool {
        self.kind != Kind::Text && self.text == text
    }
}

/// One source file.
#[derive(Debug)]
pub struct Source {
    /// Relative to the top, with slashes.
    pub path: String,
    /// As it is.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<Token>,
}

impl Source {
    /// `file:line: message`.
    pub fn at(&self, line: usize, message: &str) -> String {
        format!("{}:{line}: {message}", self.path)
    }

    /// Whether the tokens from `at` on are these.
    pub fn reads(&self, at: usize, wanted: &[&str]) -> bool {
        wanted.iter().enumerate().all(|(offset, text)| self.tokens.get(at + offset).is_some_and(|t| t.is(text)))
    }

    /// Whether the token at `at` begins a path: not the middle of `a::b`, and `::` follows.
    pub fn begins_path(&self, at: usize) -> bool {
        self.reads(at + 1, &[":", ":"]) && !(at >= 2 && self.reads(at - 2, &[":", ":"]))
    }

    /// The tokens outside tests, with their places.
    pub fn product(&self) -> impl Iterator<Item = (usize, &Token)> {
        self.tokens.iter().enumerate().filter(|(_, token)| !token.test)
    }

    /// The tokens of tests, with their places.
    pub fn tests(&self) -> impl Iterator<Item = (usize, &Token)> {
        self.tokens.iter().enumerate().filter(|(_, token)| token.test)
    }

    /// Whether it lies under `folder`.
    pub fn is_under(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }
}

/// Every Rust file of the workspace.
pub fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    for tree in ["src", "entity", "migration", "tests"] {
        collect(&root().join(tree), &mut paths);
    }
    paths.sort();
    let mut sources: Vec<Source> = paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).expect("a source file is UTF-8");
            let path = relative(&path);
            let tokens = tokens(&text);
            Source { path, text, tokens }
        })
        .collect();
    assert!(sources.len() > 50, "the sources are not where they were: only {} found", sources.len());
    let mut test_files = HashSet::new();
    for source in &mut sources {
        mark_test_modules(source, &mut test_files);
    }
    for source in &mut sources {
        let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let within = |module: &String| stem == module || stem.starts_with(&format!("{module}/"));
        if source.is_under("tests") || test_files.iter().any(within) {
            source.tokens.iter_mut().for_each(|token| token.test = true);
        }
    }
    sources
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("it is inside").to_string_lossy().replace('\\', "/")
}

/// Marks the tokens of `#[cfg(test)] mod name { … }`, and notes the files of `#[cfg(test)] mod name;`.
fn mark_test_modules(source: &mut Source, test_files: &mut HashSet<String>) {
    let mut at = 0;
    while at < source.tokens.len() {
        if !source.reads(at, &["#", "[", "cfg", "(", "test", ")", "]"]) {
            at += 1;
            continue;
        }
        let start = at;
        at += 7;
        while source.reads(at, &["#", "["]) {
            at = end_of_group(source, at + 1);
        }
        while source.tokens.get(at).is_some_and(|token| !token.is("mod") && !token.is("{") && !token.is(";")) {
            at += 1;
        }
        if !source.reads(at, &["mod"]) {
            continue;
        }
        let end = if source.reads(at + 2, &["{"]) {
            end_of_group(source, at + 2)
        } else {
            let stem = source.path.trim_end_matches(".rs").trim_end_matches("/mod");
            test_files.insert(format!("{stem}/{}", source.tokens[at + 1].text));
            at + 3
        };
        source.tokens[start..end].iter_mut().for_each(|token| token.test = true);
        at = end;
    }
}

/// The place behind the bracket that closes the one at `at`.
fn end_of_group(source: &Source, at: usize) -> usize {
    let mut open = 0_usize;
    for (offset, token) in source.tokens[at..].iter().enumerate().filter(|(_, token)| token.kind == Kind::Mark) {
        match token.text.as_str() {
            "{" | "(" | "[" => open += 1,
            "}" | ")" | "]" => open -= 1,
            _ => {}
        }
        if open == 0 {
            return at + offset + 1;
        }
    }
    source.tokens.len()
}

/// Cuts Rust into tokens. Comments are dropped.
pub fn tokens(text: &str) -> Vec<Token> {
    Cutter { chars: text.chars().collect(), at: 0, line: 1, tokens: Vec::new() }.cut()
}

struct Cutter {
    chars: Vec<char>,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
}

impl Cutter {
    fn cut(mut self) -> Vec<Token> {
        while let Some(c) = self.peek(0) {
            match c {
                '/' if self.peek(1) == Some('/') => self.skip_while(|c| c != '\n'),
                '/' if self.peek(1) == Some('*') => self.comment(),
                '"' => self.text(),
                '\'' => self.quote(),
                c if c.is_alphanumeric() || c == '_' => self.word(),
                c if c.is_whitespace() => self.step(),
                c => {
                    self.push(Kind::Mark, c.to_string(), self.line);
                    self.step();
                }
            }
        }
        self.tokens
    }

    fn peek(&self, offset: usize) -> Option<char> {
        self.chars.get(self.at + offset).copied()
    }

    fn step(&mut self) {
        if self.peek(0) == Some('\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    fn skip_while(&mut self, more: impl Fn(char) -> bool) {
        while self.peek(0).is_some_and(&more) {
            self.step();
        }
    }

    fn push(&mut self, kind: Kind, text: String, line: usize) {
        self.tokens.push(Token { kind, text, line, test: false });
    }

    fn comment(&mut self) {
        let mut depth = 0;
        while self.at < self.chars.len() {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.step();
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.step();
                }
                _ => {}
            }
            self.step();
            if depth == 0 {
                return;
            }
        }
    }

    fn text(&mut self) {
        let line = self.line;
        self.step();
        let start = self.at;
        while self.peek(0).is_some_and(|c| c != '"') {
            if self.peek(0) == Some('\\') {
                self.step();
            }
            self.step();
        }
        let end = self.at.min(self.chars.len());
        self.push(Kind::Text, self.chars[start..end].iter().collect(), line);
        self.step();
    }

    /// A character, or the mark of a lifetime.
    fn quote(&mut self) {
        if self.peek(1) == Some('\\') || self.peek(2) == Some('\'') {
            let line = self.line;
            self.step();
            let start = self.at;
            if self.peek(0) == Some('\\') {
                self.step();
            }
            self.step();
            self.skip_while(|c| c != '\'');
            self.push(Kind::Text, self.chars[start..self.at].iter().collect(), line);
        }
        self.step();
    }

    fn word(&mut self) {
        let (start, line) = (self.at, self.line);
        self.skip_while(|c| c.is_alphanumeric() || c == '_');
        let word: String = self.chars[start..self.at].iter().collect();
        let raw = matches!(word.as_str(), "r" | "br" | "cr");
        let hashes = self.chars[self.at..].iter().take_while(|c| **c == '#').count();
        if raw && self.peek(hashes) == Some('"') {
            self.raw_text(hashes);
        } else if matches!(word.as_str(), "b" | "c") && self.peek(0) == Some('"') {
            self.text();
        } else {
            self.push(Kind::Word, word, line);
        }
    }

    fn raw_text(&mut self, hashes: usize) {
        let line = self.line;
        (0..=hashes).for_each(|_| self.step());
        let start = self.at;
        let closes =
            |cutter: &Self| cutter.peek(0) == Some('"') && (1..=hashes).all(|offset| cutter.peek(offset) == Some('#'));
        while self.at < self.chars.len() && !closes(self) {
            self.step();
        }
        self.push(Kind::Text, self.chars[start..self.at].iter().collect(), line);
        (0..=hashes).for_each(|_| self.step());
    }
}

/// Fails with all findings, one a line.
#[track_caller]
pub fn none(findings: Vec<String>) {
    assert!(findings.is_empty(), "{} finding(s):\n{}\n", findings.len(), findings.join("\n"));
}

#[test]
fn the_cutter_tells_code_from_comments_and_texts() {
    let code = r##"let a = "unwrap() // \" \\"; // panic!()
        /* /* todo!() */ x */ 'b'; '\''; f::<'life>(r#"a "q" b"#, b"z", 1.5);"##;
    let cut = tokens(code);
    let words: Vec<&str> = cut.iter().filter(|t| t.kind == Kind::Word).map(|t| t.text.as_str()).collect();
    assert_eq!(words, ["let", "a", "f", "life", "1", "5"]);
    let texts: Vec<&str> = cut.iter().filter(|t| t.kind == Kind::Text).map(|t| t.text.as_str()).collect();
    assert_eq!(texts, [r#"unwrap() // \" \\"#, "b", "\\'", r#"a "q" b"#, "z"]);
    assert_eq!(cut.last().map(|t| t.line), Some(2));
}

#[test]
fn the_cutter_finds_test_modules() {
    let text = "fn a() {}\n#[cfg(test)]\n#[allow(x)]\nmod tests { fn b() { if c {} } }\n#[cfg(test)]\nmod other;";
    let mut source = Source { path: "src/x/mod.rs".into(), text: text.into(), tokens: tokens(text) };
    let mut files = HashSet::new();
    mark_test_modules(&mut source, &mut files);
    let product: Vec<&str> = source.product().map(|(_, t)| t.text.as_str()).collect();
    assert_eq!(product, ["fn", "a", "(", ")", "{", "}"]);
    assert_eq!(files.into_iter().collect::<Vec<_>>(), ["src/x/other"]);
}
