# audit, auf Deutsch.

