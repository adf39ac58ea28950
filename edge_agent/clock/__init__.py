"""What readings are stamped with."""
