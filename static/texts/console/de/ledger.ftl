# ledger, auf Deutsch.

