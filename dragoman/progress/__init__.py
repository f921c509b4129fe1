"""How far long work is, where a person watches it: on a terminal, or in a notebook."""
