# today, auf Deutsch.

today-title = Heute
percent = { $whole },{ $tenths } %

today-needs = Was jemanden braucht
today-needs-nothing = Nichts. Alles, was läuft, geht von selbst weiter.
today-dead-letters = { $count ->
    [one] Eine unzustellbare Nachricht: etwas, das gesendet werden sollte und aufgegeben wurde
   *[other] { $count } unzustellbare Nachrichten, die gesendet werden sollten und aufgegeben wurden
}
today-waiting = { $count ->
    [one] Eine Nachricht wartet darauf, gesendet zu werden.
   *[other] { $count } Nachrichten warten darauf, gesendet zu werden.
}
today-before-finance = Liegt den Finanzen vor
today-reason = Grund
today-count = Anzahl
today-oldest = Ältestes seit
today-age = Alter
today-days = { $days ->
    [0] heute
    [one] 1 Tag
   *[other] { $days } Tage
}
today-statements = Abrechnungen, über die zu entscheiden ist
today-all-statements = Alle Abrechnungen
today-statement = Abrechnung
today-account = Konto
today-state = Stand
today-total = Gesamtbetrag
today-due = Fällig
today-no-due-date = kein Datum angegeben
today-overdue = { $days ->
    [0] seit heute überfällig
    [one] seit 1 Tag überfällig
   *[other] seit { $days } Tagen überfällig
}
today-days-left = { $days ->
    [0] heute
    [one] noch 1 Tag
   *[other] noch { $days } Tage
}
today-alarms = Alarme, die andauern
today-since = seit

today-flight = Geld unterwegs
today-flight-lead = Was zugesagt und noch nicht angekommen ist, nach dem jetzigen Stand des Hauptbuchs. Beträge mit Minus schulden wir.
today-flight-nothing = Kein Geld ist unterwegs.
today-flight-in = Unterwegs, { $currency }
today-flight-chart = Balken des Geldes unterwegs in { $currency }; die Zahlen stehen in der Tabelle
today-flight-kind = Konto
today-flight-whose = Von
today-flight-amount = Betrag
today-ledger = Das ganze Hauptbuch

today-answers = Wie Banken und Aufrufe antworten
today-span-day = Letzte 24 Stunden
today-span-week = Letzte 7 Tage
today-no-payments = In dieser Zeit begannen keine Zahlungen.
today-issuers = Zahlungen nach Bank oder Wallet
today-issuers-chart = Balken des Anteils, den jede Bank oder Wallet genehmigt hat; die Zahlen stehen in der Tabelle
today-issuer = Bank oder Wallet
today-paid = Bezahlt
today-declined = Abgelehnt
today-left = Vom Zahler verlassen
today-open = Offen
today-approved = Genehmigt
today-no-calls = In dieser Zeit wurden keine Aufrufe gezählt.
today-calls = Aufrufe, nach Googles Maß
today-call = Aufruf
today-calls-count = Aufrufe
today-calls-good = Erfolgreich beantwortet
today-calls-in-time = Binnen 5 s
today-calls-hint = p50, p95 und p99: So viele von hundert Aufrufen dauerten höchstens so lange. Google erwartet eine Antwort binnen 5 s.
today-from-google = Google an uns: { $method }
today-to-google = Wir an Google: { $method }
today-to-issuer = Wir an { $issuer }: { $method }
today-within = { $ms } ms
today-beyond = über 10 s

attention-amount-differs = Eine Bank meldete einen anderen Betrag
attention-paid-after-close = Bezahlt, nachdem wir anderes gemeldet hatten
attention-contradiction = Eine Bank widersprach sich
attention-statement-differs = Eine Abrechnung weicht von unseren Büchern ab
attention-unexplained-transfer = Eine Überweisung, die nichts erklärt
attention-disputed = Ein Zahler bestreitet eine Belastung
attention-refund-failed = Eine Erstattung schlug fehl
attention-deposit-not-charged = Eine Anzahlung konnte nicht eingezogen werden
attention-unexplained-charge = Eine Belastung, die keine Buchung erklärt
attention-payout-failed = Eine Auszahlung kam nicht an
attention-invoice-disputed = Ein Empfänger hält eine Rechnung für falsch
attention-transfer-said = Ein Empfänger sagt, eine Rechnung sei überwiesen

alarm-statement-due = Eine Abrechnung wird fällig
alarm-notification-late = Eine Meldung an Google verspätet sich
alarm-dead-letters = Nachrichten wurden aufgegeben
alarm-key-expiry = Ein Schlüssel läuft ab
alarm-clock-skew = Unsere Uhr und die von Google gehen auseinander
alarm-ledger-imbalance = Das Hauptbuch geht nicht auf
alarm-before-finance = Etwas liegt den Finanzen vor
alarm-charge-disputed = Eine Belastung wird bestritten
alarm-refund-failed = Eine Erstattung schlug fehl
alarm-deposit-not-charged = Eine Anzahlung wurde nicht eingezogen
alarm-payout-failed = Eine Auszahlung schlug fehl
alarm-unexplained-charge = Eine Belastung ist unerklärt
