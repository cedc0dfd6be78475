"""Speed and quality, measured by command."""
