"""The customer's page: one project, opened by its link."""
