"""The languages of texts that say nothing of it, by a detector; only where a site has more than one."""

from __future__ import annotations

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

FEWEST_LETTERS = 40  # below, a name or a quotation decides
LONGEST_SAMPLE = 600  # characters
LEAST_PROBABILITY = 0.98


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def detected_language(text: str) -> str | None:
    """Return the ISO 639 code of the language that a text is written in; None where that is not clear.

    >>> detected_language("The harbor ferry will sail again on Monday, the crews said after the talks.")
    'en'
    """
    sample = text[:LONGEST_SAMPLE]
    if sum(map(str.isalpha, sample)) < FEWEST_LETTERS:
        return None
    language, probability = _identifier().classify(sample)
    return str(language) if probability >= LEAST_PROBABILITY and language != "zxx" else None
