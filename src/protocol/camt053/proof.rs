//! What the reader promises: statements of two banks read to the last member, everything written is read back, and
//! whatever is not a bank statement is refused without harm.

use std::io::{BufReader, Read, repeat};

use proptest::prelude::*;

use super::error::BankStatementProblem as P;
use super::*;
use crate::domain::bank_transfer::{BankDay, Direction};
use crate::domain::{Currency, Money};

const VERSION_2: &str = include_str!("../../../tests/it/bank/camt053-001-02.xml");
const VERSION_8: &str = include_str!("../../../tests/it/bank/camt053-001-08.xml");

type Outcome = Result<Vec<BankStatementItem>, InvalidBankStatement>;

fn read(file: impl AsRef<[u8]>) -> Outcome {
    // A small buffer, so that every token crosses its borders somewhere.
    BankStatementReader::new(BufReader::with_capacity(7, file.as_ref())).collect()
}

fn transfers(items: &[BankStatementItem]) -> Vec<&BankEntry> {
    items
        .iter()
        .filter_map(|item| match item {
            BankStatementItem::Transfer(transfer) => Some(&transfer.entry),
            BankStatementItem::Closed(_) => None,
        })
        .collect()
}

fn closes(items: &[BankStatementItem]) -> Vec<&StatementClose> {
    items
        .iter()
        .filter_map(|item| match item {
            BankStatementItem::Closed(close) => Some(close),
            BankStatementItem::Transfer(_) => None,
        })
        .collect()
}

fn money(micros: i64, code: &str) -> Money {
    Money::new(micros, Currency::parse(code).unwrap())
}

fn day(text: &str) -> BankDay {
    BankDay::parse(text).unwrap()
}

/// A file with one statement that holds `entries`.
fn file(entries: &str) -> String {
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S1</Id>\
         <Acct><Id><IBAN>DE02</IBAN></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// A booked credit of 5.00 EUR that also holds `more`.
fn entry(more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>\
         <BookgDt><Dt>2026-11-07</Dt></BookgDt>{more}</Ntry>"
    )
}

#[test]
fn version_2_is_read_to_the_last_member() {
    let items = read(VERSION_2).unwrap();
    let template = BankEntry {
        statement: "2026-11-07/211".to_owned(),
        account: "DE02120300000000202051".to_owned(),
        servicer_reference: Some("2026110700001".to_owned()),
        entry_reference: Some("1".to_owned()),
        part: 0,
        ordinal: 0,
        direction: Direction::Left,
        reversal: false,
        amount: money(109_900_000, "EUR"),
        booked_on: day("2026-11-07"),
        valued_on: None,
        end_to_end: Vec::new(),
        texts: Vec::new(),
        counterparty: None,
    };
    let of_batch = BankEntry {
        servicer_reference: Some("2026110700002".to_owned()),
        entry_reference: Some("2".to_owned()),
        direction: Direction::Came,
        counterparty: Some("Bank Aurelia".to_owned()),
        ..template.clone()
    };
    let expected = [
        BankEntry {
            valued_on: Some(day("2026-11-09")),
            end_to_end: vec!["OCT-2026".to_owned()],
            texts: vec!["REMITTANCE OCTOBER 2026 STMT-1AB-PP".to_owned(), "0-INVISI".to_owned()],
            counterparty: Some("Gallia Payments & Co".to_owned()),
            ..template.clone()
        },
        BankEntry {
            part: 1,
            amount: money(100_000_000, "EUR"),
            texts: vec!["Payments of 5 November".to_owned(), "Collective credit".to_owned()],
            ..of_batch.clone()
        },
        BankEntry {
            part: 2,
            amount: money(150_500_000, "EUR"),
            end_to_end: vec!["AUR-6".to_owned()],
            texts: vec!["RF18539007547034".to_owned(), "Collective credit".to_owned()],
            ..of_batch.clone()
        },
        BankEntry {
            part: 3,
            amount: money(49_500_000, "EUR"),
            texts: vec!["Collective credit".to_owned()],
            counterparty: Some("Bank Borealis".to_owned()),
            ..of_batch
        },
        BankEntry {
            servicer_reference: None,
            entry_reference: Some("3".to_owned()),
            amount: money(12_000_000, "EUR"),
            texts: vec!["Fees <October>".to_owned()],
            ..template.clone()
        },
        BankEntry {
            servicer_reference: Some("2026110700005".to_owned()),
            entry_reference: Some("5".to_owned()),
            direction: Direction::Came,
            reversal: true,
            texts: vec!["Account of the payee is closed".to_owned()],
            counterparty: Some("Gallia Payments & Co".to_owned()),
            ..template
        },
    ];
    assert_eq!(transfers(&items), expected.iter().collect::<Vec<_>>());
    let close = StatementClose {
        statement: "2026-11-07/211".to_owned(),
        account: "DE02120300000000202051".to_owned(),
        booked: 4,
        transfers: 6,
        passed_over: PassedOver { pending: 1, ..PassedOver::default() },
        balance: BalanceCheck::Holds,
    };
    assert_eq!(closes(&items), [&close]);
}

#[test]
fn version_8_is_read_with_its_prefix_and_both_statements() {
    let items = read(VERSION_8).unwrap();
    let [inr, kwd] = transfers(&items)[..] else { panic!("two transfers: {items:?}") };
    assert_eq!(inr.account, "50100123456789");
    // What is booked counts, not what was sent before charges.
    assert_eq!((inr.amount, inr.direction), (money(50_000_000_000, "INR"), Direction::Came));
    assert_eq!((inr.booked_on, inr.valued_on), (day("2026-11-07"), Some(day("2026-11-07"))));
    assert_eq!(inr.servicer_reference.as_deref(), Some("N311260012345"), "NONREF is no reference");
    assert_eq!(inr.texts, ["NEFT N311260012345"]);
    assert_eq!(inr.counterparty.as_deref(), Some("Bank Borealis"));
    // A batch whose payments state no amounts stays one transfer.
    assert_eq!((kwd.amount, kwd.part), (money(1_234_000, "KWD"), 0));
    assert_eq!(
        (kwd.booked_on, kwd.texts.as_slice()),
        (day("2026-11-08"), &["stmt-2cd".to_owned(), "second of two".to_owned()][..])
    );
    let [first, second] = closes(&items)[..] else { panic!("two statements: {items:?}") };
    assert_eq!(first.passed_over, PassedOver { pending: 0, information: 1, other: 1 });
    assert_eq!((first.balance, second.balance), (BalanceCheck::Holds, BalanceCheck::Unchecked));
    assert_eq!((second.statement.as_str(), second.booked, second.transfers), ("KWD-0007", 1, 1));
}

#[test]
fn balances_that_the_entries_do_not_explain_are_a_warning() {
    let items = read(VERSION_2.replace("10288.00", "10288.01")).unwrap();
    assert_eq!(transfers(&items).len(), 6, "the entries are read all the same");
    let differs = BalanceCheck::Differs {
        computed_micros: 10_288_000_000,
        stated_micros: 10_288_010_000,
        currency: Currency::parse("EUR").unwrap(),
    };
    assert_eq!(closes(&items)[0].balance, differs);
    for unchecked in [VERSION_2.replace("CLBD", "CLAV"), VERSION_2.replace("EUR\">10000", "USD\">10000")] {
        assert_eq!(closes(&read(unchecked).unwrap())[0].balance, BalanceCheck::Unchecked);
    }
}

#[test]
fn the_same_file_again_meets_the_same_ids_and_nothing_else_does() {
    let ids = |file: &str| -> Vec<TransactionId> {
        let items = read(file).unwrap();
        let id = |item: &BankStatementItem| match item {
            BankStatementItem::Transfer(transfer) => Some(transfer.id),
            BankStatementItem::Closed(_) => None,
        };
        items.iter().filter_map(id).collect()
    };
    let mut once = [ids(VERSION_2), ids(VERSION_8)].concat();
    assert_eq!(once, [ids(VERSION_2), ids(VERSION_8)].concat());
    // Three entries that nothing distinguishes are three transfers, and in a statement that is sent again the same three.
    let alike = entry("").repeat(3);
    let three = ids(&file(&alike));
    let twice = file(&alike)
        .replace("</Stmt>", &format!("</Stmt><Stmt><Id>S2</Id><Acct><Id><IBAN>DE02</IBAN></Id></Acct>{alike}</Stmt>"));
    assert_eq!(ids(&twice), [three.clone(), three.clone()].concat());
    // With a reference of the bank's own they are one.
    let referenced = ids(&file(&entry("<AcctSvcrRef>R</AcctSvcrRef>").repeat(2)));
    assert_eq!(referenced[0], referenced[1]);
    once.extend(three);
    once.push(referenced[0]);
    let all = once.len();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), all);
}

#[test]
fn a_batch_adds_up_or_is_refused() {
    let payment = |amount: &str, more: &str| format!("<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt>{more}</TxDtls>");
    let batch = |payments: &[String]| file(&entry(&format!("<NtryDtls>{}</NtryDtls>", payments.concat())));
    let debit = "<CdtDbtInd>DBIT</CdtDbtInd>";
    let amounts = |file: String| -> Vec<i64> {
        transfers(&read(file).unwrap()).iter().map(|entry| entry.paid_by_us().micros()).collect()
    };
    assert_eq!(amounts(batch(&[payment("2", ""), payment("3", "")])), [-2_000_000, -3_000_000]);
    assert_eq!(amounts(batch(&[payment("7", ""), payment("2", debit), payment("0", "")])), [-7_000_000, 2_000_000]);
    // One payment is not taken apart: what it states may be before charges.
    assert_eq!(amounts(batch(&[payment("6", "")])), [-5_000_000]);
    for refused in [
        batch(&[payment("2", ""), payment("3.000001", "")]),
        batch(&[payment("5", ""), "<TxDtls/>".to_owned()]),
        batch(&[payment("5", ""), payment("1", "").replace("EUR", "USD")]),
    ] {
        let error = read(refused).unwrap_err();
        assert!(matches!(error.problem, P::BatchDiffers { .. }), "{error}");
        assert_eq!(error.place.to_string(), "Document/BkToCstmrStmt/Stmt/Ntry (statement 1, entry 1)");
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let ntry = "Document/BkToCstmrStmt/Stmt/Ntry";
    let second = |from: &str, to: &str| file(&format!("{}{}", entry(""), entry("").replace(from, to)));
    for (broken, path, problem) in [
        (second("5.00", "1.0000001"), "/Amt", "\"1.0000001\" has more than six digits after the point"),
        (second("5.00", "9223372036855"), "/Amt", "\"9223372036855\" is more than 9223372036854.775807"),
        (second("5.00", "-5.00"), "/Amt", "\"-5.00\" is not an unsigned decimal number"),
        (second("5.00", "5,00"), "/Amt", "\"5,00\" is not an unsigned decimal number"),
        (second("EUR", "eur"), "/Amt", "\"eur\" is not an ISO 4217 currency code"),
        (second(" Ccy=\"EUR\"", ""), "/Amt", "Ccy is missing"),
        (second("5.00", "5<x/>.00"), "", "Amt is missing"),
        (second("CRDT", "CREDIT"), "/CdtDbtInd", "\"CREDIT\" is not CRDT or DBIT"),
        (second("<Sts>BOOK</Sts>", ""), "", "Sts is missing"),
        (second("<Sts>", "<Sts>BOOK</Sts><Sts>"), "/Sts", "stands twice"),
        (second("2026-11-07", "2026-02-29"), "/BookgDt/Dt", "\"2026-02-29\" is not a day (YYYY-MM-DD)"),
        (second("<BookgDt><Dt>2026-11-07</Dt></BookgDt>", ""), "", "BookgDt is missing"),
        (second("BOOK", "BO\u{1}OK"), "/Sts", "a character that XML does not allow"),
        (second("BOOK", "BO&#0;OK"), "/Sts", "a character that XML does not allow"),
        (second("BOOK", &"B".repeat(5_000)), "/Sts", "longer than 4096 bytes"),
    ] {
        let error = read(&broken).unwrap_err();
        assert_eq!(error.to_string(), format!("{ntry}{path} (statement 1, entry 2): {problem}"));
    }
    let missing = |name: &str| read(VERSION_2.replace(name, "Other")).unwrap_err().to_string();
    assert_eq!(missing("IBAN"), format!("{ntry} (statement 1, entry 1): Stmt/Acct/Id is missing"));
    assert_eq!(missing("Stmt"), "the file: Stmt is missing");
}

#[test]
fn what_is_no_bank_statement_is_refused() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;\">]>\
                  <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\">&lol2;</Document>";
    assert!(matches!(read(laughs).unwrap_err().problem, P::Doctype));
    let entity = file(&entry("<AddtlNtryInf>&lol;</AddtlNtryInf>"));
    assert!(matches!(read(entity).unwrap_err().problem, P::Entity(name) if name == "lol"));
    for declared in ["ISO-8859-1", "UTF-16", "windows-1252"] {
        let error = read(VERSION_2.replace("UTF-8", declared)).unwrap_err();
        assert!(matches!(error.problem, P::Encoding(_)), "{error}");
    }
    let latin: Vec<u8> = VERSION_2.replace("Fees", "@").bytes().map(|b| if b == b'@' { 0xe4 } else { b }).collect();
    assert!(matches!(read(latin).unwrap_err().problem, P::NotUtf8));
    let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(VERSION_2.bytes().flat_map(|byte| [byte, 0])).collect();
    assert!(matches!(read(wide).unwrap_err().problem, P::NotUtf8));
    for other in [
        "<html/>".to_owned(),
        VERSION_2.replace("camt.053", "camt.052"),
        VERSION_2.replacen(" xmlns=", " ns=", 1),
        VERSION_8.replacen("xmlns:c=", "xmlns:d=", 1),
    ] {
        let error = read(other).unwrap_err();
        assert!(matches!(error.problem, P::NotCamt053(_)), "{error}");
    }
    for malformed in [
        String::new(),
        "statement".to_owned(),
        VERSION_2.replacen("</Ntry>", "</Nrty>", 1),
        format!("{VERSION_2}<Document/>"),
        format!("{VERSION_2} and more"),
        format!("<!-- --> {VERSION_2}"),
        VERSION_2.replacen("<Sts>", "<Sts/x>", 1),
        VERSION_2.replacen("<Sts>", "<>", 1),
    ] {
        let error = read(&malformed).unwrap_err();
        assert!(matches!(error.problem, P::Malformed(_)), "{error}");
    }
    assert!(read(format!("\u{feff}{VERSION_2}\n")).is_ok(), "a byte order mark and a last line end do no harm");
}

#[test]
fn a_file_that_breaks_off_is_never_complete() {
    let whole = VERSION_2.trim_end().len();
    for end in (0..whole).step_by(13).chain([whole - 1]) {
        assert!(read(&VERSION_2.as_bytes()[..end]).is_err(), "at byte {end}");
    }
}

#[test]
fn nothing_without_end_is_waited_for() {
    let start = file("");
    let start = start.split("</Stmt>").next().unwrap();
    let endless = |begin: &str, byte: u8| {
        let source = BufReader::new(std::io::Cursor::new(format!("{start}{begin}")).chain(repeat(byte)));
        let read: Outcome = BankStatementReader::new(source).collect();
        read.unwrap_err().problem
    };
    for begin in ["<Ntry", "<Ntry a=\"", "<!--", "<![CDATA[", "<?pi ", "<Ntry><NtryRef>", "<Ntry>&", "</"] {
        assert!(matches!(endless(begin, b'x'), P::TooLong(_)), "{begin}");
    }
    let deep = file(&"<a>".repeat(100_000));
    assert!(matches!(read(deep).unwrap_err().problem, P::TooDeep(64)));
    let many = file(&format!("<Ntry><NtryDtls>{}", "<TxDtls/>".repeat(50_001)));
    assert!(matches!(read(many).unwrap_err().problem, P::TooMany { .. }));
    let long =
        "<Ntry><NtryDtls><TxDtls><RmtInf>".to_owned() + &format!("<Ustrd>{}</Ustrd>", "x".repeat(4_000)).repeat(4_500);
    assert!(matches!(read(file(&long)).unwrap_err().problem, P::TooMany { .. }));
}

#[test]
fn an_attachment_is_passed_over() {
    let scan = "A".repeat(200_000);
    let items = read(file(&entry(&format!("<SplmtryData><Envlp><S>{scan}</S></Envlp></SplmtryData>")))).unwrap();
    assert_eq!(transfers(&items).len(), 1);
}

/// What a test writes as an entry.
#[derive(Debug, Clone)]
struct Written {
    entry: BankEntry,
    pending: bool,
    late: bool,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&#62;")
}

fn tag(name: &str, text: Option<&String>) -> String {
    text.map(|text| format!("<{name}>{}</{name}>", escaped(text))).unwrap_or_default()
}

/// `late`: in the words of version 8.
fn write(Written { entry, pending, late }: &Written) -> String {
    let micros = entry.amount.micros();
    let came = entry.direction == Direction::Came;
    let status = if *pending { "PDNG" } else { "BOOK" };
    let on =
        |day: BankDay| if *late { format!("<DtTm>{day}T10:00:00+01:00</DtTm>") } else { format!("<Dt>{day}</Dt>") };
    let name = tag("Nm", entry.counterparty.as_ref());
    let name = if *late { format!("<Pty>{name}</Pty>") } else { name };
    let party = if came == entry.reversal { "Cdtr" } else { "Dbtr" };
    let party = entry.counterparty.as_ref().map(|_| format!("<RltdPties><{party}>{name}</{party}></RltdPties>"));
    let texts: Vec<String> = entry.texts.iter().map(|text| tag("Ustrd", Some(text))).collect();
    [
        "<Ntry>".to_owned(),
        tag("NtryRef", entry.entry_reference.as_ref()),
        format!("<Amt Ccy=\"{}\">", entry.amount.currency()),
        format!("{}.{:06}</Amt>", micros / 1_000_000, micros % 1_000_000),
        format!("<CdtDbtInd>{}</CdtDbtInd>", if came { "CRDT" } else { "DBIT" }),
        if entry.reversal { "<RvslInd>true</RvslInd>".to_owned() } else { String::new() },
        if *late { format!("<Sts><Cd>{status}</Cd></Sts>") } else { format!("<Sts>{status}</Sts>") },
        format!("<BookgDt>{}</BookgDt>", on(entry.booked_on)),
        entry.valued_on.map(|day| format!("<ValDt>{}</ValDt>", on(day))).unwrap_or_default(),
        tag("AcctSvcrRef", entry.servicer_reference.as_ref()),
        format!("<NtryDtls><TxDtls><Refs>{}</Refs>", tag("EndToEndId", entry.end_to_end.first())),
        party.unwrap_or_default(),
        format!("<RmtInf>{}</RmtInf></TxDtls></NtryDtls></Ntry>", texts.concat()),
    ]
    .concat()
}

prop_compose! {
    fn any_day()(year in 1900..=9999_u16, month in 1..=12_u8, day in 1..=28_u8) -> BankDay {
        BankDay::parse(&format!("{year:04}-{month:02}-{day:02}")).unwrap()
    }
}

fn any_text() -> impl Strategy<Value = String> {
    "[!-~äß€\u{10348}]{1,30}( [!-~]{1,30}){0,2}"
}

prop_compose! {
    fn any_written()(
        (servicer_reference, entry_reference) in (prop::option::of("[A-M0-9]{1,16}"), prop::option::of("[0-9]{1,3}")),
        (came, reversal, pending, late) in (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()),
        micros in 1..=i64::MAX,
        code in prop::sample::select(vec!["INR", "JPY", "KWD", "EUR"]),
        (booked_on, valued_on) in (any_day(), prop::option::of(any_day())),
        end_to_end in prop::collection::vec("[a-z0-9]{1,35}", 0..2),
        texts in prop::collection::vec(any_text(), 0..4),
        counterparty in prop::option::of(any_text()),
    ) -> Written {
        let direction = if came { Direction::Came } else { Direction::Left };
        let entry = BankEntry {
            statement: "S1".to_owned(), account: "DE02".to_owned(), servicer_reference, entry_reference, part: 0,
            ordinal: 0, direction, reversal, amount: money(micros, code), booked_on, valued_on, end_to_end, texts,
            counterparty,
        };
        Written { entry, pending, late }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(written in prop::collection::vec(any_written(), 0..12), repeated in any::<bool>()) {
        let mut written = written;
        if repeated {
            written.extend(written.clone());
        }
        let items = read(file(&written.iter().map(write).collect::<String>())).unwrap();
        let mut expected: Vec<BankEntry> = Vec::new();
        for Written { entry, .. } in written.iter().filter(|written| !written.pending) {
            let alike = expected.iter().filter(|known| BankEntry { ordinal: 0, ..(*known).clone() } == *entry).count();
            let ordinal = if entry.servicer_reference.is_none() { alike as u32 } else { 0 };
            expected.push(BankEntry { ordinal, ..entry.clone() });
        }
        prop_assert_eq!(transfers(&items), expected.iter().collect::<Vec<_>>());
        let close = closes(&items)[0];
        prop_assert_eq!(close.booked as usize, expected.len());
        prop_assert_eq!(close.passed_over.pending as usize, written.len() - expected.len());
    }

    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = read(&bytes);
        let _ = read([VERSION_2.as_bytes(), bytes.as_slice()].concat());
    }

    #[test]
    fn garbage_that_looks_like_a_statement_never_panics(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<Ntry>", "</Ntry>", "<Amt Ccy=\"EUR\">", "<Amt Ccy>", "</Amt>", "1", ".", "<NtryDtls>", "<TxDtls>",
            "</TxDtls>", "</NtryDtls>", "<Sts>", "</Sts>", "BOOK", "<", ">", "&", ";", "&#", "]]>", "<![CDATA[", "<!--",
            "-->", "<!", "<?", "?>", "/>", "</", "<Bal>", "</Bal>", "<Stmt>", "</Stmt>", "\"", "'", "é", "\0",
        ]), 0..40),
    ) {
        let _ = read(file(&pieces.concat()));
    }

    #[test]
    fn damaged_statements_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        for golden in [VERSION_2, VERSION_8] {
            let mut bytes = golden.as_bytes().to_vec();
            for (at, byte) in &damage {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            let _ = read(&bytes);
        }
    }
}
