"""Benchmarks: each prints figures against a limit measured in the same run (`make bench ONLY=<name>`)."""
