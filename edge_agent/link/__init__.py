"""The agent and the cloud: batches and receipts, status, commands."""
