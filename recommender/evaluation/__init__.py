"""How good are suggestions: metrics, time splits, baselines, intervals, and an audit of the curated relations."""
