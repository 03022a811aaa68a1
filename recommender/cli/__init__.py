"""The command line: a verb a file; parses, calls, prints; no logic."""
