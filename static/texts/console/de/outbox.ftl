# outbox, auf Deutsch.

