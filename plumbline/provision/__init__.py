"""Who may speak to the broker: keys and certificates, made, renewed and taken back (docs/security.md)."""
