"""Serial lines at work: their ports, whose turn it is, one request in flight."""
