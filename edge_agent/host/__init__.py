"""The machine the agent runs on: its state, its files, systemd, who sits before it."""
