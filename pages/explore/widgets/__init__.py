"""Browser components of the Explore page."""
