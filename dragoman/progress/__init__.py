"""The progress of long work, shown where a person watches: on a terminal, or in a notebook."""
