"""Where suggestions go."""
