"""`make demo`: a small firm on one machine, without hardware; every byte on its way is real."""
