"""What can be done with a generator on the Explore page, a tab each."""
