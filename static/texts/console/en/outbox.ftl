# outbox, in English.

