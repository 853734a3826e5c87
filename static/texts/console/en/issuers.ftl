# issuers, in English.

