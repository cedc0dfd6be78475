"""Browser components that several pages use."""
