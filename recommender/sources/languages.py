"""The languages of texts that say nothing of it, by a detector; only where a site has more than one."""

from __future__ import annotations

import re
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
MOST_ODD = 0.04  # share of the texts that need not have the words of the others: short announcements do not
_PARAGRAPH = 150  # characters
_WORD = re.compile(r"[^\W\d_]+")
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
    sample = [_text(article) for article in silent[:: max(len(silent) // SAMPLE, 1)]]
    known = {language_key(article.language) for article in articles} - {None}
    if len(known) < 2 and share_their_words(sample):
        return list(outcomes)
    counts = Counter(map(detected_language, sample))
    languages = {
        language for language, count in counts.items() if language in known or count > LEAST_SHARE * len(sample) + 1
    } - {None}
    if len(languages | known) < 2:
        return list(outcomes)
    return [_with_language(outcome, languages) for outcome in outcomes]


def share_their_words(texts: Sequence[str]) -> bool:
    """Whether nearly all of some texts have two of the words that more than half of them have.

    Very short ones do not count, unless most are.

    Then they are in one language: its commonest words are in any paragraph, and no two languages share them. To find
    that out takes a hundredth of the time in which the detector is loaded.

    >>> share_their_words(["The ferry sails to the island and back. " * 4, "And the crew sleeps in the harbor. " * 5])
    True
    """
    words = [set(_WORD.findall(text.lower())) for text in texts if len(text) >= _PARAGRAPH]
    counts = Counter(word for own in words for word in own)
    common = {word for word, count in counts.items() if 2 * count > len(words)}
    odd = sum(len(own & common) < 2 for own in words)
    return 2 * len(words) >= len(texts) and odd <= MOST_ODD * len(words)


def _with_language(outcome: Outcome, languages: set[str | None]) -> Outcome:
    article = outcome.article
    if article is None or article.language is not None:
        return outcome
    language = detected_language(_text(article))
    return replace(outcome, article=replace(article, language=language)) if language in languages else outcome


def _text(article: Article) -> str:
    return " ".join((article.title, article.excerpt, article.body[:LONGEST_SAMPLE]))
