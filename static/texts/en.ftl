# Every English sentence that a payer reads. One message per variant of web::texts::Message, same variables.

secure-payment = Secure payment
bank-login-note = You log in at your bank or wallet only. We never ask for your password or PIN.

choose-title = Pay { $amount }
choose-for = For
choose-heading = Choose your bank or wallet
choose-none = No bank or wallet can take this payment. Cancel to go back to the shop.
cancel-payment = Cancel payment

search-label = Search by name
search-submit = Search
search-found = { $found } of { $total } shown
search-nothing = Nothing found for “{ $query }”. Check the spelling or show all { $total }.
search-show-all = Show all { $total }

at-bank-title = Taking you to { $issuer }
at-bank-lead = Continue at { $issuer } to pay { $amount }.
at-bank-once-title = Pay only once
at-bank-once = If you have already paid at { $issuer }, do not pay again. We are waiting for the confirmation; it can take a few minutes.
at-bank-continue = Continue to { $issuer }
at-bank-check = I have paid – check again

amount = Amount
bank = Bank or wallet

waiting-title = Your bank has not confirmed yet
waiting-lead = { $issuer } has not yet told us whether your payment went through.
waiting-differs = { $issuer } reported an amount that differs from this payment. We are checking it with { $issuer }.
waiting-safe-title = Nothing is lost
waiting-safe = Please do not pay again. We tell the shop as soon as { $issuer } confirms. You can close this page.
waiting-check = Check again
back-to-shop = Back to the shop

neutral-refused-title = This link cannot be opened
neutral-refused = The link is incomplete or has been changed. Go back to the shop and start the payment from there.
neutral-expired-title = This link has expired
neutral-expired = Go back to the shop and start the payment from there.
neutral-not-found-title = Page not found
neutral-not-found = There is nothing at this address. Go back to the shop and start from there.
neutral-too-many-title = Too many requests
neutral-too-many = Please wait a minute, then load this page again.
neutral-unavailable-title = Not available right now
neutral-unavailable = We cannot answer at the moment. Please wait a minute, then load this page again.
neutral-bad-request-title = This request cannot be read
neutral-bad-request = Something is missing or too long. Go back to the shop and start from there.
neutral-paid-already = If you have already paid, do not pay again. The shop hears from us as soon as a payment is confirmed.
