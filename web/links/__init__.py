"""A customer's link: made by staff, opened in a browser, and ended at once."""
