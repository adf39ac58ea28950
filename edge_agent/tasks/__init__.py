"""Tasks that are watched: none ends unseen."""
