# Der Weg hinein und das eigene Konto, auf Deutsch.

sign-in-title = Anmelden
sign-in-name = Name
sign-in-password = Passwort
sign-in-submit = Weiter
sign-in-wrong = Name oder Passwort ist falsch.

code-title = Zweiter Faktor
code-lead = Geben Sie den Code ein, den Ihre Authenticator-App für Roundtrip zeigt.
code-label = Code aus sechs Ziffern
code-submit = Anmelden
code-wrong = Dieser Code ist falsch oder wurde schon benutzt. Warten Sie auf den nächsten.
code-back = Als jemand anderes anmelden

enrol-title = Zweiten Faktor einrichten
enrol-lead = Scannen Sie diesen Code mit einer Authenticator-App und geben Sie dann die sechs Ziffern ein, die sie zeigt.
enrol-code-alt = QR-Code für die Authenticator-App
enrol-by-hand = Oder tippen Sie diesen Schlüssel in die App:
enrol-submit = Bestätigen

enrol-own-wrong = Das Passwort oder der Code ist falsch, oder der Code wurde schon benutzt. Warten Sie auf den nächsten.
account-title = Ihr Konto
account-name = Name
account-role = Rolle
account-signed-in = Angemeldet
account-until = Sitzung endet spätestens
account-password = Passwort ändern
account-password-rules = Mindestens 12 Zeichen und nicht Ihr Name. Alle Ihre anderen Sitzungen enden.
account-old = Jetziges Passwort
account-new = Neues Passwort
account-again = Neues Passwort noch einmal
account-change = Passwort ändern
account-wrong-old = Das jetzige Passwort ist falsch.
account-wrong-again = Das neue Passwort war nicht beide Male dasselbe.
account-second-factor = Zweiter Faktor
account-sessions = Sitzungen
account-sessions-lead = Meldet Sie hier und überall sonst ab.
account-end-sessions = Alle Sitzungen beenden

done-password = Ihr Passwort ist geändert, und Ihre anderen Sitzungen sind beendet.
done-second-factor = Ihr zweiter Faktor ist eingerichtet.
done-signed-out = Sie sind abgemeldet.
done-new-password-needed = Wählen Sie ein eigenes Passwort, bevor Sie weitermachen.
account-wrong-length = Das neue Passwort braucht 12 bis 1.024 Zeichen.
account-wrong-name = Ihr Name ist kein Passwort.
account-wrong-repeated = Ein wiederholtes Zeichen ist kein Passwort.
account-wrong-same = Das ist schon Ihr Passwort: Wählen Sie ein anderes.
account-enrol = Eine Authenticator-App einrichten
account-enrolled = Eine Authenticator-App ist eingerichtet. Nur die Verwaltung kann sie entfernen.
