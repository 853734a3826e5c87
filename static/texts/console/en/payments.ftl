# payments, in English.

