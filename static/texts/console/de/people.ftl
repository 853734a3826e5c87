# people, auf Deutsch.

