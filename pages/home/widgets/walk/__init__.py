"""The walk: its Python, JavaScript and CSS."""
