# audit, in English.

audit-title = Audit log
audit-lead = Everything that people and tokens did, and what they were refused. Nothing in it is ever changed or removed.
audit-chain = The chain
audit-sound = The newest { $rows } rows hold
audit-broken = { $rows } rows do not hold: the log was changed
audit-head = Row { $seq } has the hash
audit-hint = Each row is chained to the one before it. Keep this hash elsewhere: whoever has it can tell whether rows are missing at the end.
audit-search = Search the audit log
audit-actor = Who
audit-action = What
audit-subject = To what
audit-submit = Search
audit-nothing = No row fits. A search is for exactly what a row says.
audit-number = Row
audit-when = When
audit-outcome = Outcome
audit-detail = Detail
audit-rows = Rows, the newest first
audit-outcome-asked = asked
audit-outcome-done = done
audit-outcome-refused = refused

