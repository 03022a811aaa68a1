"""An index comes back from its arrays as it was; arrays that do not fit are refused before a library sees them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from recommender import Article, ModelFormatError, Recommender
from recommender.corpus.stored_articles import Lines
from recommender.retrieval.vectorizer import Vectorizer

START = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.fixture
def folder(unlearned: Recommender, tmp_path: Path) -> Path:
    unlearned.save(tmp_path / "model")
    return tmp_path / "model"


def replace_array(folder: Path, name: str, values: np.ndarray) -> None:
    """Replace an array, and its digest in the manifest."""
    np.save(folder / name, values, allow_pickle=False)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name]["sha256"] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_the_opened_index_is_the_one_made_from_the_articles(unlearned: Recommender, folder: Path) -> None:
    opened, computed = (
        Recommender.load(folder)._snapshot.index,
        Vectorizer.fit(unlearned.corpus).index(unlearned.corpus),
    )
    for name, matrix in computed.vectors.compared.items():
        assert (opened.vectors.compared[name] != matrix).nnz == 0
    for name in ("providers", "days", "quality", "words"):
        np.testing.assert_array_equal(getattr(opened.vectors, name), getattr(computed.vectors, name))
    assert (opened.inverted.postings != computed.inverted.postings).nnz == 0
    np.testing.assert_array_equal(opened.inverted.posting_counts, computed.inverted.posting_counts)


def test_an_opened_matrix_reads_the_file_and_cannot_write_to_it(folder: Path) -> None:
    values = Recommender.load(folder)._snapshot.index.vectors.full.data
    while values.base is not None and not isinstance(values, np.memmap):
        values = values.base
    assert isinstance(values, np.memmap)
    assert not values.flags.writeable


def test_a_draft_is_answered_without_a_look_at_all_articles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.random.default_rng(0).choice([f"word{number}" for number in range(60)], (600, 5))
    site = [
        Article(f"a{row}", " ".join(words[row]), published_at=START + timedelta(hours=row), removed=row % 9 == 0)
        for row in range(600)
    ]
    fitted = Recommender().fit(site)
    fitted.save(tmp_path / "model")
    model = Recommender.load(tmp_path / "model")
    monkeypatch.setattr(Lines, "__iter__", None)  # whoever goes through all lines fails
    draft = Article("draft", " ".join(words[7]), published_at=START)
    suggestions = model.suggest(draft, threshold=0)
    assert suggestions == fitted.suggest(draft, threshold=0)
    assert len(suggestions) == 5
    lines = model.corpus.originals
    assert isinstance(lines, Lines)
    assert lines.n_decoded < 100  # what is suggested, and what ties in its score
    model.add([Article("late", "Late", published_at=START + timedelta(days=60))])
    assert model.suggest("late", threshold=0)
    assert lines.n_decoded < 200


CHANGES: list[tuple[str, Callable[[np.ndarray], np.ndarray], str]] = [
    ("full_columns.npy", lambda old: np.where(old == old.max(), 2**20, old).astype(np.int32), "must hold 0 to 1048575"),
    ("title_columns.npy", lambda old: np.where(old == old.max(), -1, old).astype(np.int32), "must hold 0 to"),
    ("inverted_columns.npy", lambda old: old + np.int32(old.max()), "inverted_columns.npy must hold 0 to"),
    ("topics_starts.npy", lambda old: old[::-1].copy(), "do not fit"),
    ("full_starts.npy", lambda old: old + 1, "do not fit"),
    ("full_starts.npy", lambda old: old[:-1], "full_starts.npy must hold"),
    ("excerpt_values.npy", lambda old: old[:-1], "excerpt_values.npy must hold"),
    ("spelling_values.npy", lambda old: np.append(old, old), "spelling_values.npy must hold"),
    ("characters_values.npy", lambda old: old * np.float32(np.inf), "finite numbers"),
    ("full_values.npy", lambda old: old.astype(np.float64), "float32"),
    ("days.npy", lambda old: old + 1, "days.npy is not of the articles"),
    ("days.npy", lambda old: old * np.nan, "days.npy is not of the articles"),
    ("quality.npy", lambda old: old[1:], "quality.npy must hold"),
    ("eligible.npy", lambda old: old + np.uint8(1), "eligible.npy must hold 0 to 1"),
    ("eligible.npy", lambda old: old[1:], "eligible.npy and articles.jsonl do not fit"),
    ("by_provider.npy", lambda old: old + 1, "by_provider.npy must hold 0 to"),
    ("by_provider.npy", lambda old: old - 1, "by_provider.npy must hold 0 to"),
    ("by_provider.npy", lambda old: old * 0, "by_provider.npy and providers.npy do not fit"),
    ("by_provider.npy", lambda old: old[::-1].copy(), "by_provider.npy and providers.npy do not fit"),
    ("by_provider.npy", lambda old: old[1:], "by_provider.npy and providers.npy do not fit"),
    ("link_similarity.npy", lambda old: old[1:], "link_similarity.npy must hold"),
    ("link_similarity.npy", lambda old: old * np.float32(np.nan), "link_similarity.npy must hold finite numbers"),
    ("article_starts.npy", lambda old: old[1:], "article_starts.npy and articles.jsonl do not fit"),
]


@pytest.mark.parametrize(("name", "change", "message"), CHANGES)
def test_an_array_that_does_not_fit_is_refused(
    folder: Path, name: str, change: Callable[[np.ndarray], np.ndarray], message: str
) -> None:
    replace_array(folder, name, change(np.load(folder / name)))
    with pytest.raises(ModelFormatError, match=message):
        Recommender.load(folder)


def test_a_missing_array_is_named(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["files"]["full_columns.npy"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFormatError, match=r"has no full_columns\.npy"):
        Recommender.load(folder)
