"""A whole site as its authors keep it, against what Jekyll builds of it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.jekyll_sites import build, jekyll_is_installed, our_pages

from recommender.sources.records.front_matter import split_front_matter

_NOW = datetime(2023, 12, 1, tzinfo=UTC)


@pytest.mark.skipif(not jekyll_is_installed(), reason="Jekyll is not on this machine")
def test_every_address_of_optech_is_the_one_that_jekyll_makes(corpora: Path, tmp_path: Path) -> None:
    source = corpora / "raw" / "jekyll-optech"
    for path in source.rglob("*.*"):
        if path.is_file():
            # The texts take includes that are not there, and no address depends on them.
            text = path.read_text(encoding="utf-8")
            matter = split_front_matter(text) if path.suffix == ".md" else None
            target = tmp_path / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(f"---\n{matter.header}\n---\n" if matter else text, encoding="utf-8")
    built = build(tmp_path, _NOW)
    ours = our_pages(source, _NOW)
    future = {path for path, facts in ours.items() if (facts.excluded or "").startswith("published only")}
    assert len(future) == 17
    articles = {path: page.absolute for path, page in built.pages.items() if path.endswith(".md")}
    assert {path: facts.url for path, facts in ours.items() if path not in future} == articles
    assert len(articles) == 1211
    assert all(facts.url for facts in ours.values())
    assert {alias for facts in ours.values() for alias in facts.aliases} == built.redirects.keys()
    assert {path: facts.title for path, facts in ours.items() if path in articles} == {
        path: built.pages[path].title.strip() for path in articles
    }


def test_languages_and_translations_of_optech(corpora: Path) -> None:
    ours = our_pages(corpora / "raw" / "jekyll-optech", _NOW)
    assert Counter(facts.language for facts in ours.values()) == {
        "en": 549, "zh": 301, "ja": 185, "fr": 93, "cs": 66, "hi": 23, "de": 9, "es": 2,
    }  # fmt: skip
    assert len({facts.id for facts in ours.values()}) == len(ours) == 1228
    pairs = Counter((facts.translation_key, facts.language) for facts in ours.values())
    assert set(pairs.values()) == {1}
    groups = Counter(facts.translation_key for facts in ours.values())
    alone = [path for path, facts in ours.items() if groups[facts.translation_key] == 1 and facts.language != "en"]
    # Its English original has another name and another address.
    assert alone == ["_posts/zh/2018-07-30-xapo-utxo-consolidation.md"]
    assert sum(facts.kind == "section" for facts in ours.values()) == 7
