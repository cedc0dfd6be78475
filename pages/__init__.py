"""Everything the browser shows."""
