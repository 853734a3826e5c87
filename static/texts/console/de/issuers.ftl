# issuers, auf Deutsch.

issuers-title = Banken und Wallets
issuers-lead = Banken und Wallets, die Zahler wählen können, und wie sie in der letzten Stunde auf unsere Aufrufe geantwortet haben.
issuers-issuer = Bank oder Wallet
issuers-health = Zustand
issuers-calls = Aufrufe der letzten Stunde
issuers-currencies = Währungen
issuers-limits = Beträge
issuers-status = Abgefragt unter
issuers-of = { $good } von { $all } beantwortet
issuers-not-asked = nicht abgefragt
issuers-healthy = antwortet
issuers-shaky = antwortet nur manchmal
issuers-down = antwortet nicht
issuers-from = ab
issuers-to = bis
issuers-hint = Wer mindestens 95 von 100 Aufrufen beantwortet, gilt als gesund. Eingerichtet werden Banken und Wallets in der Konfiguration.
