# jobs, in English.

