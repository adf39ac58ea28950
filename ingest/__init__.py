"""Receive (MQTT), accept (pure), append, receipt; the writer from the log into the stores."""
