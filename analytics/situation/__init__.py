"""What may truthfully be said of a site at one moment, judged in one place: pure functions over values."""
