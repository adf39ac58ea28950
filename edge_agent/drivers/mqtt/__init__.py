"""MQTT devices: one pure module a dialect, `dialects` is the list, `subscriber` the only socket."""
