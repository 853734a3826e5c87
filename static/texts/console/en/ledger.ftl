# ledger, in English.

ledger-account-issuer-receivable = Owed to us by issuers
ledger-account-payable-to-google = Owed to Google
ledger-account-refunds-in-flight = Refunds in flight
ledger-account-fee-income = Fees earned
ledger-account-vat = VAT on fees
ledger-account-processor-receivable = Held by the card processor
ledger-account-processor-fees = Card processor's fees
ledger-account-processor-refunds = Card refunds in flight
ledger-account-disputed = Disputed charges
ledger-account-payable-to-merchant = Owed to merchants
ledger-account-payable-to-biller = Owed for invoices
ledger-account-bank = Our bank account
ledger-account-suspense = In suspense

ledger-title = Ledger
ledger-lead = The trial balance: what every account comes to, kept in the same step as each entry.
ledger-nothing = Nothing has been booked yet.
ledger-hint = The period report under Statements has the entries themselves; roundtrip doctor compares them with these sums.
ledger-account = Account
ledger-whose = Of
ledger-debit = Debit
ledger-credit = Credit
ledger-sum = Sum
ledger-in = Trial balance in { $currency }
ledger-balances = balances
ledger-does-not-balance = does not balance

