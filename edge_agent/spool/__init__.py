"""What the cloud has not yet receipted, on disk."""
