"""Rules: one file, one function, one name."""
