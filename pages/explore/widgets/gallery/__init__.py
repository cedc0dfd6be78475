"""The gallery: its Python, JavaScript and CSS."""
