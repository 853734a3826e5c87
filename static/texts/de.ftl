# Jeder deutsche Satz, den Zahlende lesen. Eine Nachricht je Variante von web::texts::Message, gleiche Variablen.

secure-payment = Sichere Zahlung
bank-login-note = Sie melden sich nur bei Ihrer Bank oder Wallet an. Wir fragen nie nach Passwort oder PIN.

choose-title = { $amount } bezahlen
choose-for = Für
choose-heading = Bank oder Wallet wählen
choose-none = Keine Bank oder Wallet kann diese Zahlung ausführen. Mit „Zahlung abbrechen“ kehren Sie zum Shop zurück.
cancel-payment = Zahlung abbrechen

search-label = Nach Namen suchen
search-submit = Suchen
search-found = { $found } von { $total } angezeigt
search-nothing = Nichts gefunden für „{ $query }“. Prüfen Sie die Schreibweise oder lassen Sie alle { $total } anzeigen.
search-show-all = Alle { $total } anzeigen

at-bank-title = Weiter zu { $issuer }
at-bank-lead = Bezahlen Sie { $amount } bei { $issuer }.
at-bank-once-title = Nur einmal bezahlen
at-bank-once = Wenn Sie bei { $issuer } schon bezahlt haben, bezahlen Sie nicht noch einmal. Wir warten auf die Bestätigung; das kann einige Minuten dauern.
at-bank-continue = Weiter zu { $issuer }
at-bank-check = Ich habe bezahlt – erneut prüfen

amount = Betrag
bank = Bank oder Wallet

waiting-title = Ihre Bank hat noch nicht bestätigt
waiting-lead = { $issuer } hat uns noch nicht mitgeteilt, ob Ihre Zahlung ausgeführt wurde.
waiting-differs = { $issuer } hat einen Betrag gemeldet, der von dieser Zahlung abweicht. Wir klären das mit { $issuer }.
waiting-safe-title = Es geht nichts verloren
waiting-safe = Bitte bezahlen Sie nicht noch einmal. Wir informieren den Shop, sobald { $issuer } bestätigt. Sie können diese Seite schließen.
waiting-check = Erneut prüfen
back-to-shop = Zurück zum Shop

neutral-refused-title = Dieser Link lässt sich nicht öffnen
neutral-refused = Der Link ist unvollständig oder wurde verändert. Gehen Sie zurück zum Shop und beginnen Sie die Zahlung dort.
neutral-expired-title = Dieser Link ist abgelaufen
neutral-expired = Gehen Sie zurück zum Shop und beginnen Sie die Zahlung dort.
neutral-not-found-title = Seite nicht gefunden
neutral-not-found = Unter dieser Adresse gibt es nichts. Gehen Sie zurück zum Shop und beginnen Sie dort.
neutral-too-many-title = Zu viele Anfragen
neutral-too-many = Bitte warten Sie eine Minute und laden Sie die Seite dann neu.
neutral-unavailable-title = Gerade nicht erreichbar
neutral-unavailable = Wir können im Moment nicht antworten. Bitte warten Sie eine Minute und laden Sie die Seite dann neu.
neutral-bad-request-title = Diese Anfrage ist nicht lesbar
neutral-bad-request = Es fehlt etwas oder ist zu lang. Gehen Sie zurück zum Shop und beginnen Sie dort.
neutral-paid-already = Wenn Sie schon bezahlt haben, bezahlen Sie nicht noch einmal. Der Shop hört von uns, sobald eine Zahlung bestätigt ist.
