//! The bank's side: bank statements that are imported, and transfers that pay remittance statements (flows-security section
//! 5.5).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod desk;
mod import;
mod paying;
mod process;

use std::io::Write as _;

/// A bank statement of 2025-01-02 with these entries and a reference of its own for each, in INR.
pub(crate) fn camt(entries: &[Entry<'_>]) -> String {
    let entries: String = entries.iter().map(Entry::write).collect();
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Id>S1</Id>\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id></Acct>{entries}</Stmt></BkToCstmrStmt></Document>"
    )
}

/// One entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// The bank's reference.
    reference: &'a str,
    /// `DBIT` or `CRDT`
    direction: &'a str,
    amount: &'a str,
    text: &'a str,
}

impl<'a> Entry<'a> {
    /// We paid.
    pub(crate) const fn paid(reference: &'a str, amount: &'a str, text: &'a str) -> Self {
        Self { reference, direction: "DBIT", amount, text }
    }

    fn write(&self) -> String {
        let Self { reference, direction, amount, text } = self;
        format!(
            "<Ntry><Amt Ccy=\"INR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts>BOOK</Sts>\
             <BookgDt><Dt>2025-01-02</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf>\
             <Ustrd>{text}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// A bank statement with two payments of ours, as a gzip file.
pub(crate) fn two_payments() -> Vec<u8> {
    gzip(camt(&[Entry::paid("ref-1", "10.00", "one"), Entry::paid("ref-2", "20.00", "two")]).as_bytes())
}
