"""Pixels, films, and pictures that a person gives."""
