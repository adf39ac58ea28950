"""What readings mean: pure functions over values."""
