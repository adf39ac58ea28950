"""Pages that go on by themselves: the hub follows log and feed, a channel is one site, a stream one page."""
