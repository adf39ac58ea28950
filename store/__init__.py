"""What is kept: the log, the time series, the records. The only place that speaks SQL."""
