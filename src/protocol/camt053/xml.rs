//! XML as far as bank statements need it: elements with their path, their text and a currency. No document types, no
//! entities, no other encoding than UTF-8; bounded in depth and in the length of everything.

use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::{Error as XmlError, Reader};

use super::error::{BankStatementProblem as Problem, shortened};

/// How deep elements may be nested; a bank statement needs 14.
const MOST_DEPTH: usize = 64;
/// The longest name of an element, in bytes; the standard's longest has 10.
const MOST_NAME: usize = 100;
/// The longest tag, comment or text that is passed over, in bytes.
const MOST_TOKEN: usize = 256 * 1024;
/// The longest text that is kept, in bytes; the standard's longest has 500 characters.
const MOST_TEXT: usize = 4096;

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// An element begins: [`Xml::path`] is its path.
    Open,
    /// It ends: [`Xml::path`] is still its path. `leaf`: it held no other elements.
    Close {
        /// Whether its text is all there was.
        leaf: bool,
    },
    /// The document is complete.
    End,
}

/// A reader that hands out no more than a budget, so that a token without end does not fill the memory.
struct Metered<R> {
    inner: R,
    left: usize,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let available = self.inner.fill_buf()?;
        Ok(available.get(..self.left).unwrap_or(available))
    }

    fn consume(&mut self, read: usize) {
        self.left = self.left.saturating_sub(read);
        self.inner.consume(read);
    }
}

/// A document that is being read.
pub(super) struct Xml<R> {
    reader: Reader<Metered<R>>,
    buffer: Vec<u8>,
    open: Open,
}

/// What is known of the innermost element.
#[derive(Default)]
struct Open {
    path: String,
    depth: usize,
    text: String,
    overlong: bool,
    currency: Option<String>,
    leaf: bool,
    /// The element ended with the last token: its name goes from the path with the next.
    ended: bool,
    /// Something stood before: no declaration may follow.
    started: bool,
    /// The root element has come.
    rooted: bool,
}

impl<R: BufRead> Xml<R> {
    pub(super) fn new(source: R) -> Self {
        let mut reader = Reader::from_reader(Metered { inner: source, left: MOST_TOKEN });
        reader.config_mut().expand_empty_elements = true;
        Self { reader, buffer: Vec::new(), open: Open::default() }
    }

    /// The path of the element that the last token is about.
    pub(super) fn path(&self) -> &str {
        &self.open.path
    }

    /// The text of the element that has just ended, without white space at its ends and with single spaces inside.
    pub(super) fn text(&self) -> Result<String, Problem> {
        if self.open.overlong {
            return Err(Problem::TooLong(MOST_TEXT));
        }
        Ok(self.open.text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// The `Ccy` attribute of the element that has just begun or ended, if it held no other element with one.
    pub(super) fn currency(&self) -> Option<&str> {
        self.open.currency.as_deref()
    }

    /// Reads on to the next beginning or end of an element.
    pub(super) fn next(&mut self) -> Result<Token, Problem> {
        let Self { reader, buffer, open } = self;
        open.leave();
        loop {
            buffer.clear();
            reader.get_mut().left = MOST_TOKEN;
            let event = reader.read_event_into(buffer).map_err(problem)?;
            match event {
                Event::Start(tag) => {
                    open.begin(&tag)?;
                    return Ok(Token::Open);
                }
                // Empty elements are read as a beginning and an end.
                Event::End(_) | Event::Empty(_) => return Ok(open.end()),
                Event::Text(text) => open.append(&text.xml10_content())?,
                Event::CData(text) => open.append(&text.xml10_content())?,
                Event::GeneralRef(reference) => {
                    let character = resolve(&reference)?;
                    open.append(character.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err(Problem::Doctype),
                Event::Decl(declaration) => open.declare(&declaration)?,
                Event::Comment(_) | Event::PI(_) => open.started = true,
                Event::Eof => return open.finish(),
            }
        }
    }
}

impl Open {
    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), Problem> {
        if self.depth == 0 && self.rooted {
            return Err(Problem::Malformed("a second root element".to_owned()));
        }
        if self.depth >= MOST_DEPTH {
            return Err(Problem::TooDeep(MOST_DEPTH));
        }
        let name = tag.local_name();
        if name.as_ref().len() > MOST_NAME {
            return Err(Problem::TooLong(MOST_NAME));
        }
        if name.as_ref().is_empty() || name.as_ref().contains('/') {
            return Err(Problem::Malformed(format!("{:?} is not the name of an element", name.as_ref())));
        }
        if self.depth > 0 {
            self.path.push('/');
        }
        self.path.push_str(name.as_ref());
        self.depth += 1;
        if !self.rooted {
            root(tag)?;
        }
        (self.started, self.rooted, self.leaf, self.overlong) = (true, true, true, false);
        self.text.clear();
        let currency = tag.try_get_attribute("Ccy").map_err(|error| problem(error.into()))?;
        self.currency = currency.map(|attribute| shortened(attribute.value.as_ref()));
        Ok(())
    }

    fn end(&mut self) -> Token {
        self.ended = true;
        Token::Close { leaf: std::mem::replace(&mut self.leaf, false) }
    }

    /// Takes the element that has ended from the path.
    fn leave(&mut self) {
        if std::mem::take(&mut self.ended) {
            self.path.truncate(self.path.rfind('/').unwrap_or(0));
            self.depth = self.depth.saturating_sub(1);
            self.text.clear();
            self.overlong = false;
            self.currency = None;
        }
    }

    fn append(&mut self, text: &str) -> Result<(), Problem> {
        if text
            .chars()
            .any(|c| matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
        {
            return Err(Problem::Character);
        }
        self.started = true;
        if self.depth == 0 {
            let blank = text.trim().is_empty();
            return if blank { Ok(()) } else { Err(Problem::Malformed("text outside of the root element".to_owned())) };
        }
        if self.text.len() + text.len() > MOST_TEXT {
            // Nobody may want it: an attachment, for example.
            self.overlong = true;
        } else {
            self.text.push_str(text);
        }
        Ok(())
    }

    fn declare(&mut self, declaration: &BytesDecl<'_>) -> Result<(), Problem> {
        if std::mem::replace(&mut self.started, true) {
            return Err(Problem::Malformed("an XML declaration that does not begin the file".to_owned()));
        }
        match declaration.encoding() {
            Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case("utf-8") => {
                Err(Problem::Encoding(shortened(&encoding)))
            }
            Some(Err(error)) => Err(problem(error.into())),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    fn finish(&self) -> Result<Token, Problem> {
        match (self.rooted, self.depth) {
            (false, _) => Err(Problem::Malformed("there is no element".to_owned())),
            (true, 0) => Ok(Token::End),
            (true, _) => Err(Problem::Malformed("the file ends within an element".to_owned())),
        }
    }
}

/// The root must be a `Document` in a camt.053 namespace, of whatever version.
fn root(tag: &BytesStart<'_>) -> Result<(), Problem> {
    let declares = match tag.name().prefix() {
        Some(prefix) => format!("xmlns:{}", prefix.as_ref()),
        None => "xmlns".to_owned(),
    };
    let namespace = tag.try_get_attribute(declares.as_str()).map_err(|error| problem(error.into()))?;
    let namespace = namespace.map(|attribute| attribute.value.into_owned()).unwrap_or_default();
    let local = tag.local_name();
    if local.as_ref() == "Document" && namespace.split(':').any(|part| part.starts_with("camt.053.")) {
        return Ok(());
    }
    Err(Problem::NotCamt053(shortened(format!("{} {namespace}", local.as_ref()).trim_end())))
}

/// What a reference stands for: a character by its number, or one of XML's own five.
fn resolve(reference: &BytesRef<'_>) -> Result<char, Problem> {
    let name: &str = reference;
    match name {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => match reference.resolve_char_ref() {
            Ok(Some(character)) => Ok(character),
            Ok(None) => Err(Problem::Entity(shortened(other))),
            Err(_) => Err(Problem::Character),
        },
    }
}

fn problem(error: XmlError) -> Problem {
    match error {
        XmlError::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Problem::TooLong(MOST_TOKEN),
        XmlError::Io(error) => Problem::Unreadable(io::Error::new(error.kind(), error.to_string())),
        XmlError::Encoding(_) => Problem::NotUtf8,
        XmlError::Syntax(_)
        | XmlError::IllFormed(_)
        | XmlError::InvalidAttr(_)
        | XmlError::Escape(_)
        | XmlError::Namespace(_) => Problem::Malformed(shortened(&error.to_string())),
    }
}
