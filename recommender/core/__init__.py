"""The foundations of all other rooms: errors, records, settings, rules, files, model folders, workers."""
