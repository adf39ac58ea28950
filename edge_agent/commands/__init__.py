"""The subcommands of `plumbline-edge`: one module each, with `ABOUT`, `add_arguments` and `run`."""
