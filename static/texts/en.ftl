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

invoice-title = Invoice { $reference }
invoice-from = From
invoice-to = Billed to
invoice-issued = Issued
invoice-due = Due
invoice-number = Invoice number
invoice-items = What is billed
invoice-tax = Sales tax
invoice-shipping = Shipping
invoice-shipping-by = Shipping: { $way }
invoice-shipping-later = to be added
invoice-total = Total
invoice-deliver-to = Deliver to
invoice-contact = Contact
invoice-state = Status

state-open = Open
state-overdue = Overdue
state-being-paid = Being paid
state-paid = Paid
state-partly-refunded = Partly refunded
state-refunded = Refunded
state-cancelled = Cancelled
state-transferred = Transfer announced
state-disputed = Disputed

lead-open = Please pay { $amount } by { $due }.
lead-overdue = { $amount } was due on { $due }. Please pay it now.
lead-paid = Thank you. { $amount } was paid on { $day }.
lead-cancelled = { $merchant } has cancelled this invoice. Please do not pay it.

attempt-at-title = You began to pay at { $issuer }
attempt-at = Continue there. If you have already paid at { $issuer }, do not pay again: we are waiting for the confirmation. To pay in another way, cancel this payment first.
attempt-look = Look at this payment or cancel it
attempt-pending-title = { $issuer } has not confirmed yet
attempt-pending = Please do not pay again. As soon as the payment is confirmed it shows here, and you get a receipt by mail.
attempt-soon-title = A payment is under way
attempt-soon = Please do not pay again. Look here once more in a moment.
attempt-card-title = This invoice is being paid by card
attempt-card = A payment by card was begun from the mail, and its outcome is not known yet. Please do not pay again. Look here once more in a moment.
last-failed-title = The last payment did not go through
last-failed = Nothing was charged. You can try again, also with another bank or wallet.
last-cancelled-title = You cancelled the last payment
last-cancelled = Nothing was charged. You can pay whenever you like.

no-issuer-title = How to pay
no-issuer = This invoice cannot be paid online. Please pay it by bank transfer with the reference { $reference }. { $merchant } tells you the account.

way-heading = How shall it be sent?
way-only = Only to: { $countries }
way-total = { $amount } in total
way-country = Country that it is sent to
way-choose = Please choose
way-elsewhere = Another country
way-address = Delivery address, if it is not known yet
country-name = { $code ->
    [AT] Austria
    [AU] Australia
    [BE] Belgium
    [BR] Brazil
    [CA] Canada
    [CH] Switzerland
    [CN] China
    [CZ] Czechia
    [DE] Germany
    [DK] Denmark
    [ES] Spain
    [FI] Finland
    [FR] France
    [GB] United Kingdom
    [GR] Greece
    [HU] Hungary
    [IE] Ireland
    [IN] India
    [IT] Italy
    [JP] Japan
    [LI] Liechtenstein
    [LU] Luxembourg
    [MX] Mexico
    [NL] Netherlands
    [NO] Norway
    [NZ] New Zealand
    [PL] Poland
    [PT] Portugal
    [RO] Romania
    [SE] Sweden
    [SG] Singapore
    [SK] Slovakia
    [TR] Türkiye
    [US] United States
    [ZA] South Africa
   *[other] { $code } (country code)
}
not-shipped-title = It is not sent there that way
not-shipped = Please choose another way of shipping or another country. Nothing was charged.
not-taken-title = This bank or wallet does not take the amount
not-taken = With this way of shipping it costs more or less than they take. Please choose another one. Nothing was charged.
too-many-attempts-title = This invoice cannot be paid online any more
too-many-attempts = Too many payments were begun. Please contact { $merchant }.

say-heading = Paid already, or is something wrong?
say-transferred = I paid by transfer
say-dispute = Dispute this invoice
said-transferred-title = You announced a transfer
said-transferred = Noted on { $day }. { $merchant } looks for the money; it can take a few days until it shows here. Please do not pay again.
said-dispute-title = You disputed this invoice
said-dispute = Noted on { $day }. { $merchant } looks into it and gets in touch with you.

paid-amount = Amount paid
paid-on = Paid on
paid-with = Paid with
paid-by-card = Card
paid-by-transfer = Bank transfer
paid-at-bank = Bank or wallet, online
refund-done = Refunded
refund-under-way = Refund under way
refund-unclear = Refund that we are looking into
refund-late = Came twice or too late, goes back

receipt-title = Receipt
receipt-number = Receipt number
receipt-lead = { $merchant } has received the payment of invoice { $reference }.
receipt-link = Receipt to print
receipt-back = Back to the invoice
other-language = Deutsch

link-expired = A link to an invoice is good for seven days. We can mail a new one to the address that the invoice was sent to.
link-send = Mail me a new link
link-asked-title = Please look into your mailbox
link-asked = A new link is on its way to the address that the invoice was sent to, unless one was mailed a short while ago.
link-not-now-title = The link cannot be sent at the moment
link-not-now = Please try again later, or contact the sender of the invoice.

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
