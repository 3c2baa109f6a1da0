"""Numbers, no verdicts: pure functions on arrays, one family a file; ``Run`` and ``Shape`` ask each at most once."""
