"""Finding out what hangs on a line of which nothing is known: `probes` (whom to ask what, pure), `search`
(asking), `identify` (which profile fits), `proposal` (the site file)."""
