"""What was read, on its way to the spool: merged, made pseudonymous, held while the disk is full."""
