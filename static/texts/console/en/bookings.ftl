# bookings, in English.

