"""Latent vectors: drawing, walking, directions, maps and projection."""
