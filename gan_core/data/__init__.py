"""Data sets: what can be trained on."""
