"""The firm's page: all its sites at a glance."""
