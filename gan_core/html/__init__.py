"""HTML files that leave the house: each is whole by itself and opens from disk."""
