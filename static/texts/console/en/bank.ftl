# The bank's transfers, in English.

bank-title = Bank transfers
bank-lead = What the bank has booked, from the bank statements that were imported, and what each transfer pays. The newest come first.
bank-caption = Bank transfers, the newest first
bank-nothing = No transfer fits. Choose “any”, or import a bank statement.
bank-transfer = Transfer
bank-booked-on = Booked on { $day }
bank-transfer-title = Bank transfer of { $day }
bank-direction = Direction
bank-paid = paid by us
bank-received = received
bank-reversal = takes back an earlier entry
bank-amount = Amount
bank-counterparty = Other party
bank-text = Text
bank-belongs-to = Belongs to
bank-says = What the bank says
bank-booked = Booked on
bank-valued = Value date
bank-account = Our account
bank-statement-id = Bank statement
bank-reference = The bank’s reference
bank-end-to-end = End-to-end references
bank-imported = Imported
bank-back = Back to the transfers

bank-state = State
bank-state-unmatched = in suspense: no statement found
bank-state-differs = in suspense: the statement refuses it
bank-state-offered = a statement is being asked
bank-state-matched = pays a statement
bank-state-paid-out = is a payout

bank-unmatched-text = No statement of ours has this memo. The money stands in suspense until a person or a later import says what it belongs to.
bank-offered-text = It is being asked whether this is its payment:
bank-matched-text = It has paid this statement:
bank-paid-out-text = It is this payout:
bank-final = This is final: the books of both sides follow from it.
bank-differs-text = It was refused by this statement:
bank-refusal-wrong-amount = it asks for another amount. One transfer pays one statement, in full.
bank-refusal-wrong-currency = it asks for another currency.
bank-refusal-already-paid = another transfer has paid it.
bank-refusal-not-accepted = nobody has accepted it yet.
bank-refusal-replaced = a revised statement took its place.
bank-refusal-no-such-statement = there is no such statement.

bank-candidates = What it may belong to
bank-candidates-lead = Statements that are not paid, or were paid lately, the likeliest first. The statement decides: it takes the transfer only if it is accepted and the amount is the one that is due.
bank-no-candidates = No statement waits for a payment.
bank-due = To be transferred
bank-fits = Fits
bank-memo-fits = memo found
bank-memo-differs = memo not found
bank-amount-fits = amount fits
bank-amount-differs = other amount
bank-decide = Decide
bank-match-submit = Belongs to { $id }

bank-import-link = Import a bank statement
bank-import-title = Import a bank statement
bank-import-lead = Its transfers are booked in the background. A file can be imported again at any time: what is known is not booked twice.
bank-import-file = Bank statement
bank-import-hint = camt.053 (XML), plain or gzip, up to 1 GiB. If any part of the file does not fit, nothing of it is booked.
bank-import-submit = Import
bank-import-expected = Choose a camt.053 file that is not empty.
bank-import-too-long = Choose a file of at most 1 GiB.

bank-expected-state = Choose one of the states in the list.
bank-expected-statement = Choose one of our statements.
bank-refused-being-asked = A statement is being asked about this transfer. Wait for its answer.
bank-refused-explained = What this transfer belongs to is known already, and final.
bank-refused-unknown = There is no such transfer.

done-transfer-offered = The statement is being asked whether this is its payment. Load the page again to see its answer.
