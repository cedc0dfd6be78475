"""The live chart: its Python, JavaScript and CSS."""
