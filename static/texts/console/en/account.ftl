# The way in and a person's own account, in English.

sign-in-title = Sign in
sign-in-name = Name
sign-in-password = Password
sign-in-submit = Continue
sign-in-wrong = Name or password is wrong.

code-title = Second factor
code-lead = Enter the code that your authenticator app shows for Roundtrip.
code-label = Code of six digits
code-submit = Sign in
code-wrong = This code is wrong, or was used before. Wait for the next one.
code-back = Sign in as somebody else

enrol-title = Set up your second factor
enrol-lead = Scan this code with an authenticator app, then enter the six digits that it shows.
enrol-code-alt = QR code for the authenticator app
enrol-by-hand = Or type this key into the app:
enrol-submit = Confirm

enrol-own-wrong = The password or the code is wrong, or the code was used already. Wait for the next one.
account-title = Your account
account-name = Name
account-role = Role
account-signed-in = Signed in
account-until = Session ends at the latest
account-password = Change your password
account-password-rules = At least 12 characters, and not your name. All of your other sessions end.
account-old = Present password
account-new = New password
account-again = New password once more
account-change = Change password
account-wrong-old = The present password is wrong.
account-wrong-again = The new password was not the same both times.
account-second-factor = Second factor
account-sessions = Sessions
account-sessions-lead = Signs you out here and everywhere else.
account-end-sessions = End all sessions

done-password = Your password is changed, and your other sessions have ended.
done-second-factor = Your second factor is set up.
done-signed-out = You are signed out.
done-new-password-needed = Choose a password of your own before you go on.
account-wrong-length = The new password needs 12 to 1,024 characters.
account-wrong-name = Your name is no password.
account-wrong-repeated = One character repeated is no password.
account-wrong-same = This is your password already: choose another.
account-enrol = Set up an authenticator app
account-enrolled = An authenticator app is set up. Only an administrator can take it away.
