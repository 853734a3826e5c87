# invoices, auf Deutsch.

