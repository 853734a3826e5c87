# jobs, auf Deutsch.

