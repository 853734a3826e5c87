# The frame of the console, in English.

skip = Skip to the content
menu = Menu
menu-today = Today
menu-payments = Payments
menu-statements = Statements
menu-bank = Bank
menu-bookings = Bookings
menu-invoices = Invoices
menu-payouts = Payouts
menu-outbox = Outbox
menu-issuers = Issuers
menu-keys = Keys
menu-ledger = Ledger
menu-jobs = Jobs
menu-audit = Audit log
menu-people = People
sign-out = Sign out
language-name = English
pager = Pages of this list
pager-first = First page
pager-next = Next page

role-viewer = viewer
role-finance = finance
role-operator = operator
role-admin = admin

trouble-home = To the start page
trouble-not-found = There is nothing here
trouble-not-found-text = The page or what it was about does not exist.
trouble-field = Something in the form does not fit
trouble-refused = That cannot be done
trouble-not-allowed = This cannot be done here
trouble-not-allowed-text = This page cannot be asked for in this way.
trouble-forbidden = Your role does not allow this
trouble-forbidden-text = Somebody with another role has to do it. Who has which role, an administrator knows.
trouble-forged = This form is too old
trouble-forged-text = It does not belong to your present session. Open the page again and repeat what you did; nothing has been done.
trouble-body = The form did not arrive as it was sent
trouble-body-text = Nothing has been done. Open the page again and repeat what you did.
trouble-too-slow = It came too slowly
trouble-too-slow-text = The form or file had not arrived in time, and nothing has been done. Try again with a better connection.
trouble-too-many = Too many attempts
trouble-too-many-text = Wait { $seconds } seconds and try again.
trouble-unavailable = Temporarily unavailable
trouble-unavailable-text = Something on the server failed. Try again in a moment.

expected-cursor = This link to a page of the list does not fit. Begin at the first page.
expected-choice = Choose one of the options.
expected-name = Write 1 to 64 letters, digits and the signs . _ -
expected-new-name = This name is taken. Names are never given to somebody else.
expected-day = Write a day such as 2026-11-22.
complaints = Please correct what does not fit
title-unfit = Does not fit: { $title }
refused-other-request = This was sent before with other content.
