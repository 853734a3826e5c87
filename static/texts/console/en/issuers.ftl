# issuers, in English.

issuers-title = Issuers
issuers-lead = Banks and wallets that payers can choose, and how they answered our calls in the last hour.
issuers-issuer = Issuer
issuers-health = Health
issuers-calls = Calls in the last hour
issuers-currencies = Currencies
issuers-limits = Amounts
issuers-status = Asked at
issuers-of = { $good } of { $all } answered
issuers-not-asked = not asked
issuers-healthy = answers
issuers-shaky = answers only sometimes
issuers-down = does not answer
issuers-from = from
issuers-to = up to
issuers-hint = An issuer that answers at least 95 of 100 calls counts as answering. Issuers are set up in the configuration.
