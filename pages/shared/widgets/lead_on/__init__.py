"""Leads on to another page: its Python and JavaScript."""
