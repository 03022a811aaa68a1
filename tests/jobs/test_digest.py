"""The digest of a job: another one for whatever its output depends on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender import Article, Corpus, Recommender, Settings
from recommender.jobs.digest import corpus_digest, files_digest, job_digest
from recommender.selection.decisions import Decision, Decisions


def test_a_job_has_another_digest_for_whatever_its_output_depends_on(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decisions = Decisions([Decision("reject", "a", "b", "Ana", datetime(2026, 1, 1, tzinfo=UTC), "x")])
    no_decisions, model = Decisions(), tmp_path / "model"
    Recommender().fit(corpus).save(model)

    def digests() -> list[str]:
        return [
            job_digest("a", Settings(), no_decisions),
            job_digest("b", Settings(), no_decisions),
            job_digest("a", Settings.from_dict({"selection": {"k": 3}}), no_decisions),
            job_digest("a", Settings(), decisions),
            job_digest("a", Settings(), Decisions(problems=["decisions.jsonl:1: holds no decision"])),
            job_digest("a", Settings(), no_decisions, model),
            job_digest("a", Settings(), no_decisions, tmp_path / "no-model"),
            job_digest("a", Settings(), no_decisions, name="coast"),
            job_digest("a", Settings(), no_decisions, since=datetime(2026, 1, 1, tzinfo=UTC)),
        ]

    all_digests = digests()
    assert digests() == all_digests
    Recommender(name="other").fit(corpus).save(model)
    all_digests.append(job_digest("a", Settings(), no_decisions, model))
    for name, value in {
        "code_digest": lambda: "other code",
        "library_versions": lambda names: dict.fromkeys(names, "99"),
    }.items():
        with monkeypatch.context() as patch:
            patch.setattr(f"recommender.jobs.digest.{name}", value)
            all_digests.append(job_digest("a", Settings(), no_decisions))
    assert len(set(all_digests)) == len(all_digests) == 12


def test_the_digest_of_a_corpus_is_that_of_its_articles_and_topics(articles: tuple[Article, ...]) -> None:
    corpora = [
        Corpus.from_articles(articles),
        Corpus.from_articles(articles[1:]),
        Corpus.from_articles([replace(articles[0], quality=1.0), *articles[1:]]),
        Corpus.from_articles(articles, {"ferries": "transport"}),
    ]
    assert len({corpus_digest(corpus) for corpus in corpora}) == 4
    assert corpus_digest(Corpus.from_articles(articles[::-1])) == corpus_digest(corpora[0])


def test_the_digest_of_files_is_that_of_their_places_below_the_site_and_contents(tmp_path: Path) -> None:
    files = [(str(tmp_path / "a.md"), b"1"), (str(tmp_path / "b.md"), b"2")]
    digest = files_digest(tmp_path, files)
    assert files_digest(tmp_path, files[::-1]) == digest
    moved = [(str(tmp_path / "site" / Path(path).name), content) for path, content in files]
    assert files_digest(tmp_path / "site", moved) == digest
    assert files_digest(tmp_path, [(files[0][0], b"3"), files[1]]) != digest
    assert files_digest(tmp_path, [(files[0][0], b"2"), (files[1][0], b"1")]) != digest
    assert files_digest(tmp_path, files[:1]) != digest
