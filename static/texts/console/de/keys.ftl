# keys, auf Deutsch.

keys-title = Schlüssel
keys-lead = Was unterschreibt, entschlüsselt und prüft, bis wann, und was als Nächstes zu tun ist.
keys-nothing = Es sind keine Schlüssel eingerichtet.
keys-rotation = Wie ein Schlüssel gewechselt wird
keys-rotation-lead = Ein Wechsel ändert Dateien auf dem Server und wird deshalb dort vorgenommen. In dieser Reihenfolge wird nie etwas abgewiesen:
keys-step-rotate = Den nächsten Schlüssel erzeugen; ab dann entschlüsselt und prüft er:
keys-step-send = Seinen öffentlichen Teil der Gegenseite senden und warten, bis er benutzt wird:
keys-step-activate = Ihn unterschreiben lassen:
keys-step-retire = Wenn nichts mehr den alten braucht, ihn herausnehmen:
keys-place = Wofür
keys-id = Schlüssel
keys-algorithm = Art
keys-role = Tut
keys-health = Zustand
keys-created = Erzeugt
keys-expires = Endet
keys-next = Nächster Schritt
keys-own = Unserer für { $account }
keys-peer = Googles für { $account }
keys-issuer = Gemeinsam mit { $issuer }
keys-signing = Unsere eigenen Links
keys-signs = unterschreibt
keys-waits = wartet darauf, zu unterschreiben
keys-decrypts-only = entschlüsselt nur
keys-verifies = prüft
keys-good = gut
keys-ends-in = endet in { $days } Tagen
keys-expired = ist abgelaufen
keys-revoked = widerrufen
keys-next-rotate = den nächsten Schlüssel erzeugen
keys-next-activate = unterschreiben lassen, sobald die Gegenseite ihn kennt
keys-next-retire = stilllegen, sobald nichts ihn braucht
keys-next-retire-from = stilllegen ab { $day }
keys-next-say = in der Konfiguration sagen, seit wann er nicht mehr unterschreibt
keys-next-ask = die Gegenseite um einen neueren bitten

