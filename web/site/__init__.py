"""The site's page: one site, its devices and agents, as staff see it."""
