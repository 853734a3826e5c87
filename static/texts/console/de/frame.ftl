# Der Rahmen der Konsole, auf Deutsch.

skip = Zum Inhalt springen
menu = Menü
menu-today = Heute
menu-payments = Zahlungen
menu-statements = Abrechnungen
menu-bank = Bank
menu-bookings = Buchungen
menu-invoices = Rechnungen
menu-payouts = Auszahlungen
menu-outbox = Postausgang
menu-issuers = Banken und Wallets
menu-keys = Schlüssel
menu-ledger = Hauptbuch
menu-jobs = Aufträge
menu-audit = Protokoll
menu-people = Personen
sign-out = Abmelden
language-name = Deutsch
pager = Seiten dieser Liste
pager-first = Erste Seite
pager-next = Nächste Seite

role-viewer = nur Ansicht
role-finance = Finanzen
role-operator = Betrieb
role-admin = Verwaltung

trouble-home = Zur Startseite
trouble-not-found = Hier ist nichts
trouble-not-found-text = Die Seite oder das, wovon sie handelt, gibt es nicht.
trouble-field = Etwas im Formular passt nicht
trouble-refused = Das geht nicht
trouble-not-allowed = Das geht hier nicht
trouble-not-allowed-text = Diese Seite kann so nicht aufgerufen werden.
trouble-forbidden = Ihre Rolle erlaubt das nicht
trouble-forbidden-text = Das muss jemand mit einer anderen Rolle tun. Wer welche Rolle hat, weiß die Verwaltung.
trouble-forged = Dieses Formular ist zu alt
trouble-forged-text = Es gehört nicht zu Ihrer jetzigen Sitzung. Öffnen Sie die Seite neu und wiederholen Sie, was Sie getan haben; es ist nichts geschehen.
trouble-body = Das Formular kam nicht so an, wie es gesendet wurde
trouble-body-text = Es ist nichts geschehen. Öffnen Sie die Seite neu und wiederholen Sie, was Sie getan haben.
trouble-too-slow = Es kam zu langsam an
trouble-too-slow-text = Das Formular oder die Datei war nicht rechtzeitig da, und es ist nichts geschehen. Versuchen Sie es mit einer besseren Verbindung noch einmal.
trouble-too-many = Zu viele Versuche
trouble-too-many-text = Warten Sie { $seconds } Sekunden und versuchen Sie es noch einmal.
trouble-unavailable = Zurzeit nicht verfügbar
trouble-unavailable-text = Auf dem Server ist etwas fehlgeschlagen. Versuchen Sie es gleich noch einmal.

expected-cursor = Dieser Link auf eine Seite der Liste passt nicht. Beginnen Sie bei der ersten Seite.
expected-choice = Wählen Sie eine der Möglichkeiten.
expected-name = Schreiben Sie 1 bis 64 Buchstaben, Ziffern und die Zeichen . _ -
expected-new-name = Dieser Name ist vergeben. Namen werden niemand anderem gegeben.
expected-day = Schreiben Sie einen Tag wie 2026-11-22.
complaints = Bitte berichtigen Sie, was nicht passt
title-unfit = Passt nicht: { $title }
refused-other-request = Das wurde schon mit anderem Inhalt gesendet.
