# ledger, auf Deutsch.

ledger-account-issuer-receivable = Forderungen an Banken und Wallets
ledger-account-payable-to-google = Schulden an Google
ledger-account-refunds-in-flight = Erstattungen unterwegs
ledger-account-fee-income = Gebührenertrag
ledger-account-vat = Umsatzsteuer auf Gebühren
ledger-account-processor-receivable = Beim Zahlungsdienstleister
ledger-account-processor-fees = Gebühren des Zahlungsdienstleisters
ledger-account-processor-refunds = Kartenerstattungen unterwegs
ledger-account-disputed = Bestrittene Belastungen
ledger-account-payable-to-merchant = Schulden an Händler
ledger-account-payable-to-biller = Schulden aus Rechnungen
ledger-account-bank = Unser Bankkonto
ledger-account-suspense = Klärungskonto

ledger-title = Hauptbuch
ledger-lead = Die Saldenliste: was jedes Konto ergibt, im selben Schritt geführt wie jede Buchung.
ledger-nothing = Noch ist nichts gebucht.
ledger-hint = Die Buchungen selbst stehen im Zeitraumbericht unter Abrechnungen; roundtrip doctor vergleicht sie mit diesen Summen.
ledger-account = Konto
ledger-whose = Von
ledger-debit = Soll
ledger-credit = Haben
ledger-sum = Summe
ledger-in = Saldenliste in { $currency }
ledger-balances = geht auf
ledger-does-not-balance = geht nicht auf
