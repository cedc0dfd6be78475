"""Questions to a person: settings, lengths, classes, files."""
