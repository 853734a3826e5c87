# keys, auf Deutsch.

