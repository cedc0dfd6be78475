"""The verdict: its Python, JavaScript and CSS."""
