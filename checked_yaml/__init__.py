"""Files that people write: YAML read with its lines, checked whole by a model, mistakes told in one line each."""
