"""What every model promises, however it came to be."""

from __future__ import annotations

import copy
import json
import math
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from support.made_up import links_in_text

from recommender import (
    Article,
    Corpus,
    NotFittedError,
    Recommender,
    Relation,
    Settings,
    SettingsError,
    Suggestion,
    UnknownArticleError,
)
from recommender.core import workers
from recommender.corpus.urls import canonical_url
from recommender.evaluation.replay import near_duplicates

NAMES = ("shipped", "learned", "loaded", "added", "renewed", "few", "published")
LATER = datetime(2030, 1, 1, tzinfo=UTC)
OFTEN = 8
MANY = 30  # all of most corpora here

# Run in a process of its own: what the model of each folder answers, as JSON Lines beside the folder.
ASK_FOLDERS = """
import json, sys
from pathlib import Path
from recommender import Recommender

for folder in map(Path, sys.argv[1:]):
    model = Recommender.load(folder)
    answers = [one.to_dict(model.version) for _, suggestions in model.suggest_all() for one in suggestions]
    lines = "".join(json.dumps(answer, ensure_ascii=False) + "\\n" for answer in answers)
    folder.with_suffix(".jsonl").write_bytes(lines.encode())
"""


def as_lines(model: Recommender, answers: Mapping[str, Sequence[Suggestion]]) -> bytes:
    """Return suggestions as a job would write them."""
    values = [value.to_dict(model.version) for suggestions in answers.values() for value in suggestions]
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values).encode()


def lines(model: Recommender) -> bytes:
    """Return all suggestions of a model as a job would write them."""
    return as_lines(model, dict(model.suggest_all()))


def tagged(address: str) -> str:
    """Return another way to write an address."""
    return address if "#" in address else f"{address}{'&' if '?' in address else '?'}utm_source=mail"


def shuffled(articles: Sequence[Article]) -> list[Article]:
    """Return the articles in an order of no meaning, the same in every run."""
    return sorted(articles, key=lambda article: zlib.crc32(article.id.encode()))


def without_links_of(corpus: Corpus, name: str) -> list[Article]:
    """Return the articles of a corpus without any relation from or to one of them, but those in its own text."""
    row = corpus.row(name)
    return [
        replace(
            article,
            relations=links_in_text(article)
            if own == row
            else tuple(relation for relation in article.relations if corpus.resolve(relation) != row),
        )
        for own, article in enumerate(corpus)
    ]


@dataclass(frozen=True)
class Case:
    """A model that is only asked, the folder it was saved to, and its answers."""

    name: str
    model: Recommender
    folder: Path
    answers: dict[str, list[Suggestion]]
    lines: bytes

    def copy(self) -> Recommender:
        """Return a model that knows the same; what becomes of it leaves this one as it is."""
        return copy.copy(self.model)

    @property
    def sample(self) -> Sequence[Article]:
        """Articles from all over the corpus, the first, the last and those with an odd address among them."""
        corpus = self.model.corpus
        odd = [article for article in corpus if len(article.addresses) > 1][:2]
        return list(
            {article.id: article for article in [*corpus[:: max(1, len(corpus) // 2)], corpus[-1], *odd]}.values()
        )

    def may_suggest(self, article: Article) -> bool:
        """Whether nothing but its score stands in the way of an article."""
        return not article.removed and (article.published or not self.model.settings.selection.only_published)


def build(name: str, unlearned: Recommender, fitted: Recommender, newsroom: Corpus, folder: Path) -> Recommender:
    """Return the model of one configuration."""
    if name == "shipped":
        return unlearned
    if name == "learned":
        return fitted
    (unlearned if name == "loaded" else fitted).save(folder)
    model = Recommender.load(folder)
    given = newsroom.originals
    if name == "added":
        model.renew(given[:20])
        model.add(given[20:35])
        model.add([Article("undated", "Night ferries and turbines, an undated note", url="https://notes.example/1")])
    elif name == "renewed":
        model.renew(given[-30:])
    elif name == "few":
        model.renew(given[:30])
        model.settings = Settings.from_dict({"selection": {"k": 2, "threshold": 0.3, "repeat_curated": False}})
    elif name == "published":
        model.renew([replace(article, published=row % 3 > 0) for row, article in enumerate(given[20:50])])
        model.settings = Settings.from_dict({"selection": {"only_published": True}})
    return model


@pytest.fixture(scope="module")
def cases(
    unlearned: Recommender, fitted: Recommender, newsroom: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Case]:
    folder = tmp_path_factory.mktemp("models")
    built = {}
    for name in NAMES:
        model = build(name, unlearned, fitted, newsroom, folder / f"{name}-before")
        saved = folder / name
        model.save(saved)
        answers = dict(model.suggest_all())
        built[name] = Case(name, model, saved, answers, as_lines(model, answers))
    return built


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest, cases: dict[str, Case]) -> Case:
    return cases[request.param]


def test_the_configurations_are_what_they_say(cases: dict[str, Case]) -> None:
    kinds = {name: case.model.ranker.kind for name, case in cases.items()}
    assert kinds.pop("shipped") == kinds.pop("loaded") != kinds["learned"]
    assert len(set(kinds.values())) == 1
    assert all(any(case.answers.values()) for case in cases.values())


def test_an_article_is_never_suggested_to_itself(case: Case) -> None:
    assert not [
        name
        for name, suggestions in case.answers.items()
        if name in {suggestion.target_id for suggestion in suggestions}
    ]


def test_no_address_leads_an_article_to_itself(case: Case) -> None:
    for article in case.sample:
        for address in article.addresses:
            suggestions = case.model.suggest(address)
            assert suggestions == case.answers[article.id]


def test_a_draft_with_an_address_of_an_article_is_that_article(case: Case) -> None:
    for article in case.sample:
        for address in article.addresses[-2:]:
            as_url = Article("a-draft", article.title, article.excerpt, article.body, url=tagged(address))
            as_alias = replace(as_url, url="https://elsewhere.example/draft", aliases=(address,))
            for draft in (as_url, as_alias):
                assert article.id not in {
                    suggestion.target_id for suggestion in case.model.suggest(draft, k=MANY, threshold=0)
                }
        # Nothing distinguishes them but the address: without it, the article is suggested to its copy.
        if case.may_suggest(article):
            copy = Article("a-draft", article.title, article.excerpt, article.body)
            assert article.id in {suggestion.target_id for suggestion in case.model.suggest(copy, k=MANY, threshold=0)}


def test_an_id_that_was_merged_into_another_is_that_other(case: Case) -> None:
    for lost, remaining in case.model.corpus.merged:
        assert case.model.suggest(lost) == case.answers[remaining]
        assert not {lost, remaining} & {
            suggestion.target_id for suggestion in case.model.suggest(lost, k=MANY, threshold=0)
        }


def test_no_target_comes_twice_by_any_address(case: Case) -> None:
    for name, suggestions in case.answers.items():
        articles = [case.model.corpus[case.model.corpus.row(name)], *(suggestion.target for suggestion in suggestions)]
        keys = [{canonical_url(address) for address in article.addresses} for article in articles]
        # Two articles of one page are told apart by their fragments; nobody else may share an address.
        whole = [own for article, own in zip(articles, keys, strict=True) if "#" not in "".join(article.addresses)]
        assert sum(map(len, whole)) == len(set().union(*whole))
        assert len({article.id for article in articles}) == len(articles)


def test_an_article_added_again_under_another_address_is_suggested_once(case: Case) -> None:
    model = case.copy()
    source, before = next((name, listed) for name, listed in case.answers.items() if listed and listed[0].target.url)
    target = before[0].target
    model.add([replace(target, id="again", aliases=(), relations=(), url=f"{target.url}/?utm_medium=feed#top")])
    listed = [suggestion.target_id for suggestion in model.suggest(source, k=MANY, threshold=0)]
    assert len({target.id, "again"} & set(listed)) == 1


def test_lists_are_sorted_ranked_and_of_scores_in_range(case: Case) -> None:
    lists = [*case.answers.values(), *(case.model.suggest(article.id, k=MANY, threshold=0) for article in case.sample)]
    for suggestions in lists:
        assert [(-suggestion.score, suggestion.target_id) for suggestion in suggestions] == sorted(
            (-suggestion.score, suggestion.target_id) for suggestion in suggestions
        )
        assert [suggestion.rank for suggestion in suggestions] == list(range(1, len(suggestions) + 1))
        assert all(0 <= suggestion.score <= 1 for suggestion in suggestions)
        assert all(suggestion.target.id == suggestion.target_id for suggestion in suggestions)


def test_a_list_names_its_source(case: Case) -> None:
    assert all(suggestion.source_id == name for name, suggestions in case.answers.items() for suggestion in suggestions)


def test_equal_scores_are_ordered_by_id(articles: Sequence[Article]) -> None:
    twin = replace(articles[3], url=None, aliases=(), relations=())
    apart = Settings.from_dict({"selection": {"collapse_duplicates": False}})
    model = Recommender(apart).fit([*articles, *(replace(twin, id=f"twin-{letter}") for letter in "fcabed")])
    suggestions = model.suggest(articles[0].id, k=MANY, threshold=0)
    twins = [(-one.score, one.target_id) for one in suggestions if one.target_id.startswith("twin-")]
    assert twins == sorted(twins)
    # How many articles lie between is a feature, so that not all of the six score alike.
    assert len({score for score, _ in twins}) < len(twins) == 6


def same_texts(corpus: Corpus) -> set[frozenset[str]]:
    """Return the pairs of articles with the same text, by words counted on the corpus itself."""
    every = range(len(corpus))
    duplicates = near_duplicates(corpus, np.array(every), np.array(every))
    return {
        frozenset((corpus[row].id, corpus[duplicate].id))
        for row, others in enumerate(duplicates)
        for duplicate in others
    }


def with_copies(case: Case) -> tuple[Recommender, str, list[Article]]:
    """Return a model with copies of the first two suggestions of a source, that source, and the copies."""
    model = case.copy()
    source, before = next(
        (name, suggestions) for name, suggestions in reversed(case.answers.items()) if len(suggestions) > 1
    )
    plain = {"url": None, "aliases": (), "relations": ()}
    copies = [
        replace(before[0].target, **plain, id="copy-of-the-first", quality=1e6),
        replace(before[0].target, **plain, id="removed-copy", quality=1e7, removed=True),
        replace(before[1].target, **plain, id="copy-of-the-second", quality=None),
        replace(case.model.corpus[case.model.corpus.row(source)], **plain, id="copy-of-the-source", removed=False),
    ]
    model.add(replace(copy, published=True) for copy in copies)
    return model, source, copies


def test_no_two_suggestions_of_a_list_are_the_same_text(case: Case) -> None:
    model, _, _ = with_copies(case)
    same = same_texts(model.corpus)
    assert len(same) >= 3
    for _, suggestions in model.suggest_all(k=9, threshold=0):
        shown = {suggestion.target_id for suggestion in suggestions}
        assert not [pair for pair in same if pair <= shown]
        listed = [name for suggestion in suggestions for name in suggestion.duplicates]
        assert len(set(listed)) == len(listed)
        assert not shown.intersection(listed)


def test_copies_are_listed_under_the_canonical_article_and_scored_by_the_best(case: Case) -> None:
    model, source, _ = with_copies(case)
    groups = {suggestion.target_id: suggestion for suggestion in model.suggest(source, k=MANY, threshold=0)}
    first, second = case.answers[source][:2]
    assert first.target_id in groups["copy-of-the-first"].duplicates
    [of_second] = [
        suggestion
        for suggestion in groups.values()
        if "copy-of-the-second" in (suggestion.target_id, *suggestion.duplicates)
    ]
    assert second.target_id in (of_second.target_id, *of_second.duplicates)
    assert "removed-copy" not in {
        name for suggestion in groups.values() for name in (suggestion.target_id, *suggestion.duplicates)
    }
    for suggestion in groups.values():
        scores = {model.score(source, name) for name in (suggestion.target_id, *suggestion.duplicates)}
        assert suggestion.score == max(scores)
        assert math.fsum(reason.share for reason in suggestion.reasons) == pytest.approx(suggestion.score, abs=1e-6)
    assert [name for name, suggestion in groups.items() if suggestion.kind == "duplicate"] == ["copy-of-the-source"]


def test_copies_given_in_any_order_are_listed_alike(case: Case) -> None:
    model, _, _ = with_copies(case)
    reordered = case.copy()
    reordered.renew(shuffled(model.corpus.originals))
    assert lines(reordered) == lines(model)


def test_without_collapsing_every_copy_is_a_suggestion_of_its_own(case: Case) -> None:
    model, source, copies = with_copies(case)
    selection = replace(model.settings.selection, collapse_duplicates=False)
    model.settings = replace(model.settings, selection=selection)
    suggestions = model.suggest(source, k=MANY, threshold=0)
    assert {copy.id for copy in copies if not copy.removed} <= {suggestion.target_id for suggestion in suggestions}
    assert not [suggestion for suggestion in suggestions if suggestion.duplicates]


def test_lists_are_full_where_copies_collapse(case: Case) -> None:
    model, source, _ = with_copies(case)
    assert len(model.suggest(source, k=5, threshold=0)) == 5


def test_with_diversity_scores_stay_and_lists_hold_every_other_promise(case: Case) -> None:
    model = case.copy()
    model.settings = replace(model.settings, selection=replace(model.settings.selection, diversity=0.6))
    for article in case.sample:
        full = model.suggest(article.id, k=5, threshold=0)
        assert [suggestion.rank for suggestion in full] == [1, 2, 3, 4, 5]
        assert model.suggest(article.id, k=3, threshold=0) == full[:3]
        assert full[0] == case.model.suggest(article.id, k=1, threshold=0)[0]
        assert all(
            suggestion.score == case.model.score(article.id, suggestion.target_id)
            for suggestion in full
            if not suggestion.duplicates
        )
    assert dict(model.suggest_all(k=5, threshold=0)) != dict(case.model.suggest_all(k=5, threshold=0))


def test_at_most_k(case: Case) -> None:
    for article in case.sample[:3]:
        full = case.model.suggest(article.id, k=MANY, threshold=0)
        for k in (1, 3, len(full)):
            assert case.model.suggest(article.id, k=k, threshold=0) == full[:k]


def test_the_settings_say_k_where_the_call_does_not(case: Case) -> None:
    k = case.model.settings.selection.k
    assert max(map(len, case.answers.values())) <= k
    corpus, lists = case.model.corpus, dict(case.model.suggest_all(threshold=0))
    # The few in another language, and what texts link already, leave less to suggest.
    usual = [article.id for article in corpus if not links_in_text(article) and article.language in {"en", None}]
    assert {len(lists[article_id]) for article_id in usual} == {k}
    assert max(map(len, lists.values())) == k
    assert {len(suggestions) for _, suggestions in case.model.suggest_all(k=1, threshold=0)} == {1}


def test_a_threshold_leaves_fewer_rather_than_bad_ones(case: Case) -> None:
    set_by_hand = case.model.settings.selection.threshold
    least = case.model.ranker.threshold if set_by_hand is None else set_by_hand
    assert all(suggestion.score >= least for suggestions in case.answers.values() for suggestion in suggestions)
    for article in case.sample:
        full = case.model.suggest(article.id, k=5, threshold=0)
        threshold = full[1].score
        above = case.model.suggest(article.id, k=5, threshold=threshold)
        assert above == [suggestion for suggestion in full if suggestion.score >= threshold]
        assert 2 <= len(above) < 5


def test_nothing_passes_a_threshold_of_one(case: Case) -> None:
    assert case.model.suggest(case.sample[0].id, threshold=1) == []


def test_removed_articles_are_never_suggested(case: Case) -> None:
    removed = {article.id for article in case.model.corpus if article.removed}
    assert not [
        suggestion
        for suggestions in case.answers.values()
        for suggestion in suggestions
        if suggestion.target_id in removed
    ]
    model = case.copy()
    source, before = next((name, suggestions) for name, suggestions in case.answers.items() if suggestions)
    model.add([replace(before[0].target, removed=True)])
    after = model.suggest(source, k=MANY, threshold=0)
    assert after
    assert before[0].target_id not in {suggestion.target_id for suggestion in after}


def test_unpublished_articles_are_left_out_only_where_a_setting_says_so(case: Case) -> None:
    model = case.copy()
    source, before = next((name, listed) for name, listed in case.answers.items() if listed)
    model.add([replace(before[0].target, published=False)])
    listed = {suggestion.target_id for suggestion in model.suggest(source, k=MANY, threshold=0)}
    assert (before[0].target_id in listed) is not model.settings.selection.only_published


def test_links_of_the_source_itself_are_repeated_unless_a_setting_says_no(case: Case) -> None:
    corpus = case.model.corpus
    linked = {(corpus[int(source)].id, corpus[int(target)].id) for source, target in corpus.links}
    proposed = {
        (suggestion.source_id, suggestion.target_id)
        for suggestions in case.answers.values()
        for suggestion in suggestions
    }
    assert bool(linked & proposed) is case.model.settings.selection.repeat_curated


def test_as_of_a_moment_only_what_was_published_by_then_is_suggested(case: Case) -> None:
    corpus = case.model.corpus
    moment = corpus[len(corpus) // 2].published_at
    assert moment is not None
    for article in case.sample:
        suggestions = case.model.suggest(article.id, k=MANY, threshold=0, as_of=moment)
        times = [suggestion.target.published_at for suggestion in suggestions]
        assert times
        assert all(time is not None and time <= moment for time in times)


def test_what_is_published_at_the_very_moment_is_known(case: Case) -> None:
    corpus = case.model.corpus
    target = next(article for article in corpus if case.may_suggest(article))
    assert target.published_at is not None
    copy = Article("a-draft", target.title, target.excerpt, target.body)
    suggestions = case.model.suggest(copy, k=MANY, threshold=0, as_of=target.published_at)
    assert target.id in {suggestion.target_id for suggestion in suggestions}
    suggestions = case.model.suggest(copy, k=MANY, threshold=0, as_of=target.published_at - timedelta(microseconds=1))
    assert target.id not in {suggestion.target_id for suggestion in suggestions}


def test_before_the_first_article_nothing_is_suggested(case: Case) -> None:
    assert case.model.suggest(case.sample[0].id, as_of=datetime(1990, 1, 1, tzinfo=UTC)) == []


def test_as_of_a_moment_no_later_article_or_relation_matters(case: Case) -> None:
    model = case.copy()
    corpus = model.corpus
    moment = corpus[len(corpus) // 2].published_at
    assert moment is not None
    dated, undated = case.sample[0], replace(case.sample[0], id="a-draft", url=None, aliases=(), published_at=None)
    before = [model.suggest(source, k=MANY, threshold=0, as_of=moment) for source in (dated.id, dated, undated)]
    targets = [suggestion.target_id for suggestion in before[0]]
    links = tuple(Relation(None, target) for target in [*targets[:2], targets[-1], dated.id])
    clone = replace(dated, url=None, aliases=(), removed=False, relations=links)
    model.add([replace(clone, id=f"later-{day}", published_at=moment + timedelta(days=day)) for day in (1, 2000)])
    model.add([replace(corpus[-2], relations=(*corpus[-2].relations, *links))])
    after = [model.suggest(source, k=MANY, threshold=0, as_of=moment) for source in (dated.id, dated, undated)]
    assert after == before
    assert model.suggest(dated.id, k=MANY, threshold=0) != before[0]


def test_a_moment_without_a_time_zone_is_refused(case: Case) -> None:
    with pytest.raises(SettingsError, match="as_of must have a time zone"):
        case.model.suggest(case.sample[0].id, as_of=datetime(2025, 6, 1))


def test_a_draft_equal_to_an_article_gets_its_answer(case: Case) -> None:
    for article in case.sample:
        assert case.model.suggest(article) == case.answers[article.id]


def test_a_draft_needs_no_refit(case: Case) -> None:
    source = next(article for article in case.model.corpus if case.answers[article.id] and case.may_suggest(article))
    version, size = case.model.version, len(case.model.corpus)
    draft = Article("never-seen", source.title, source.excerpt, source.body, published_at=LATER, topics=source.topics)
    suggestions = case.model.suggest(draft, k=MANY, threshold=0)
    assert {suggestion.source_id for suggestion in suggestions} == {"never-seen"}
    assert source.id in {suggestion.target_id for suggestion in suggestions}
    assert (case.model.version, len(case.model.corpus)) == (version, size)
    with pytest.raises(UnknownArticleError, match="never-seen"):
        case.model.suggest("never-seen")


def test_all_are_asked_in_the_order_of_the_corpus(case: Case) -> None:
    assert list(case.answers) == [article.id for article in case.model.corpus]


def test_all_at_once_is_the_same_as_one_by_one(case: Case) -> None:
    for name in list(case.answers)[::5]:
        assert case.model.suggest(name) == case.answers[name]


def test_the_number_of_workers_changes_nothing(case: Case) -> None:
    assert dict(case.model.suggest_all(n_jobs=2)) == case.answers


def test_processes_change_nothing(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "WORTH_PROCESSES", 0)
    answers = dict(case.model.suggest_all(n_jobs=2))
    assert as_lines(case.model, answers) == as_lines(case.model, case.answers)
    assert [[suggestion.target for suggestion in suggestions] for suggestions in answers.values()] == [
        [suggestion.target for suggestion in suggestions] for suggestions in case.answers.values()
    ]


def test_reasons_add_up_to_the_score(case: Case) -> None:
    for suggestions in case.answers.values():
        for suggestion in suggestions:
            assert math.fsum(reason.share for reason in suggestion.reasons) == pytest.approx(suggestion.score, abs=1e-6)
            logit = math.log(suggestion.score / (1 - suggestion.score))
            assert math.fsum(reason.log_odds for reason in suggestion.reasons) == pytest.approx(logit, abs=1e-6)


def test_each_reason_is_named_once_and_put_into_words(case: Case) -> None:
    for suggestions in case.answers.values():
        for suggestion in suggestions:
            names = [reason.feature for reason in suggestion.reasons]
            assert len(set(names)) == len(names) >= 2
            assert all(reason.text and "\n" not in reason.text for reason in suggestion.reasons)


@pytest.mark.parametrize("k", [0, -1, 2.5, "3", True])
def test_a_k_of_no_use_is_refused(case: Case, k: object) -> None:
    with pytest.raises(SettingsError, match=r"'selection\.k' must be (at least 1|of type int), got"):
        case.model.suggest(case.sample[0].id, k=k)
    with pytest.raises(SettingsError, match=r"'selection\.k' must be (at least 1|of type int), got"):
        next(case.model.suggest_all(k=k))


@pytest.mark.parametrize("threshold", [2, -0.1, math.nan, "0.5", "banana", "Sure"])
def test_a_threshold_that_is_no_probability_is_refused(case: Case, threshold: object) -> None:
    with pytest.raises(SettingsError, match=r"'selection\.threshold' must be in \[0, 1\], or sure, got"):
        case.model.suggest(case.sample[0].id, threshold=threshold)


def test_no_workers_are_refused(case: Case) -> None:
    with pytest.raises(SettingsError, match="n_jobs must be 1 or more"):
        next(case.model.suggest_all(n_jobs=0))


def test_an_unknown_id_names_the_nearest(case: Case) -> None:
    name = case.sample[0].id
    with pytest.raises(UnknownArticleError, match=f"no article has the id '{name}x'; did you mean .*{name}"):
        case.model.suggest(f"{name}x")


def test_saved_and_loaded_in_a_new_process_it_gives_the_same_bytes(cases: dict[str, Case]) -> None:
    subprocess.run(
        [sys.executable, "-c", ASK_FOLDERS, *(str(case.folder) for case in cases.values())],
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )
    for case in cases.values():
        assert case.folder.with_suffix(".jsonl").read_bytes() == case.lines, case.name


def test_the_links_of_the_source_never_matter(case: Case) -> None:
    linked = [article for article in case.model.corpus if article.relations and case.answers[article.id]]
    everything = case.model.settings.selection.repeat_curated
    for article in linked[:: max(1, len(linked) // 2)]:
        before = case.model.suggest(article.id, k=MANY, threshold=0)
        in_text = links_in_text(article)
        bare = replace(article, relations=in_text)
        crowded = replace(article, relations=(*in_text, *(Relation(None, other.id) for other in case.sample)))
        assert not everything or case.model.suggest(bare, k=MANY, threshold=0) == before
        if everything:  # else a link of its own takes a suggestion off the list, as it is meant to
            assert case.model.suggest(crowded, k=MANY, threshold=0) == before
            model = case.copy()
            model.renew(without_links_of(case.model.corpus, article.id))
            assert model.suggest(article.id, k=MANY, threshold=0) == before


def test_the_links_of_others_do_matter(case: Case) -> None:
    model = case.copy()
    model.renew([replace(article, relations=()) for article in case.model.corpus])
    assert dict(model.suggest_all()) != case.answers


def test_added_one_after_the_other_or_given_at_once_it_is_the_same(case: Case) -> None:
    given = list(case.model.corpus.originals)
    at_once, in_parts = case.copy(), case.copy()
    at_once.renew(given)
    given = shuffled(given)
    in_parts.renew(given[:3])
    for start in range(3, len(given), 40):
        in_parts.add(given[start : start + 40])
    assert lines(in_parts) == lines(at_once) == case.lines


def test_an_added_article_takes_the_place_of_the_one_with_its_id(case: Case) -> None:
    model = case.copy()
    source, before = next((name, suggestions) for name, suggestions in case.answers.items() if suggestions)
    target = before[0].target
    model.add([replace(target, title="Nothing like it", excerpt="", body="", topics=(), relations=())])
    assert len(model.corpus) == len(case.model.corpus)
    assert [
        suggestion.target.title
        for suggestion in model.suggest(source, k=MANY, threshold=0)
        if suggestion.target_id == target.id
    ] in (
        [],
        ["Nothing like it"],
    )
    model.add([target])
    assert lines(model) == case.lines


def test_removing_undoes_adding(case: Case) -> None:
    model = case.copy()
    source = next(name for name, suggestions in case.answers.items() if suggestions)
    article = model.corpus[model.corpus.row(source)]
    new = replace(
        article, id="new", url=None, aliases=(), relations=(Relation(None, source),), removed=False, published=True
    )
    model.add([new])
    assert "new" in {suggestion.target_id for suggestion in model.suggest(source, k=MANY, threshold=0)}
    model.remove(["new"])
    assert lines(model) == case.lines
    with pytest.raises(UnknownArticleError, match="'new'"):
        model.suggest("new")


def test_removing_an_unknown_article_removes_nothing(case: Case) -> None:
    model = case.copy()
    known = model.corpus[0].id
    with pytest.raises(UnknownArticleError, match="nobody-knows-this"):
        model.remove([known, "nobody-knows-this"])
    assert model.corpus.originals == case.model.corpus.originals
    assert model.suggest(known) == case.answers[known]


def test_a_model_from_which_all_was_removed_suggests_nothing_and_takes_new_articles(case: Case) -> None:
    model = case.copy()
    article = case.sample[0]
    model.remove([article.id for article in model.corpus])
    assert len(model.corpus) == 0
    assert model.suggest(article) == []
    assert list(model.suggest_all()) == []
    model.add(case.model.corpus.originals)
    assert lines(model) == case.lines


def test_a_run_over_all_is_of_one_state(case: Case) -> None:
    model = case.copy()
    run = model.suggest_all()
    first = next(run)
    source = case.model.corpus[-1]
    model.add([replace(source, id="meanwhile", url=None, aliases=(), removed=False)])
    assert dict([first, *run]) == case.answers


def test_threads_are_answered_from_one_consistent_state(case: Case) -> None:
    model = case.copy()
    sources = [article.id for article in case.sample if case.answers[article.id]][:3]
    new = [
        replace(model.corpus[model.corpus.row(name)], id=f"new-{name}", url=None, aliases=(), relations=())
        for name in sources
    ]
    states = []
    for change in (lambda: None, lambda: model.add(new), lambda: model.remove([article.id for article in new])):
        change()
        states.append({name: model.suggest(name) for name in sources})
    assert states[0] == states[2] != states[1]

    wrong: list[object] = []
    answers = 0
    done = threading.Event()

    def ask() -> None:
        nonlocal answers
        while not done.is_set():
            for name in sources:
                try:
                    suggestions = model.suggest(name)
                except Exception as error:  # noqa: BLE001 - whatever it is, the test tells it
                    wrong.append(error)
                    return
                answers += 1
                if suggestions not in (states[0][name], states[1][name]):
                    wrong.append(suggestions)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(OFTEN):
        model.add(new)
        model.remove([article.id for article in new])
    done.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert answers > len(threads)


@pytest.mark.parametrize("learned", [False, True], ids=["shipped", "learned"])
def test_the_order_of_the_input_changes_no_byte(
    learned: bool, articles: tuple[Article, ...], newsroom: Corpus, tmp_path: Path
) -> None:
    given = list(newsroom.originals if learned else articles)
    settings = Settings.from_dict({"ranker": {"trees": 15}})
    first = Recommender(settings).fit(given)
    given = shuffled(given)
    second = Recommender(settings).fit(iter(given))
    assert lines(first) == lines(second)
    first.save(tmp_path / "first")
    second.save(tmp_path / "second")
    assert {file.name: file.read_bytes() for file in (tmp_path / "first").iterdir()} == {
        file.name: file.read_bytes() for file in (tmp_path / "second").iterdir()
    }


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, _: model.suggest("a"),
        lambda model, _: next(model.suggest_all()),
        lambda model, _: model.score("a", "b"),
        lambda model, _: model.explain("a", "b"),
        lambda model, _: model.add([Article("a", "A")]),
        lambda model, _: model.remove(["a"]),
        lambda model, _: model.renew([Article("a", "A")]),
        lambda model, path: model.save(path / "model"),
        lambda model, _: model.version,
        lambda model, _: model.corpus,
    ],
    ids=["suggest", "suggest_all", "score", "explain", "add", "remove", "renew", "save", "version", "corpus"],
)
def test_a_model_that_knows_nothing_says_so(ask: Callable[[Recommender, Path], object], tmp_path: Path) -> None:
    with pytest.raises(NotFittedError, match=r"knows nothing yet; call fit\(articles\)"):
        ask(Recommender(), tmp_path)
    assert list(tmp_path.iterdir()) == []
