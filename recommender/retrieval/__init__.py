"""Articles in vectors, the inverted index over them, and the candidates that are found for a source."""
