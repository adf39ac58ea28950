"""One local day of a site: what may truthfully be told of it."""
