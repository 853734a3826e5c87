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

invoice-title = Rechnung { $reference }
invoice-from = Von
invoice-to = Rechnung an
invoice-issued = Ausgestellt
invoice-due = Fällig am
invoice-number = Rechnungsnummer
invoice-items = Was berechnet wird
invoice-tax = Umsatzsteuer
invoice-shipping = Versand
invoice-shipping-by = Versand: { $way }
invoice-shipping-later = kommt hinzu
invoice-total = Summe
invoice-deliver-to = Lieferung an
invoice-contact = Kontakt
invoice-state = Stand

state-open = Offen
state-overdue = Überfällig
state-being-paid = Wird bezahlt
state-paid = Bezahlt
state-partly-refunded = Teilweise erstattet
state-refunded = Erstattet
state-cancelled = Storniert
state-transferred = Überweisung angekündigt
state-disputed = Beanstandet

lead-open = Bitte bezahlen Sie { $amount } bis zum { $due }.
lead-overdue = { $amount } waren am { $due } fällig. Bitte bezahlen Sie jetzt.
lead-paid = Vielen Dank. { $amount } wurden am { $day } bezahlt.
lead-cancelled = { $merchant } hat diese Rechnung storniert. Bitte bezahlen Sie sie nicht.

attempt-at-title = Sie haben begonnen, bei { $issuer } zu bezahlen
attempt-at = Machen Sie dort weiter. Wenn Sie bei { $issuer } schon bezahlt haben, bezahlen Sie nicht noch einmal: Wir warten auf die Bestätigung. Um anders zu bezahlen, brechen Sie diese Zahlung zuerst ab.
attempt-look = Diese Zahlung ansehen oder abbrechen
attempt-pending-title = { $issuer } hat noch nicht bestätigt
attempt-pending = Bitte bezahlen Sie nicht noch einmal. Sobald die Zahlung bestätigt ist, sehen Sie es hier, und Sie bekommen einen Beleg per E-Mail.
attempt-soon-title = Eine Zahlung ist unterwegs
attempt-soon = Bitte bezahlen Sie nicht noch einmal. Sehen Sie gleich noch einmal hier nach.
attempt-card-title = Diese Rechnung wird gerade mit Karte bezahlt
attempt-card = Aus der E-Mail wurde eine Zahlung mit Karte begonnen, deren Ausgang noch nicht feststeht. Bitte bezahlen Sie nicht noch einmal. Sehen Sie gleich noch einmal hier nach.
last-failed-title = Die letzte Zahlung kam nicht zustande
last-failed = Es wurde nichts abgebucht. Sie können es noch einmal versuchen, auch mit einer anderen Bank oder Wallet.
last-cancelled-title = Sie haben die letzte Zahlung abgebrochen
last-cancelled = Es wurde nichts abgebucht. Sie können bezahlen, wann Sie möchten.

no-issuer-title = So bezahlen Sie
no-issuer = Diese Rechnung lässt sich nicht online bezahlen. Bitte überweisen Sie den Betrag mit dem Verwendungszweck { $reference }. Das Konto nennt Ihnen { $merchant }.

way-heading = Wie soll es versandt werden?
way-only = Nur nach: { $countries }
way-total = zusammen { $amount }
way-country = Land, in das geliefert wird
way-choose = Bitte wählen
way-elsewhere = Ein anderes Land
way-address = Lieferadresse, falls sie noch nicht bekannt ist
country-name = { $code ->
    [AT] Österreich
    [AU] Australien
    [BE] Belgien
    [BR] Brasilien
    [CA] Kanada
    [CH] Schweiz
    [CN] China
    [CZ] Tschechien
    [DE] Deutschland
    [DK] Dänemark
    [ES] Spanien
    [FI] Finnland
    [FR] Frankreich
    [GB] Vereinigtes Königreich
    [GR] Griechenland
    [HU] Ungarn
    [IE] Irland
    [IN] Indien
    [IT] Italien
    [JP] Japan
    [LI] Liechtenstein
    [LU] Luxemburg
    [MX] Mexiko
    [NL] Niederlande
    [NO] Norwegen
    [NZ] Neuseeland
    [PL] Polen
    [PT] Portugal
    [RO] Rumänien
    [SE] Schweden
    [SG] Singapur
    [SK] Slowakei
    [TR] Türkei
    [US] Vereinigte Staaten
    [ZA] Südafrika
   *[other] { $code } (Ländercode)
}
not-shipped-title = Auf diesem Weg wird dorthin nicht geliefert
not-shipped = Bitte wählen Sie eine andere Versandart oder ein anderes Land. Es wurde nichts abgebucht.
not-taken-title = Diese Bank oder Wallet nimmt den Betrag nicht an
not-taken = Mit dieser Versandart kostet es mehr oder weniger, als sie annimmt. Bitte wählen Sie eine andere. Es wurde nichts abgebucht.
too-many-attempts-title = Diese Rechnung lässt sich nicht mehr online bezahlen
too-many-attempts = Es wurden zu viele Zahlungen begonnen. Bitte wenden Sie sich an { $merchant }.

say-heading = Schon bezahlt, oder stimmt etwas nicht?
say-transferred = Ich habe überwiesen
say-dispute = Rechnung beanstanden
said-transferred-title = Sie haben eine Überweisung angekündigt
said-transferred = Vermerkt am { $day }. { $merchant } sucht das Geld; es kann einige Tage dauern, bis Sie es hier sehen. Bitte bezahlen Sie nicht noch einmal.
said-dispute-title = Sie haben diese Rechnung beanstandet
said-dispute = Vermerkt am { $day }. { $merchant } prüft es und meldet sich bei Ihnen.

paid-amount = Bezahlter Betrag
paid-on = Bezahlt am
paid-with = Bezahlt mit
paid-by-card = Karte
paid-by-transfer = Überweisung
paid-at-bank = Bank oder Wallet, online
refund-done = Erstattet
refund-under-way = Erstattung unterwegs
refund-unclear = Erstattung, die wir noch klären
refund-late = Kam doppelt oder zu spät, geht zurück

receipt-title = Beleg
receipt-number = Belegnummer
receipt-lead = { $merchant } hat die Zahlung der Rechnung { $reference } erhalten.
receipt-link = Beleg zum Drucken
receipt-back = Zurück zur Rechnung
other-language = English

link-expired = Ein Link zu einer Rechnung gilt sieben Tage. Wir können einen neuen an die Adresse senden, an die die Rechnung ging.
link-send = Neuen Link zusenden
link-asked-title = Bitte sehen Sie in Ihr Postfach
link-asked = Ein neuer Link ist unterwegs an die Adresse, an die die Rechnung ging – es sei denn, es wurde erst vor Kurzem einer gesendet.
link-not-now-title = Der Link kann im Moment nicht gesendet werden
link-not-now = Bitte versuchen Sie es später noch einmal oder wenden Sie sich an den Absender der Rechnung.

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
