# Remittance statements, in English.

statements-title = Statements
statements-lead = What Google says is owed for each billing period, and what has become of it. The newest come first.
statements-caption = Statements, the newest first
statements-any = any
statements-filter = Show
statements-nothing = No statement fits. Choose “any” to see more.

statement-title = Statement { $id }
statement-heading = What Google announced
statement-id = Statement
statement-own-id = Our id
statement-account = Account
statement-period = Billing period
statement-period-from = Billing period from
statement-period-to = Billing period to
statement-date = Date of the statement
statement-received = Received
statement-total = Total
statement-due = Due
statement-open = Still open
statement-not-stated = not stated
statement-memo = Memo line of the transfer
statement-memo-hint = Put this text on the bank transfer, exactly as it stands: by it the payment is recognised. One transfer per statement, in full.
statement-paid = Paid
statement-transfer-link = The bank transfer
statement-replaced-by = Replaced by

statement-due-today = due today
statement-due-in = { $days ->
    [one] { $days } day left
   *[other] { $days } days left
}
statement-overdue-today = overdue since today
statement-overdue = { $days ->
    [one] overdue by { $days } day
   *[other] overdue by { $days } days
}

statement-state = State
statement-state-notified = announced
statement-state-fetching = being fetched
statement-state-reconciling = being compared with our books
statement-state-matched = matches, waits for acceptance
statement-state-disputed = differs, waits for a decision
statement-state-accepted = accepted, waits for the transfer
statement-state-accepted-with-modifications = accepted with modifications, waits for the transfer
statement-state-paid = paid
statement-state-replaced = replaced by a revised statement

statement-open-reading = nothing yet: it is being read
statement-open-acceptance = acceptance
statement-open-second = approval by a second person
statement-open-reasons = { $kinds ->
    [one] a reason for { $kinds } kind of difference
   *[other] reasons for { $kinds } kinds of differences
}
statement-open-telling = nothing: Google is being told
statement-open-transfer = transfer of { $amount }
statement-open-nothing = nothing

statement-expected-account = Choose one of our accounts.
statement-expected-state = Choose one of the states in the list.
statement-expected-kind = Choose one of the kinds of differences.

statement-refused-already-notified = The statement was announced before.
statement-refused-not-reconciled = The statement is not compared with our books yet, or was compared again since you looked. Open it again.
statement-refused-unexplained = A reason is still missing for: { $kinds }.
statement-refused-same-person = You have approved this statement already. Another person has to approve it now.
statement-refused-same-hands = { $held } signs in with what { $hand } gave, so this is not a second person's decision. A third person can approve the statement. Or { $held } gets a new password from another administrator, or at the shell (roundtrip user passwd { $held }).
statement-refused-modification-differs = The first person approved another modification. Choose the same one, or compare the statement again to begin anew.
statement-refused-replaced = A revised statement took its place.
statement-refused-decided = The statement is accepted already: it takes no more reasons.
statement-refused-nothing-to-explain = The statement has no such difference any more.
statement-refused-too-many-drafts = Too many single differences have reasons of their own. Give a reason for the whole kind instead.
statement-refused-not-waiting = The statement is not waiting for a decision.
statement-refused-unknown = There is no such statement.

statement-sum-the-statement-has-not-as-many-events-as-it-says = The statement does not have as many events as it says. No reason helps: Google has to send a revised statement.
statement-sum-the-fees-of-the-statement-s-events-do-not-add-up-to-its-total-of-fees = The fees of its events do not add up to its total of fees. No reason helps: Google has to send a revised statement.
statement-sum-the-statement-s-events-add-up-to-more-than-64-bits-of-micros = Its events add up to more than can be booked.
statement-sum-the-statement-s-events-do-not-add-up-to-its-total = Its events do not add up to its total. No reason helps: Google has to send a revised statement.
statement-sum-a-sum-of-the-statement-is-beyond-64-bits-of-micros = One of its sums is more than can be booked.
statement-sum-a-page-of-the-statement-s-details-cannot-be-read = A page of its details cannot be read. No reason helps: Google has to send a revised statement.
statement-sum-a-page-of-the-statement-s-details-names-a-next-offset-that-does-not-go-on = A page of its details names a next page that leads nowhere. No reason helps: Google has to send a revised statement.
statement-sum-a-page-of-the-statement-s-details-is-empty-and-names-a-next-one = A page of its details is empty although more should follow. No reason helps: Google has to send a revised statement.

progress-heading = Progress
progress-announced = The statement is announced; its events will be fetched next.
progress-fetching = Its events are being fetched from Google.
progress-judging = Its events are being compared with our books.
progress-of = { $done } of { $total } events
progress-so-far = { $done } events so far

totals-heading = Totals
totals-total = Total of the statement
totals-events = Events
totals-stated = Google states
totals-ours = Our books say
totals-difference = Difference
totals-fees = Fees as stated
totals-vat = Of these, VAT
totals-adds-up = adds up
totals-deducted = The events less the fees come to the total.
totals-apart = The events come to the total; fees are not part of it.
totals-does-not = does not add up

findings-heading = Findings
findings-caption = Findings by kind
findings-none = The statement has no events.
findings-kind = Finding
findings-means = What it means
findings-count = Count
findings-stated = Google states
findings-ours = Our books say
findings-difference = Difference
findings-reason = Reason for accepting it
findings-reason-none-needed = none needed
findings-reason-lacks = no reason yet
findings-reason-own = { $own } of { $count } have a reason of their own
findings-reason-of-kind = whole kind:
findings-title = Differences of statement { $id }
findings-back = Back to the statement
findings-nothing = No difference fits. Choose “any” and clear the event’s id to see all of them.
findings-lines-caption = Differences, in the order of the statement
findings-line = Line
findings-event = Google’s id of the event
findings-no-id = without an id
findings-payment = payment
findings-payment-of = Payment of { $id }
findings-fee = Fee stated
findings-fee-expected = Fee by our schedule
findings-explain = give a reason
findings-explain-of = Give a reason for { $id }

finding-matched = matches
finding-unreadable = unreadable
finding-duplicate = listed twice
finding-unknown = unknown to us
finding-not-paid = not paid
finding-refund-not-succeeded = refund not carried out
finding-currency-differs = other currency
finding-amount-differs = other amount
finding-fee-differs = other fee
finding-means-matched = Id, amount, currency and fee agree with our books.
finding-means-unreadable = Google’s amount or currency cannot be read.
finding-means-duplicate = This statement or an earlier one lists the event already.
finding-means-unknown = Our books have no such payment or refund.
finding-means-not-paid = Google lists a payment that is not paid in our books.
finding-means-refund-not-succeeded = Google lists a refund that has not succeeded in our books, or not yet.
finding-means-currency-differs = Google states another currency than our books, or than the statement has.
finding-means-amount-differs = Google states another amount than our books.
finding-means-fee-differs = Google states another fee than our fee schedule gives.

missing-heading = In our books, but on no statement
missing-lead = Payments and refunds of ours that no statement lists yet, by age at the end of the billing period. They do not hinder acceptance.
missing-caption = Missing from statements, by age
missing-none = Nothing is missing.
missing-age = Age
missing-age-not-yet-due = not due yet: may come with the next statement
missing-age-due = within the billing period
missing-age-overdue-1-to-7-days = 1 to 7 days before the period
missing-age-overdue-8-to-30-days = 8 to 30 days before the period
missing-age-overdue-over-30-days = more than 30 days before the period

decision-heading = Decision
decision-accept = Review and accept
decision-again = Compare again
decision-again-text = Every event is compared again with our books as they are now. Approvals so far are taken back; the reasons that were written down are kept.
decision-again-submit = Compare every event again

approvals-heading = Who approved what
approvals-none = Nobody has approved it yet.
approvals-automatic = Automatically, because everything matches
approvals-more = and { $more } more reasons; the report has them all

modified-not = as it is
modified-vat = { $percent } % of the fees count as VAT.
modified-rate = With another exchange rate:

accepted-due = { $amount } have to be transferred.
accepted-google-says = Google will say what has to be transferred.
accepted-told = Google has confirmed the acceptance.
accepted-not-told = Google is being told.

reason-choose-kind = Choose a kind of difference to write down a reason, for the whole kind or for a single event.
reason-label = Why is it accepted?
reason-expected = Write 1 to 1,000 characters.
reason-keep = Keep the reason
reason-remove = Take the reason back
reason-of-event = Reason for the event
reason-of-kind = Reason for all { $count } differences of the kind “{ $kind }”
reason-written-by = Written by

accept-title = Accept statement { $id }
accept-not-now = It cannot be accepted now.
accept-before = Before you accept
accept-explained = explained
accept-reasons = { $count ->
    [0] Nothing needs a reason.
   *[other] Reasons that are recorded with the acceptance: { $count }
}
accept-lacking = These differences still need one:
accept-modify = Accept with modifications
accept-vat = Share of the fees that is VAT, in percent
accept-vat-hint = 0 to 100, with up to four decimals, such as 15 or 15.25. Rounded to the smallest unit of the currency, ties to even.
accept-vat-expected = The share of VAT has to be 0 to 100 percent, with up to four decimals.
accept-rate = Settlement exchange rate modification
accept-rate-hint = The JSON object that was agreed with Google; it is passed on as it is. Leave it empty otherwise.
accept-rate-expected = The exchange rate modification has to be a JSON object.
accept-preview = Compute the preview
accept-changed = The statement or its reasons changed since you looked. Check the figures again; nothing has been accepted.
accept-heading = Your decision
accept-two-persons = The total is above the limit for one person: two different persons have to approve the same.
accept-first-was = The first approval:
accept-differs = The first person approved another modification. Only the same one can be approved now.
accept-not-ready = There is nothing for you to accept at the moment.
accept-consequence = The entries are booked, and Google is told that the statement will be paid. This cannot be taken back.
accept-submit = Accept { $amount }
accept-submit-modified = Accept { $amount } with modifications
accept-submit-first = Approve { $amount } as the first of two persons
accept-submit-second = Approve { $amount } as the second person and accept

outcome-heading = What accepting comes to
outcome-due = To be transferred
outcome-google-says = Google says it after acceptance, because of the other exchange rate
outcome-fees = Booked as income from fees
outcome-vat = Booked as VAT
outcome-suspense = Booked in suspense: { $kind }
outcome-lead = Computed as the acceptance itself books it. A difference is what Google states above our books.

report-heading = Download
report-csv = Report as CSV
report-xlsx = Report as Excel workbook
report-large = With { $lines } events the report takes a while: it is made in the background, and you are led to its progress.
report-format = Format
report-expected-format = Choose CSV or Excel workbook.

period-link = Report of a period
period-title = Report of a period
period-lead = All money of some days, over all statements: made in the background, and kept for seven days.
period-from = First day
period-to = Last day
period-merchant = Merchant, instead of an account
period-surface = Line of business
period-surface-all = all
period-surface-redirect = Google payments
period-surface-booking = bookings
period-surface-outlook = invoices
period-submit = Make the report
period-back = Back to the statements
period-backwards = The first day is after the last one.
period-expected-merchant = Give the merchant’s id as in the catalogue.
period-expected-one = Choose an account or a merchant, not both.
period-expected-surface = Choose one of the lines of business.

done-reason-kept = The reason is kept.
done-reason-removed = The reason is taken back.
done-approved-first = Your approval is recorded. Another person has to approve it now.
done-accepted = The statement is accepted. Google is being told.
done-judged-again = Every event is being compared again.
