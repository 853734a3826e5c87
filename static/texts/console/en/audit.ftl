# audit, in English.

