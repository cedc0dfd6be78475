"""Widgets that the Plane page alone has."""
