//! Roundtrip: a redirect payment integrator in one binary.
//!
//! A payer comes from Google, pays at an issuer (a bank or a wallet), and returns; Google learns the outcome through three
//! channels that always agree. Beside that it is a booking server for Google's Actions Center: appointments, paid by card; and it
//! sends invoices that are paid in Outlook or on a page of their own. This page is the map of the code: the floors, what may never
//! cross them, and the way of one payment, one booking and one invoice through the house.
//!
//! # The idea
//!
//! 1. Everything that can be paid is a **transaction**, and each kind of transaction is a pure state machine
//!    ([`domain::Machine`]): [`domain::redirect_payment`] with its refunds, [`domain::remittance`] (what Google says is owed
//!    for a period), [`domain::bank_transfer`] (what the bank says was paid), [`domain::booking`] (an appointment and its money),
//!    [`domain::invoice`] (a bill, its mail and its money),
//!    [`domain::inventory`] (what Google has to hear of a service's spots), [`domain::payout`] (what the card processor sends
//!    us, and we send merchants); and because the same order, commit and outbox serve what people have to hear,
//!    [`domain::alarm`].
//! 2. One **actor** drives one transaction ([`actors::Registry`], [`actors::Shell`]): it puts inputs in order, asks the
//!    machine to decide, commits the decision, and only then answers.
//! 3. A **commit** ([`storage::Commit`]) is one database transaction with the new snapshot, the journal events, the effects
//!    to carry out (outbox), the ledger entries and the remembered answer (request log). Nothing is acknowledged before it
//!    is durable; nothing is sent out that was not committed before.
//! 4. The **row is the truth**, the actor is order and cache. Rows carry a version: a commit on a stale one is refused,
//!    reloaded and decided again. A crash, an idle actor that lets go or a second server on the same database changes
//!    nothing.
//!
//! # The floors
//!
//! | floor | module | what it knows |
//! |---|---|---|
//! | 0 | [`domain`] | the machines: decisions about money; no I/O, no clock, no format |
//! | 1 | [`ports`] | clock and entropy, each with an adapter for the machine and one for tests |
//! | 2 | [`crypto`] | OpenPGP, JOSE, signed URLs, signed webhooks, hashes; the only user of cryptographic libraries |
//! | 2 | [`storage`] | rows: group commit, journal, outbox, request log; the only user of `entity` and of SQL |
//! | 2 | [`protocol`] | bytes to domain and back: `unseal(bytes) -> Call`, `seal(answer) -> bytes` |
//! | 2 | [`issuer`] | the connector to issuers: authorize, return, status, refund, event |
//! | 2 | [`processor`] | the connector to the card processor: charge, vault, refund, event |
//! | 2 | [`report`] | files for finance staff: CSV and XLSX, streamed and the same when made again |
//! | 2 | [`mail`] | SMTP |
//! | 3 | [`actors`] | order: one actor per transaction, the outbox, the deadlines |
//! | 3 | [`finance`] | what finance asks of the books: reports of a statement and of a period |
//! | 3 | [`people`] | who signs in and how: passwords, second factors, sessions, lockout |
//! | 4 | [`web`] | routes, payer pages, the admin API, the finance console; handlers that decide nothing |
//! | 5 | [`app`] | composition: the one builder of a server, for production and tests alike |
//! | 5 | [`sandbox`], [`bench`](mod@bench) | stand-ins for Google, issuers, Outlook and the card processor; the load generator |
//! | 5 | [`certify`] | Google's test client, done to any booking server; shares nothing with ours |
//! | 6 | [`cli`] | the commands |
//!
//! A floor imports only lower floors. On floor 2 nobody imports a neighbour, but all may use `crypto`. [`config`] stands
//! aside: it knows `domain` alone, and only floors 5 and 6 know it. `tests/tidy.rs` holds the house to this, and to the
//! invariants below where a reader of source can see them.
//!
//! # Invariants
//!
//! * `domain` knows no status code, no JSON, no SQL and no clock: time, ids and randomness are arguments.
//! * A machine lists every pair of state and input; a late or contradictory input is an arm of its own, never `_`.
//! * Amounts are integer micros with a currency ([`domain::Money`]); no floating point near money.
//! * Ledger entries of a commit sum to zero per currency and are never changed.
//! * Bytes are unverified until `unseal`, `open` or `verify` returns, and names say so (`unverified_…`).
//! * A caller whose signature did not verify learns nothing, and learns it at the same time whatever failed.
//! * We redirect only to the configured issuers and callback hosts; the latter are checked at the start and again when the
//!   payer goes home.
//! * Only the outbox sends; only `storage` writes; a handler of `web` does neither.
//! * Wire types are private to their surface.
//! * No secret in logs, `Debug` output, errors or URLs. Log lines hold path templates, never query strings.
//!
//! # One payment
//!
//! 1. **Begin.** The payer's browser comes to `GET /begin` (`web/begin.rs`). [`protocol::google_redirect`] decodes, decrypts
//!    and verifies the request in the order of the specification, and yields a call with the account, the request's id and a
//!    hash of its content. Or Google asks server to server for a link (`web/google.rs`, `generateRedirectPaymentUrl`): the
//!    same start, and the payer comes by the signed link later.
//! 2. **The actor.** The transaction's id is derived from account and request id ([`crypto::transaction_id`]), so a reload
//!    finds the same payment. The handler asks the registry, which finds or starts the actor. The actor loads the row, if
//!    there is one, and asks `domain/redirect_payment/decide.rs`: the whole machine in one `match`.
//! 3. **The commit.** The decision (events, effects, entries, reply) becomes one [`storage::Commit`]. The writer thread
//!    takes all commits that wait into one database transaction; if another server was faster the version does not fit, and
//!    the actor decides again on the new row. The answer to the request is remembered in the same commit, so that a repeated
//!    request gets it again and has no second effect.
//! 4. **The choice and the issuer.** With an issuer in the request the browser goes straight on; otherwise to the choice page
//!    at a signed address (`web/pay.rs`). Every way to the issuer is [`issuer::SignedRedirect`]'s `authorize`: a URL signed
//!    with the key that this issuer shares with us. The deadline is a column of the row.
//! 5. **The return.** `GET /return/{issuerId}` (`web/returns.rs`) carries the issuer's signed word. It decides at once: `Paid`,
//!    `Declined`, `Abandoned`, or `Pending`; an amount that differs is never a success. The same word may come as a webhook
//!    (`web/events.rs`) or as the answer to our question after the deadline (`actors/deadlines.rs`); whichever is first
//!    decides, the others find it decided.
//! 6. **Home (C1).** The browser goes to Google's callback with the sealed outcome, or with `pending`.
//! 7. **The notification (C2).** The commit that closed the payment also wrote a row into the outbox, leased to this server.
//!    `actors/outbox.rs` sends it with a request id that is derived from the payment, again and again until Google says 200.
//!    A server that dies loses its lease within 5 s, and the row is sent by another one or after the restart.
//! 8. **The question (C3).** `getRedirectPaymentStatus` asks the same state for the same verdict (`State::verdict`), which all
//!    three channels share. What was said once never changes: a success after a reported decline becomes
//!    `PaidAfterClose`, which goes before finance and not to Google.
//!
//! # Its money, later
//!
//! 1. **A refund.** `asynchronousRefund` goes to the payment's own actor, which compares it with what remains, books it from
//!    what we owe Google to what is in flight, and answers; the outbox has the issuer carry it out (`issuer/calls.rs`) and
//!    Google hear of the result. `domain/redirect_payment/refund.rs` decides all of it.
//! 2. **What a statement will list.** The commit that captures or refunds writes a row into `remittables`, by Google's id: a
//!    [`domain::Record`], for what is searched or too much for a snapshot.
//! 3. **A statement.** `remittanceStatementNotification` starts an actor of its own. Its effects fetch page after page
//!    (`protocol/google_redirect/remittance.rs`), judge the events by id in batches (`domain/remittance/finding.rs`), and
//!    count what is missing (`actors/statement_effects.rs`). Lines and findings are written in the commit of each step.
//! 4. **The decision.** A person accepts, in the console or over the admin API (`web/console/statements`, `web/statements.rs`), with a reason for every difference;
//!    `domain/remittance/accept.rs` judges and books it. Google is told by the outbox.
//! 5. **The transfer.** The bank's statement is imported (`protocol/camt053`, `actors/bank_import`); each booked entry is a
//!    transaction that stands in suspense until the statement whose memo line it carries takes it.
//!
//! # One booking
//!
//! 1. **Feeds.** `protocol/booking_feeds` reads merchants, services and availability as a stream and judges every line;
//!    `actors/inventory_load.rs` stages them beside what is in force, and puts them in force whole ([`domain::catalog`] has the
//!    words, `storage/inventory` the rows).
//! 2. **The request.** CreateBooking comes to `web/booking.rs`: password first, then [`protocol::booking_server`], strict in both
//!    directions. The desk ([`actors::BookingDesk`]) looks up what is published, and freezes the terms
//!    (`domain/catalog/terms.rs`) into what is asked of the booking's actor. The booking's id is derived from Google's
//!    idempotency token: equal requests meet in one actor.
//! 3. **The spot.** The machine (`domain/booking/decide.rs`) claims it by a [`domain::Record`]; the batch that commits reads the
//!    slot's row (`storage/claims.rs`) and refuses whoever comes after the last one.
//! 4. **The charge.** The token waits in memory (`actors/token_vault.rs`) for the effect that uses it; `actors/booking_effects.rs`
//!    asks [`processor::Stripe`] under a key of the attempt, and its word goes back to the machine: confirmed, declined (and the
//!    spot is free), challenged, or unknown, which is asked about and never charged again. The handler waits for it
//!    (`actors/settlements.rs`) for some seconds, then answers 504.
//! 5. **Afterwards.** Cancellation, absence, refunds, fees and late deposits are `domain/booking/after.rs` and
//!    `domain/booking/money.rs`; all of them book in the same ledger. Google hears of each by `protocol/maps_booking`, sent by the
//!    outbox; of spots through `actors/availability_watch.rs`, which finds the rows whose spots have changed.
//!
//! # One invoice
//!
//! 1. **Made and mailed.** `web/invoices` reads what the merchant bills; the invoice's id is derived from its reference. The letter
//!    is an effect: `actors/invoice_letters.rs` writes it when it leaves ([`protocol::letters`], with what Outlook draws from
//!    [`protocol::outlook`]), with links that are signed then.
//! 2. **Paid from the mail.** Outlook calls `web/outlook/`: bearer token first ([`protocol::outlook::KeySource`]), then the
//!    request. What it costs is [`domain::invoice::quote`], a pure function; no amount is ever taken from a request. The token's
//!    digest is the key of the attempt; the charge goes the way of a booking's (`actors/invoice_effects.rs`).
//! 3. **Paid on its page.** `web/invoice_page.rs` offers the issuers. The attempt is a redirect payment of our own, whose terms name
//!    the invoice as their origin ([`domain::redirect_payment::Origin`]): the same machine as Google's, another ear.
//! 4. **Afterwards.** Refunds, reminders, what the recipient says and what finance decides are in `domain/invoice`; a refund goes
//!    back the way that the money came.
//!
//! # One look
//!
//! 1. **The gate.** A person's browser comes to `/console/…` on the admin listener. One table (`web/console/routes.rs`) says what
//!    every page takes; `web/console/gate.rs` stands before all of them: session ([`people`]), capability
//!    ([`domain::Role::may`]), CSRF token, and the audit log, which hears of an act before it is carried out.
//! 2. **The page.** Handlers read [`storage`] (the search of payments has indexes of its own, sums of the ledger are kept beside its
//!    entries) and draw with maud; their sentences stand in `static/texts/console`.
//! 3. **The act.** Asks the same actors and desks as the admin API does; the machine decides. What takes long is a job
//!    (`actors/jobs`): step by step in the database, so that a restart or another node goes on with it.
//!
//! # Where a rule lives
//!
//! | rule | place |
//! |---|---|
//! | what may happen in which state | `domain/redirect_payment/decide.rs` |
//! | which outcome Google hears | `State::verdict` in `domain/redirect_payment/view.rs` |
//! | the order in which a request is validated | `protocol/google_redirect/unseal.rs` and `protocol/google_redirect/begin.rs` |
//! | error codes and their status | `protocol/google_redirect/error.rs` |
//! | idempotency: same request, same answer, one effect | `actors/shell.rs`, `storage/batch.rs` |
//! | long work: steps, leases, cancelling, how many for one person, what is kept | `actors/jobs/`, `storage/job/` |
//! | retries, leases, dead letters | `actors/outbox.rs`, `storage/outbox.rs` |
//! | which letters are decisions about money when they are given up | `actors/letter_kind.rs` |
//! | how long is waited for a body on the admin listener | `web/slow.rs` |
//! | what is an alarm, and when it is told | `actors/watch.rs`, `domain/alarm/decide.rs` |
//! | who may be redirected where | `protocol/google_redirect/callback.rs` |
//! | signed URLs (SU1) and webhooks | `crypto/signed_url.rs`, `crypto/webhook.rs` |
//! | the issuers' protocol (IR1) | `issuer/` |
//! | what may be refunded | `domain/redirect_payment/refund.rs` |
//! | what stands before finance, and what was dealt with | `domain/redirect_payment/desk.rs` |
//! | what an event of a statement comes to | `domain/remittance/finding.rs` |
//! | fees and their rounding | `domain/remittance/fees.rs` |
//! | who counts as a second person | [`domain::Hands`], `same_hands` in `domain/remittance/decision.rs` |
//! | who may accept, and what acceptance books | `domain/remittance/accept.rs`, `person` in `web/admin.rs` |
//! | what a report says | `finance/` (from the books), `report/` (into the file) |
//! | what a slot costs, and until when it can be cancelled | `domain/catalog/terms.rs` |
//! | who gets the last spot | `storage/claims.rs` |
//! | which cause of failure Google hears | `processor/words.rs`, `domain/booking/create.rs` |
//! | what goes back when a booking is cancelled | `domain/booking/after.rs` |
//! | what an invoice costs | `domain/invoice/quote.rs` |
//! | whether a bearer token of Microsoft's is honoured | `crypto/bearer/` |
//! | what is mailed, and in which words | `domain/invoice/post.rs`, `protocol/letters/words.rs` |
//! | kept cards and second factors at rest | `crypto/at_rest.rs` |
//! | how somebody signs in, and when they are locked out | `people/` |
//! | what a role may do | `Role::may`, `Role::allows_scope` in `domain/person.rs` |
//! | where the payer goes next | `follow` in `web/pay.rs` |
//! | limits of one address, log line of a request | `web/guard.rs` |
//! | how payments are found among a million | `storage/search/`, `tests/it/storage/plans.rs` |
//! | what the accounts come to | `storage/balances.rs`, kept by every commit |
//! | how fast and how well calls were answered | `actors/figures.rs`, `storage/figures/` |
//! | who may see and do what in the console | `web/console/routes.rs`, `domain/person.rs` |
//! | what is noted of what people do | `storage/audit.rs`, `web/console/gate.rs`, `allowed` in `web/admin.rs`, the commands |
//! | every setting, its default and its limits | `config/` |

pub mod actors;
pub mod app;
pub mod bench;
pub mod certify;
pub mod cli;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod finance;
pub mod issuer;
pub mod mail;
pub mod people;
pub mod ports;
pub mod processor;
pub mod protocol;
pub mod report;
pub mod sandbox;
pub mod storage;
pub mod web;
