"""The sketch: its Python, JavaScript and CSS."""
