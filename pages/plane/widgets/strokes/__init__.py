"""A plane to draw a distribution on."""
