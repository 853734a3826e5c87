# ledger, auf Deutsch.

ledger-account-issuer-receivable = Forderungen an Banken und Wallets
ledger-account-payable-to-google = Schulden an Google
ledger-account-refunds-in-flight = Erstattungen unterwegs
ledger-account-fee-income = Gebührenertrag
ledger-account-vat = Umsatzsteuer auf Gebühren
ledger-account-processor-receivable = Beim Kartenabwickler
ledger-account-processor-fees = Gebühren des Kartenabwicklers
ledger-account-processor-refunds = Kartenerstattungen unterwegs
ledger-account-disputed = Bestrittene Belastungen
ledger-account-payable-to-merchant = Schulden an Händler
ledger-account-payable-to-biller = Schulden aus Rechnungen
ledger-account-bank = Unser Bankkonto
ledger-account-suspense = Ungeklärt
