"""The pages that have no room of their own yet."""
