# Abrechnungen, auf Deutsch.

statements-title = Abrechnungen
statements-lead = Was laut Google für jeden Abrechnungszeitraum geschuldet ist, und was daraus geworden ist. Die neuesten stehen oben.
statements-caption = Abrechnungen, die neuesten zuerst
statements-any = alle
statements-filter = Anzeigen
statements-nothing = Keine Abrechnung passt. Wählen Sie „alle“, um mehr zu sehen.

statement-title = Abrechnung { $id }
statement-heading = Was Google angekündigt hat
statement-id = Abrechnung
statement-own-id = Unsere Kennung
statement-account = Konto
statement-period = Abrechnungszeitraum
statement-period-from = Abrechnungszeitraum von
statement-period-to = Abrechnungszeitraum bis
statement-date = Datum der Abrechnung
statement-received = Eingegangen
statement-total = Gesamtbetrag
statement-due = Fällig
statement-open = Noch offen
statement-not-stated = nicht angegeben
statement-memo = Verwendungszweck der Überweisung
statement-memo-hint = Geben Sie diesen Text bei der Überweisung genau so an: Daran wird die Zahlung erkannt. Eine Überweisung je Abrechnung, in voller Höhe.
statement-paid = Bezahlt
statement-transfer-link = Die Überweisung
statement-replaced-by = Ersetzt durch

statement-due-today = heute fällig
statement-due-in = { $days ->
    [one] noch { $days } Tag
   *[other] noch { $days } Tage
}
statement-overdue-today = seit heute überfällig
statement-overdue = { $days ->
    [one] seit { $days } Tag überfällig
   *[other] seit { $days } Tagen überfällig
}

statement-state = Stand
statement-state-notified = angekündigt
statement-state-fetching = wird abgerufen
statement-state-reconciling = wird mit unseren Büchern verglichen
statement-state-matched = stimmt überein, wartet auf Annahme
statement-state-disputed = weicht ab, wartet auf Entscheidung
statement-state-accepted = angenommen, wartet auf die Überweisung
statement-state-accepted-with-modifications = mit Änderungen angenommen, wartet auf die Überweisung
statement-state-paid = bezahlt
statement-state-replaced = durch eine berichtigte Abrechnung ersetzt

statement-open-reading = noch nichts: sie wird gelesen
statement-open-acceptance = Annahme
statement-open-second = Freigabe durch eine zweite Person
statement-open-reasons = { $kinds ->
    [one] Begründung für { $kinds } Art von Abweichung
   *[other] Begründungen für { $kinds } Arten von Abweichungen
}
statement-open-telling = nichts: Google wird benachrichtigt
statement-open-transfer = Überweisung von { $amount }
statement-open-nothing = nichts

statement-expected-account = Wählen Sie eines unserer Konten.
statement-expected-state = Wählen Sie einen Stand aus der Liste.
statement-expected-kind = Wählen Sie eine der Arten von Abweichungen.

statement-refused-already-notified = Die Abrechnung wurde schon angekündigt.
statement-refused-not-reconciled = Die Abrechnung ist noch nicht mit unseren Büchern verglichen, oder sie wurde neu verglichen, seit Sie nachgesehen haben. Öffnen Sie sie noch einmal.
statement-refused-unexplained = Es fehlt noch eine Begründung für: { $kinds }.
statement-refused-same-person = Sie haben diese Abrechnung schon freigegeben. Jetzt muss eine andere Person sie freigeben.
statement-refused-same-hands = { $held } meldet sich mit dem an, was { $hand } vergeben hat. Das ist deshalb nicht die Entscheidung einer zweiten Person. Eine dritte Person kann die Abrechnung freigeben. Oder { $held } bekommt ein neues Passwort von jemand anderem aus der Verwaltung oder auf der Kommandozeile (roundtrip user passwd { $held }).
statement-refused-modification-differs = Die erste Person hat eine andere Änderung freigegeben. Wählen Sie dieselbe, oder vergleichen Sie die Abrechnung neu, um von vorn zu beginnen.
statement-refused-replaced = Eine berichtigte Abrechnung ist an ihre Stelle getreten.
statement-refused-decided = Die Abrechnung ist schon angenommen: Sie nimmt keine Begründungen mehr auf.
statement-refused-nothing-to-explain = Die Abrechnung hat diese Abweichung nicht mehr.
statement-refused-too-many-drafts = Zu viele einzelne Abweichungen haben eigene Begründungen. Begründen Sie stattdessen die ganze Art.
statement-refused-not-waiting = Die Abrechnung wartet nicht auf eine Entscheidung.
statement-refused-unknown = Es gibt keine solche Abrechnung.

statement-sum-the-statement-has-not-as-many-events-as-it-says = Die Abrechnung hat nicht so viele Vorgänge, wie sie angibt. Keine Begründung hilft: Google muss eine berichtigte Abrechnung senden.
statement-sum-the-fees-of-the-statement-s-events-do-not-add-up-to-its-total-of-fees = Die Gebühren der Vorgänge ergeben nicht die Summe der Gebühren. Keine Begründung hilft: Google muss eine berichtigte Abrechnung senden.
statement-sum-the-statement-s-events-add-up-to-more-than-64-bits-of-micros = Die Vorgänge ergeben mehr, als sich buchen lässt.
statement-sum-the-statement-s-events-do-not-add-up-to-its-total = Die Vorgänge ergeben nicht den Gesamtbetrag. Keine Begründung hilft: Google muss eine berichtigte Abrechnung senden.
statement-sum-a-sum-of-the-statement-is-beyond-64-bits-of-micros = Eine ihrer Summen ist größer, als sich buchen lässt.
statement-sum-a-page-of-the-statement-s-details-cannot-be-read = Eine Seite der Einzelheiten ist nicht lesbar. Keine Begründung hilft: Google muss eine berichtigte Abrechnung senden.
statement-sum-a-page-of-the-statement-s-details-names-a-next-offset-that-does-not-go-on = Eine Seite der Einzelheiten nennt eine nächste Seite, die nicht weiterführt. Keine Begründung hilft: Google muss eine berichtigte Abrechnung senden.
statement-sum-a-page-of-the-statement-s-details-is-empty-and-names-a-next-one = Eine Seite der Einzelheiten ist leer, obwohl weitere folgen sollen. Keine Begründung hilft: Google muss eine berichtigte Abrechnung senden.

progress-heading = Fortschritt
progress-announced = Die Abrechnung ist angekündigt; als Nächstes werden ihre Vorgänge abgerufen.
progress-fetching = Ihre Vorgänge werden bei Google abgerufen.
progress-judging = Ihre Vorgänge werden mit unseren Büchern verglichen.
progress-of = { $done } von { $total } Vorgängen
progress-so-far = bisher { $done } Vorgänge

totals-heading = Summen
totals-total = Gesamtbetrag der Abrechnung
totals-events = Vorgänge
totals-stated = Laut Google
totals-ours = Laut unseren Büchern
totals-difference = Unterschied
totals-fees = Gebühren laut Google
totals-vat = Davon Umsatzsteuer
totals-adds-up = geht auf
totals-deducted = Die Vorgänge abzüglich der Gebühren ergeben den Gesamtbetrag.
totals-apart = Die Vorgänge ergeben den Gesamtbetrag; Gebühren sind nicht darin.
totals-does-not = geht nicht auf

findings-heading = Befunde
findings-caption = Befunde nach Art
findings-none = Die Abrechnung hat keine Vorgänge.
findings-kind = Befund
findings-means = Was das heißt
findings-count = Anzahl
findings-stated = Laut Google
findings-ours = Laut unseren Büchern
findings-difference = Unterschied
findings-reason = Begründung der Annahme
findings-reason-none-needed = nicht nötig
findings-reason-lacks = noch keine Begründung
findings-reason-own = { $own } von { $count } haben eine eigene Begründung
findings-reason-of-kind = ganze Art:
findings-title = Abweichungen der Abrechnung { $id }
findings-back = Zurück zur Abrechnung
findings-nothing = Keine Abweichung passt. Wählen Sie „alle“ und leeren Sie das Feld für den Vorgang, um alle zu sehen.
findings-lines-caption = Abweichungen, in der Reihenfolge der Abrechnung
findings-line = Zeile
findings-event = Googles Kennung des Vorgangs
findings-no-id = ohne Kennung
findings-payment = Zahlung
findings-payment-of = Zahlung zu { $id }
findings-fee = Gebühr laut Google
findings-fee-expected = Gebühr nach unserer Tabelle
findings-explain = begründen
findings-explain-of = { $id } begründen

finding-matched = stimmt überein
finding-unreadable = nicht lesbar
finding-duplicate = doppelt aufgeführt
finding-unknown = uns unbekannt
finding-not-paid = nicht bezahlt
finding-refund-not-succeeded = Erstattung nicht ausgeführt
finding-currency-differs = andere Währung
finding-amount-differs = anderer Betrag
finding-fee-differs = andere Gebühr
finding-means-matched = Kennung, Betrag, Währung und Gebühr stimmen mit unseren Büchern überein.
finding-means-unreadable = Betrag oder Währung sind bei Google nicht lesbar.
finding-means-duplicate = Diese oder eine frühere Abrechnung führt den Vorgang schon auf.
finding-means-unknown = Unsere Bücher kennen keine solche Zahlung oder Erstattung.
finding-means-not-paid = Google führt eine Zahlung auf, die in unseren Büchern nicht bezahlt ist.
finding-means-refund-not-succeeded = Google führt eine Erstattung auf, die in unseren Büchern nicht oder noch nicht gelungen ist.
finding-means-currency-differs = Google nennt eine andere Währung als unsere Bücher oder als die Abrechnung.
finding-means-amount-differs = Google nennt einen anderen Betrag als unsere Bücher.
finding-means-fee-differs = Google nennt eine andere Gebühr, als unsere Gebührentabelle ergibt.

missing-heading = In unseren Büchern, aber auf keiner Abrechnung
missing-lead = Unsere Zahlungen und Erstattungen, die noch keine Abrechnung aufführt, nach Alter am Ende des Abrechnungszeitraums. Sie hindern die Annahme nicht.
missing-caption = Fehlt auf Abrechnungen, nach Alter
missing-none = Es fehlt nichts.
missing-age = Alter
missing-age-not-yet-due = noch nicht fällig: kann mit der nächsten Abrechnung kommen
missing-age-due = im Abrechnungszeitraum
missing-age-overdue-1-to-7-days = 1 bis 7 Tage vor dem Zeitraum
missing-age-overdue-8-to-30-days = 8 bis 30 Tage vor dem Zeitraum
missing-age-overdue-over-30-days = mehr als 30 Tage vor dem Zeitraum

decision-heading = Entscheidung
decision-accept = Prüfen und annehmen
decision-again = Neu vergleichen
decision-again-text = Jeder Vorgang wird noch einmal mit unseren Büchern verglichen, wie sie jetzt sind. Bisherige Freigaben verfallen; die festgehaltenen Begründungen bleiben.
decision-again-submit = Jeden Vorgang neu vergleichen

approvals-heading = Wer was freigegeben hat
approvals-none = Noch niemand hat sie freigegeben.
approvals-automatic = Automatisch, weil alles übereinstimmt
approvals-more = und { $more } weitere Begründungen; der Bericht enthält alle

modified-not = unverändert
modified-vat = { $percent } % der Gebühren gelten als Umsatzsteuer.
modified-rate = Mit anderem Wechselkurs:

accepted-due = { $amount } sind zu überweisen.
accepted-google-says = Google teilt mit, was zu überweisen ist.
accepted-told = Google hat die Annahme bestätigt.
accepted-not-told = Google wird benachrichtigt.

reason-choose-kind = Wählen Sie eine Art von Abweichung, um eine Begründung festzuhalten: für die ganze Art oder für einen einzelnen Vorgang.
reason-label = Warum wird sie angenommen?
reason-expected = Schreiben Sie 1 bis 1.000 Zeichen.
reason-keep = Begründung festhalten
reason-remove = Begründung zurücknehmen
reason-of-event = Begründung für den Vorgang
reason-of-kind = Begründung für alle { $count } Abweichungen der Art „{ $kind }“
reason-written-by = Festgehalten von

accept-title = Abrechnung { $id } annehmen
accept-not-now = Sie kann jetzt nicht angenommen werden.
accept-before = Bevor Sie annehmen
accept-explained = begründet
accept-reasons = { $count ->
    [0] Nichts braucht eine Begründung.
   *[other] Begründungen, die mit der Annahme festgehalten werden: { $count }
}
accept-lacking = Diese Abweichungen brauchen noch eine:
accept-modify = Mit Änderungen annehmen
accept-vat = Anteil der Gebühren, der Umsatzsteuer ist, in Prozent
accept-vat-hint = 0 bis 100, mit bis zu vier Nachkommastellen, etwa 15 oder 15,25. Gerundet auf die kleinste Einheit der Währung, Hälften zur geraden Zahl.
accept-vat-expected = Der Anteil der Umsatzsteuer muss 0 bis 100 Prozent sein, mit bis zu vier Nachkommastellen.
accept-rate = Änderung des Wechselkurses der Abrechnung
accept-rate-hint = Das JSON-Objekt, das mit Google vereinbart ist; es wird unverändert weitergegeben. Sonst leer lassen.
accept-rate-expected = Die Änderung des Wechselkurses muss ein JSON-Objekt sein.
accept-preview = Vorschau berechnen
accept-changed = Die Abrechnung oder ihre Begründungen haben sich geändert, seit Sie nachgesehen haben. Prüfen Sie die Zahlen noch einmal; es wurde nichts angenommen.
accept-heading = Ihre Entscheidung
accept-two-persons = Der Gesamtbetrag liegt über der Grenze für eine Person: Zwei verschiedene Personen müssen dasselbe freigeben.
accept-first-was = Die erste Freigabe:
accept-differs = Die erste Person hat eine andere Änderung freigegeben. Jetzt kann nur dieselbe freigegeben werden.
accept-not-ready = Im Moment gibt es für Sie nichts anzunehmen.
accept-consequence = Die Buchungen werden vorgenommen, und Google erfährt, dass die Abrechnung bezahlt wird. Das lässt sich nicht zurücknehmen.
accept-submit = { $amount } annehmen
accept-submit-modified = { $amount } mit Änderungen annehmen
accept-submit-first = { $amount } als erste von zwei Personen freigeben
accept-submit-second = { $amount } als zweite Person freigeben und annehmen

outcome-heading = Was die Annahme ergibt
outcome-due = Zu überweisen
outcome-google-says = Google nennt es nach der Annahme, wegen des anderen Wechselkurses
outcome-fees = Als Gebührenertrag gebucht
outcome-vat = Als Umsatzsteuer gebucht
outcome-suspense = Auf dem Klärungskonto gebucht: { $kind }
outcome-lead = So berechnet, wie die Annahme selbst bucht. Ein Unterschied ist, was Google über unsere Bücher hinaus angibt.

report-heading = Herunterladen
report-csv = Bericht als CSV
report-xlsx = Bericht als Excel-Mappe
report-large = Mit { $lines } Vorgängen dauert der Bericht eine Weile: Er entsteht im Hintergrund, und Sie werden zu seinem Fortschritt geführt.
report-format = Format
report-expected-format = Wählen Sie CSV oder Excel-Mappe.

period-link = Bericht eines Zeitraums
period-title = Bericht eines Zeitraums
period-lead = Alles Geld einiger Tage, über alle Abrechnungen: entsteht im Hintergrund und wird sieben Tage aufbewahrt.
period-from = Erster Tag
period-to = Letzter Tag
period-merchant = Händler, statt eines Kontos
period-surface = Geschäftsbereich
period-surface-all = alle
period-surface-redirect = Google-Zahlungen
period-surface-booking = Buchungen
period-surface-outlook = Rechnungen
period-submit = Bericht erstellen
period-back = Zurück zu den Abrechnungen
period-backwards = Der erste Tag liegt nach dem letzten.
period-expected-merchant = Geben Sie die Kennung des Händlers wie im Katalog an.
period-expected-one = Wählen Sie ein Konto oder einen Händler, nicht beides.
period-expected-surface = Wählen Sie einen der Geschäftsbereiche.

done-reason-kept = Die Begründung ist festgehalten.
done-reason-removed = Die Begründung ist zurückgenommen.
done-approved-first = Ihre Freigabe ist festgehalten. Jetzt muss eine andere Person freigeben.
done-accepted = Die Abrechnung ist angenommen. Google wird benachrichtigt.
done-judged-again = Jeder Vorgang wird neu verglichen.
