"""Runs on disk, and what is opened from them."""
