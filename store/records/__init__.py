"""Rows about people and things: events, agents, quarantine."""
