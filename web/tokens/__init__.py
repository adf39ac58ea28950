"""API tokens of programs: one's own, and by right those of the firm."""
