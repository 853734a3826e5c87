# invoices, in English.

