"""Sites that do not exist: physics, tools, people -> real bytes on pseudo-terminals, and history."""
