"""The contract between site and cloud: topics, batch, receipt, status, quantities. No I/O."""
