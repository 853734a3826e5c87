# ledger, in English.

