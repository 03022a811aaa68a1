"""The languages of texts that say nothing of it, by a detector; only where a site has more than one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from recommender.core.languages import language_key
from recommender.core.records import Article
from recommender.sources.outcomes import Outcome

FEWEST_LETTERS = 40  # below, a name or a quotation decides
LONGEST_SAMPLE = 600  # characters
LEAST_PROBABILITY = 0.98
SAMPLE = 200  # articles by which it is found out whether a site has more than one language
LEAST_SHARE = 0.01  # of the articles; a rarer language is more likely a mistake of the detector


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


def with_languages(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Give articles the languages of their texts where nothing says them and the site has more than one.

    Of what was only detected, a language that fewer than two of a hundred articles have counts as unknown.
    """
    articles = [outcome.article for outcome in outcomes if outcome.article is not None and outcome.left_out is None]
    silent = [article for article in articles if article.language is None]
    sample = silent[:: max(len(silent) // SAMPLE, 1)]
    counts = Counter(detected_language(_text(article)) for article in sample)
    known = {language_key(article.language) for article in articles}
    languages = {
        language for language, count in counts.items() if language in known or count > LEAST_SHARE * len(sample) + 1
    } - {None}
    if len(languages | known - {None}) < 2:
        return list(outcomes)
    return [_with_language(outcome, languages) for outcome in outcomes]


def _with_language(outcome: Outcome, languages: set[str | None]) -> Outcome:
    article = outcome.article
    if article is None or article.language is not None:
        return outcome
    language = detected_language(_text(article))
    return replace(outcome, article=replace(article, language=language)) if language in languages else outcome


def _text(article: Article) -> str:
    return " ".join((article.title, article.excerpt, article.body[:LONGEST_SAMPLE]))
