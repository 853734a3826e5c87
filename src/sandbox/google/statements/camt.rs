//! The transfer for a statement as the integrator's bank would book it: ISO 20022 camt.053.001.08. Bank data is invented.

use quick_xml::escape::escape;

use super::Statement;
use crate::domain::{Currency, Money, Timestamp};
use crate::sandbox::page::time;

/// The integrator's account, and the name that it is in.
const OWN_IBAN: &str = "DE89370400440532013000";
const OWN_NAME: &str = "Example Pay";
/// What stood on the account before, in major units.
const OPENING: i64 = 1_000_000;

/// What the bank booked.
pub(super) struct Booked<'a> {
    pub(super) statement: &'a Statement,
    /// Paid to Google; below zero: paid by Google.
    pub(super) micros: i64,
    pub(super) at: Timestamp,
}

impl Booked<'_> {
    /// The file. Nothing is booked where nothing is due.
    pub(super) fn xml(&self) -> String {
        let (currency, at) = (&self.statement.currency, time(self.at));
        let (day, clock) = (at.get(..10).unwrap_or_default(), at.get(11..19).unwrap_or_default());
        let opening = OPENING.saturating_mul(1_000_000);
        let balance = |code: &str, micros: i64| {
            format!(
                "      <Bal>\n        <Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>\n        \
                 <Amt Ccy=\"{currency}\">{}</Amt>\n        <CdtDbtInd>{}</CdtDbtInd>\n        \
                 <Dt><Dt>{day}</Dt></Dt>\n      </Bal>\n",
                self.decimal(micros),
                if micros < 0 { "DBIT" } else { "CRDT" },
            )
        };
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">
  <BkToCstmrStmt>
    <GrpHdr>
      <MsgId>SANDBOX-{id}</MsgId>
      <CreDtTm>{day}T{clock}Z</CreDtTm>
    </GrpHdr>
    <Stmt>
      <Id>SANDBOX-{id}-1</Id>
      <ElctrncSeqNb>1</ElctrncSeqNb>
      <CreDtTm>{day}T{clock}Z</CreDtTm>
      <Acct>
        <Id><IBAN>{OWN_IBAN}</IBAN></Id>
        <Ccy>{currency}</Ccy>
        <Ownr><Nm>{OWN_NAME}</Nm></Ownr>
      </Acct>
{before}{after}{entry}    </Stmt>
  </BkToCstmrStmt>
</Document>
"#,
            id = escape(self.reference()),
            before = balance("OPBD", opening),
            after = balance("CLBD", opening.saturating_sub(self.micros)),
            entry = if self.micros == 0 { String::new() } else { self.entry(day) },
        )
    }

    /// The memo line as far as it fits: an identifier of ISO 20022 has 35 characters at most, prefixes included.
    fn reference(&self) -> String {
        self.statement.memo_line_id.chars().take(25).collect()
    }

    fn entry(&self, day: &str) -> String {
        let (currency, amount) = (&self.statement.currency, self.decimal(self.micros));
        let (direction, party) = if self.micros < 0 { ("CRDT", "Dbtr") } else { ("DBIT", "Cdtr") };
        let (memo, id) = (escape(self.statement.memo_line_id.as_str()), escape(self.reference()));
        format!(
            r#"      <Ntry>
        <NtryRef>1</NtryRef>
        <Amt Ccy="{currency}">{amount}</Amt>
        <CdtDbtInd>{direction}</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>{day}</Dt></BookgDt>
        <ValDt><Dt>{day}</Dt></ValDt>
        <AcctSvcrRef>BANK-{id}</AcctSvcrRef>
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>ICDT</Cd><SubFmlyCd>OTHR</SubFmlyCd></Fmly></Domn></BkTxCd>
        <NtryDtls>
          <TxDtls>
            <Refs><EndToEndId>{id}</EndToEndId></Refs>
            <Amt Ccy="{currency}">{amount}</Amt>
            <CdtDbtInd>{direction}</CdtDbtInd>
            <RltdPties><{party}><Pty><Nm>Google (sandbox)</Nm></Pty></{party}></RltdPties>
            <RmtInf><Ustrd>{memo}</Ustrd></RmtInf>
          </TxDtls>
        </NtryDtls>
      </Ntry>
"#
        )
    }

    /// Amounts in camt bear no sign.
    fn decimal(&self, micros: i64) -> String {
        let magnitude = micros.saturating_abs();
        // A statement's currency was parsed when it was issued.
        Currency::parse(&self.statement.currency)
            .map_or_else(|_| magnitude.to_string(), |currency| Money::new(magnitude, currency).decimal())
    }
}
