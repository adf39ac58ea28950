"""One protocol, one module; `registry` is the list."""
