# people, in English.

people-title = People
people-name = Name
people-role = Role
people-state = State
people-second-factor = Second factor
people-added = Added
people-yes = set up
people-no = none
people-add = Add somebody
people-add-submit = Add
people-disabled = disabled
people-enabled = may sign in
people-without-password = without a password
people-password-given = The password for the next sign-in. It is shown this once, and another has to be chosen with it:
people-own = This is you: somebody else has to change this.
people-held = signs in with what { $names } gave
people-held-text = For a decision that takes two persons, this one and whoever gave the password and the second factor are one person. A new password from another administrator, or at the shell, ends that.
people-last-admin = Nobody would be left who can sign in and manage people. Make somebody else an administrator first.
people-role-lead = Another role ends the person's sessions.
people-role-submit = Change the role
people-ways = Ways in
people-password-lead = A new password is made up and shown once; all sessions end.
people-password = Give a new password
people-reset-factor = Take the second factor away
people-end = Disable
people-end-lead = Sessions and tokens end at once. The name stays theirs for ever.
people-disable = Disable this person
done-person-added = Added. Now give a password.
done-person-role = The role is changed.
done-person-disabled = The person is disabled.
done-person-factor = The second factor is taken away.

