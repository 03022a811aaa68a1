"""Named features of a pair of articles, and the reasons that are made of them."""
