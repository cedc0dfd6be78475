"""The scatter: its Python, JavaScript and CSS."""
