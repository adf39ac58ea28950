"""Files that people write: YAML read with its lines, checked whole by a model; a mistake is one line."""
