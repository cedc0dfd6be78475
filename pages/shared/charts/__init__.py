"""Descriptions of charts."""
