"""The site itself: people, tools, water, weather and rooms as pure functions of (seed, time)."""
