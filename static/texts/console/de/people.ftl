# people, auf Deutsch.

people-title = Personen
people-name = Name
people-role = Rolle
people-state = Zustand
people-second-factor = Zweiter Faktor
people-added = Hinzugefügt
people-yes = eingerichtet
people-no = keiner
people-add = Jemanden hinzufügen
people-add-submit = Hinzufügen
people-disabled = gesperrt
people-enabled = darf sich anmelden
people-without-password = ohne Passwort
people-password-given = Das Passwort für die nächste Anmeldung. Es wird nur dieses eine Mal gezeigt, und damit muss ein anderes gewählt werden:
people-own = Das sind Sie: Das muss jemand anderes ändern.
people-held = meldet sich mit dem an, was { $names } vergeben hat
people-held-text = Bei einer Entscheidung, die zwei Personen braucht, gilt diese Person als dieselbe wie die, die Passwort und zweiten Faktor vergeben hat. Ein neues Passwort von jemand anderem aus der Verwaltung oder auf der Kommandozeile beendet das.
people-last-admin = Dann gäbe es niemanden mehr, der sich anmelden und Personen verwalten kann. Geben Sie zuerst jemand anderem die Rolle Verwaltung.
people-role-lead = Eine andere Rolle beendet die Sitzungen der Person.
people-role-submit = Rolle ändern
people-ways = Wege hinein
people-password-lead = Ein neues Passwort wird ausgedacht und einmal gezeigt; alle Sitzungen enden.
people-password = Neues Passwort geben
people-reset-factor = Zweiten Faktor entfernen
people-end = Sperren
people-end-lead = Sitzungen und Schlüssel enden sofort. Der Name bleibt für immer ihrer.
people-disable = Diese Person sperren
done-person-added = Hinzugefügt. Geben Sie jetzt ein Passwort.
done-person-role = Die Rolle ist geändert.
done-person-disabled = Die Person ist gesperrt.
done-person-factor = Der zweite Faktor ist entfernt.

