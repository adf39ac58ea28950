"""A process of the cloud is a table of parts, and a supervisor that sees each of them end."""
