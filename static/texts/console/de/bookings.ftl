# bookings, auf Deutsch.

