# statements, auf Deutsch.

