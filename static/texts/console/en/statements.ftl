# statements, in English.

