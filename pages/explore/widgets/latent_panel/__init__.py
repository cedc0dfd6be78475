"""The latent panel: its Python, JavaScript and CSS."""
