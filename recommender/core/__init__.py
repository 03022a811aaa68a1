"""What every room stands on: errors, records, settings, files, model folders, workers."""
