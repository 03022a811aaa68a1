"""From scored candidates to suggestions: eligibility, business rules, decisions, near-duplicates, explanations."""
