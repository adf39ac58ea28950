"""Every reading, once, by (site, device, quantity, time)."""
