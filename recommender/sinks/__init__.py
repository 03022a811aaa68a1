"""Where suggestions are written: rows of JSON or CSV, the front matter of articles, and data files of generators."""
