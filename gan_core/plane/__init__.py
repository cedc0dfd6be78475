"""A training on points of the plane, as it is seen: its frames, and pictures of them."""
