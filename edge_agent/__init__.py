"""Runs on the Pi: reads devices, keeps readings in the spool, sends them until the cloud has them."""
