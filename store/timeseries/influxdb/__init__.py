"""Time series in InfluxDB 1, 2 or 3, behind one contract."""
