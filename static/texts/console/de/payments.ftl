# payments, auf Deutsch.

