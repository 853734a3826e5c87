# audit, auf Deutsch.

audit-title = Protokoll
audit-lead = Alles, was Personen und Zugriffstoken getan haben, und was ihnen verweigert wurde. Nichts darin wird je geändert oder entfernt.
audit-chain = Die Kette
audit-sound = Die neuesten { $rows } Zeilen halten
audit-broken = { $rows } Zeilen halten nicht: das Protokoll wurde geändert
audit-head = Zeile { $seq } hat den Hash
audit-hint = Jede Zeile ist an die vorige gekettet. Bewahren Sie diesen Hash anderswo auf: Wer ihn hat, merkt, ob am Ende Zeilen fehlen.
audit-search = Im Protokoll suchen
audit-actor = Wer
audit-action = Was
audit-subject = Woran
audit-submit = Suchen
audit-nothing = Keine Zeile passt. Gesucht wird genau nach dem, was eine Zeile sagt.
audit-number = Zeile
audit-when = Wann
audit-outcome = Ausgang
audit-detail = Einzelheiten
audit-rows = Zeilen, die neueste zuerst
audit-outcome-asked = angefordert
audit-outcome-done = erledigt
audit-outcome-refused = verweigert
