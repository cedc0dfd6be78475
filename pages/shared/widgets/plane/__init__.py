"""The plane: its Python, JavaScript and CSS."""
