# people, in English.

