# issuers, auf Deutsch.

