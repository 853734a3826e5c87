# Die Überweisungen der Bank, auf Deutsch.

bank-title = Bankbewegungen
bank-lead = Was die Bank gebucht hat, aus den eingelesenen Kontoauszügen, und was jede Überweisung bezahlt. Die neuesten stehen oben.
bank-caption = Überweisungen, die neuesten zuerst
bank-nothing = Keine Überweisung passt. Wählen Sie „alle“, oder lesen Sie einen Kontoauszug ein.
bank-transfer = Überweisung
bank-booked-on = Gebucht am { $day }
bank-transfer-title = Überweisung vom { $day }
bank-direction = Richtung
bank-paid = von uns gezahlt
bank-received = eingegangen
bank-reversal = nimmt eine frühere Buchung zurück
bank-amount = Betrag
bank-counterparty = Gegenseite
bank-text = Text
bank-belongs-to = Gehört zu
bank-says = Was die Bank angibt
bank-booked = Gebucht am
bank-valued = Wertstellung
bank-account = Unser Konto
bank-statement-id = Kontoauszug
bank-reference = Referenz der Bank
bank-end-to-end = Ende-zu-Ende-Referenzen
bank-imported = Eingelesen
bank-back = Zurück zu den Überweisungen

bank-state = Stand
bank-state-unmatched = in Klärung: keine Abrechnung gefunden
bank-state-differs = in Klärung: die Abrechnung weist sie ab
bank-state-offered = eine Abrechnung wird gefragt
bank-state-matched = bezahlt eine Abrechnung
bank-state-paid-out = ist eine Auszahlung

bank-unmatched-text = Keine unserer Abrechnungen hat diesen Verwendungszweck. Das Geld steht auf dem Klärungskonto, bis eine Person oder ein späterer Kontoauszug sagt, wozu es gehört.
bank-offered-text = Diese Abrechnung wird gefragt, ob es ihre Zahlung ist:
bank-matched-text = Sie hat diese Abrechnung bezahlt:
bank-paid-out-text = Sie ist diese Auszahlung:
bank-final = Das ist endgültig: Die Buchungen beider Seiten folgen daraus.
bank-differs-text = Diese Abrechnung hat sie abgewiesen:
bank-refusal-wrong-amount = Sie verlangt einen anderen Betrag. Eine Überweisung bezahlt eine Abrechnung, in voller Höhe.
bank-refusal-wrong-currency = Sie verlangt eine andere Währung.
bank-refusal-already-paid = Eine andere Überweisung hat sie bezahlt.
bank-refusal-not-accepted = Noch niemand hat sie angenommen.
bank-refusal-replaced = Eine berichtigte Abrechnung ist an ihre Stelle getreten.
bank-refusal-no-such-statement = Es gibt keine solche Abrechnung.

bank-candidates = Wozu sie gehören kann
bank-candidates-lead = Abrechnungen, die nicht oder erst vor Kurzem bezahlt sind, die wahrscheinlichsten zuerst. Die Abrechnung entscheidet: Sie nimmt die Überweisung nur, wenn sie angenommen ist und der Betrag der fällige ist.
bank-no-candidates = Keine Abrechnung wartet auf eine Zahlung.
bank-due = Zu überweisen
bank-fits = Passt
bank-memo-fits = Verwendungszweck gefunden
bank-memo-differs = Verwendungszweck nicht gefunden
bank-amount-fits = Betrag passt
bank-amount-differs = anderer Betrag
bank-decide = Entscheiden
bank-match-submit = Gehört zu { $id }

bank-import-link = Kontoauszug einlesen
bank-import-title = Kontoauszug einlesen
bank-import-lead = Seine Überweisungen werden im Hintergrund gebucht. Eine Datei kann jederzeit noch einmal eingelesen werden: Was bekannt ist, wird nicht zweimal gebucht.
bank-import-file = Kontoauszug
bank-import-hint = camt.053 (XML), unverpackt oder gzip, bis 1 GiB. Passt ein Teil der Datei nicht, wird nichts daraus gebucht.
bank-import-submit = Einlesen
bank-import-expected = Wählen Sie eine Datei im Format camt.053, die nicht leer ist.
bank-import-too-long = Wählen Sie eine Datei von höchstens 1 GiB.

bank-expected-state = Wählen Sie einen Stand aus der Liste.
bank-expected-statement = Wählen Sie eine unserer Abrechnungen.
bank-refused-being-asked = Eine Abrechnung wird zu dieser Überweisung gefragt. Warten Sie ihre Antwort ab.
bank-refused-explained = Wozu diese Überweisung gehört, ist schon bekannt und endgültig.
bank-refused-unknown = Es gibt keine solche Überweisung.

done-transfer-offered = Die Abrechnung wird gefragt, ob es ihre Zahlung ist. Laden Sie die Seite neu, um ihre Antwort zu sehen.
