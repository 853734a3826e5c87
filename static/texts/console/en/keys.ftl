# keys, in English.

