"""The durable, ordered sequence of accepted batches that everything in the cloud reads."""
