"""Suggestions on whole sites as their authors keep them: nothing leads where an editor would be ashamed of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender import Recommender, Settings, read_articles
from recommender.core.languages import language_key
from recommender.core.settings import RankerSettings

NOW = datetime(2025, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["hugo-digitalgov", "jekyll-optech"])
def test_no_suggestion_leads_off_the_site_to_another_language_or_where_the_text_leads_already(
    corpora: Path, name: str
) -> None:
    corpus = read_articles(corpora / "raw" / name, now=NOW)
    shipped = Settings(ranker=RankerSettings(learn="shipped"))
    n_lists = 0
    for source_id, suggestions in Recommender(settings=shipped).fit(corpus).suggest_all(k=5, threshold=0.3):
        source = corpus[corpus.row(source_id)]
        linked = {corpus.resolve(link) for link in source.relations if link.kind == "body"}
        for suggestion in suggestions:
            target = suggestion.target
            assert target.excluded is None, (source_id, target.id, target.excluded)
            assert target.url, (source_id, target.id)
            assert target.translation_key != source.translation_key, (source_id, target.id)
            languages = {language_key(source.language), language_key(target.language)}
            assert None in languages or len(languages) == 1, (source_id, target.id, languages)
            assert corpus.row(target.id) not in linked, (source_id, target.id)
        n_lists += bool(suggestions)
    assert n_lists > 50
