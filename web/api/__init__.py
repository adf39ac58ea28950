"""The HTTP API `/api/v1`: one module per resource."""
