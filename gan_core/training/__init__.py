"""Training: one step of the game, a whole run, and runs in the background."""
