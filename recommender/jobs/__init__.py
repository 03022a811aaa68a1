"""The nightly job: its folder, its record, resuming, and what it reports."""
