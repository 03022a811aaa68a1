"""What became of each file or line that was read, and the corpus and the report made of all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from recommender.core.errors import ArticleError
from recommender.core.records import Article, Relation
from recommender.corpus.corpus import Corpus, ReadReport, SourceFile


@dataclass(frozen=True, slots=True)
class Outcome:
    """One file or line: an article, or the problem that stood in its way.

    `path_id` is the id to take where another article has the same one; None for an id that the record names.
    `digest` is that of a file's content, where the file holds this one article; None for a line of a file, and for
    a file that could not be read.
    """

    place: str
    article: Article | None = None
    problem: ArticleError | None = None
    warnings: tuple[str, ...] = ()
    path_id: str | None = None
    digest: bytes | None = field(default=None, repr=False)


def until_problem(outcomes: Iterable[Outcome], strict: bool) -> Iterator[Outcome]:
    """Yield outcomes; the first problem is raised where `strict`."""
    for outcome in outcomes:
        if strict and outcome.problem is not None:
            raise outcome.problem
        yield outcome


def to_corpus(
    outcomes: Iterable[Outcome], topic_parents: Mapping[str, str], warnings: Iterable[str], wanted: str
) -> Corpus:
    """Build the corpus and its report; `wanted` says what was looked for.

    Raises
    ------
    ArticleError
        When there is no article at all, with the first reason.
    """
    outcomes = list(outcomes)
    skipped = tuple(str(outcome.problem) for outcome in outcomes if outcome.problem is not None)
    if len(skipped) == len(outcomes):
        first = f"; all {len(skipped)} were skipped, the first because: {skipped[0]}" if skipped else ""
        raise ArticleError(f"{wanted}{first}")
    articles, clashes = _with_ids(outcomes)
    said = [*warnings, *(warning for outcome in outcomes for warning in outcome.warnings), *clashes]
    files = [None if outcome.digest is None else SourceFile(outcome.place, outcome.digest) for outcome, _ in articles]
    report = ReadReport(len(outcomes), skipped, tuple(said))
    return Corpus.from_articles(
        [article for _, article in articles], topic_parents, report, files if any(files) else ()
    )


def _with_ids(outcomes: Iterable[Outcome]) -> tuple[list[tuple[Outcome, Article]], list[str]]:
    """Give files of one name their paths for ids, and say where records name one id twice."""
    owners: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.article is not None:
            owners[outcome.article.id].append(outcome)
    articles: list[tuple[Outcome, Article]] = []
    clashes: list[str] = []
    id_of_path: dict[str, str] = {}
    for name, owned in owners.items():
        if len(owned) == 1 and (alone := owned[0].article) is not None:
            if owned[0].path_id is not None:
                id_of_path[owned[0].path_id] = name
            articles.append((owned[0], alone))
            continue
        named = [outcome for outcome in owned if outcome.path_id is None]
        clashes += [
            f"{later.place}: has the id {name!r} of {named[0].place}; the two are merged" for later in named[1:]
        ]
        for outcome in owned:
            article = outcome.article
            if article is None:
                continue
            if outcome.path_id is not None:
                new_id = outcome.path_id if len(owned) > 1 else name
                id_of_path[outcome.path_id] = new_id
                article = article if new_id == name else replace(article, id=new_id)
            articles.append((outcome, article))
    return [(outcome, _with_targets(article, id_of_path)) for outcome, article in articles], clashes


def _with_targets(article: Article, id_of_path: Mapping[str, str]) -> Article:
    """Let relations that name a file by its path point to the id that the file got."""
    named = [relation.target_id for relation in article.relations if relation.target_id is not None]
    if not any(name in id_of_path for name in named):
        return article
    return replace(article, relations=tuple(_with_target(relation, id_of_path) for relation in article.relations))


def _with_target(relation: Relation, id_of_path: Mapping[str, str]) -> Relation:
    target_id = id_of_path.get(relation.target_id or "", relation.target_id)
    return relation if target_id == relation.target_id else replace(relation, target_id=target_id)
