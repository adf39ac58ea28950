"""A command of `plumbline` a module: `add_arguments(parser)` and `run(arguments)` → exit code."""
