# today, in English.

today-title = Today
percent = { $whole }.{ $tenths } %

today-needs = What needs a person
today-needs-nothing = Nothing. Everything that runs goes on by itself.
today-dead-letters = { $count ->
    [one] One dead letter: something that was to be sent and was given up
   *[other] { $count } dead letters: messages that were to be sent and were given up
}
today-waiting = { $count ->
    [one] One message is waiting to be sent.
   *[other] { $count } messages are waiting to be sent.
}
today-before-finance = Before finance
today-reason = Reason
today-count = How many
today-oldest = Oldest since
today-age = Age
today-days = { $days ->
    [0] today
    [one] 1 day
   *[other] { $days } days
}
today-statements = Statements to be decided
today-all-statements = All statements
today-statement = Statement
today-account = Account
today-state = State
today-total = Total
today-due = Due
today-no-due-date = no date stated
today-overdue = { $days ->
    [0] overdue since today
    [one] overdue for 1 day
   *[other] overdue for { $days } days
}
today-days-left = { $days ->
    [0] today
    [one] 1 day left
   *[other] { $days } days left
}
today-alarms = Alarms that last
today-since = since

today-flight = Money in flight
today-flight-lead = What has been promised and has not arrived yet, as the ledger stands now. Amounts with a minus are what we owe.
today-flight-nothing = No money is on its way.
today-flight-in = In flight, { $currency }
today-flight-chart = Bars of the money in flight in { $currency }; the table has the numbers
today-flight-kind = Account
today-flight-whose = Of
today-flight-amount = Amount
today-ledger = The whole ledger

today-answers = How issuers and calls answer
today-span-day = Last 24 hours
today-span-week = Last 7 days
today-no-payments = No payments began in this time.
today-issuers = Payments by issuer
today-issuers-chart = Bars of the share that each issuer approved; the table has the numbers
today-issuer = Issuer
today-paid = Paid
today-declined = Declined
today-left = Left by the payer
today-open = Open
today-approved = Approved
today-no-calls = No calls were counted in this time.
today-calls = Calls, in Google's terms
today-call = Call
today-calls-count = Calls
today-calls-good = Answered well
today-calls-in-time = Within 5 s
today-calls-hint = p50, p95 and p99: so many of a hundred calls took at most this long. Google expects an answer within 5 s.
today-from-google = Google to us: { $method }
today-to-google = We to Google: { $method }
today-to-issuer = We to { $issuer }: { $method }
today-within = { $ms } ms
today-beyond = over 10 s

attention-amount-differs = An issuer reported another amount
attention-paid-after-close = Paid after we had reported otherwise
attention-contradiction = An issuer contradicted itself
attention-statement-differs = A statement differs from our books
attention-unexplained-transfer = A bank transfer that nothing explains
attention-disputed = A payer disputes a charge
attention-refund-failed = A refund failed
attention-deposit-not-charged = A deposit could not be charged
attention-unexplained-charge = A charge that no booking explains
attention-payout-failed = A payout did not arrive
attention-invoice-disputed = A recipient says that an invoice is wrong
attention-transfer-said = A recipient says that an invoice was paid by transfer

alarm-statement-due = A statement falls due
alarm-notification-late = A notification to Google is late
alarm-dead-letters = Messages were given up
alarm-key-expiry = A key ends
alarm-clock-skew = Our clock and Google's differ
alarm-ledger-imbalance = The ledger does not balance
alarm-before-finance = Something waits for finance
alarm-charge-disputed = A charge is disputed
alarm-refund-failed = A refund failed
alarm-deposit-not-charged = A deposit was not charged
alarm-payout-failed = A payout failed
alarm-unexplained-charge = A charge is unexplained
