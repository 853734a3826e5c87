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
