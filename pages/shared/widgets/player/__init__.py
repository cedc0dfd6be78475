"""The player: its Python, JavaScript and CSS."""
