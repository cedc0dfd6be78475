"""State of the whole server: its training, sources, opened generators, addresses and routes."""
