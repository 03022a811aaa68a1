"""Where suggestions are written: JSON Lines, and the front matter of articles."""
