"""Outcomes, what became of each file or line that was read, and the corpus and the report made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from recommender.core.errors import ArticleError
from recommender.core.records import Article, Relation
from recommender.corpus.corpus import Corpus, ReadReport, SourceFile


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file or line: an article, or the problem that prevented one.

    Attributes
    ----------
    location
        The file's path; with the line's number for a line of a file.
    path_id
        The id that the article gets where another one has the same id; None where the record itself names its id.
    digest
        The digest of a file's content, where the file holds this one article; None for a line of a file, and for
        a file that could not be read.
    """

    location: str
    article: Article | None = None
    problem: ArticleError | None = None
    warnings: tuple[str, ...] = ()
    path_id: str | None = None
    digest: bytes | None = field(default=None, repr=False)


def raising_problems(outcomes: Iterable[Outcome], strict: bool) -> Iterator[Outcome]:
    """Yield outcomes; where `strict`, raise the first problem among them."""
    for outcome in outcomes:
        if strict and outcome.problem is not None:
            raise outcome.problem
        yield outcome


def to_corpus(
    outcomes: Iterable[Outcome], topic_parents: Mapping[str, str], warnings: Iterable[str], message_if_empty: str
) -> Corpus:
    """Build the corpus and its report.

    Raises
    ------
    ArticleError
        When there is no article at all, with `message_if_empty` and the first problem.
    """
    outcomes = list(outcomes)
    skipped = tuple(str(outcome.problem) for outcome in outcomes if outcome.problem is not None)
    if len(skipped) == len(outcomes):
        first = f"; all {len(skipped)} were skipped, the first because: {skipped[0]}" if skipped else ""
        raise ArticleError(f"{message_if_empty}{first}")
    articles, clashes = _with_ids(outcomes)
    all_warnings = [*warnings, *(warning for outcome in outcomes for warning in outcome.warnings), *clashes]
    files = [
        None if outcome.digest is None else SourceFile(outcome.location, outcome.digest) for outcome, _ in articles
    ]
    report = ReadReport(len(outcomes), skipped, tuple(all_warnings))
    return Corpus.from_articles(
        [article for _, article in articles], topic_parents, report, files if any(files) else ()
    )


def _with_ids(outcomes: Iterable[Outcome]) -> tuple[list[tuple[Outcome, Article]], list[str]]:
    """Give files of the same name their paths as ids; also return a warning for each id that records name twice."""
    outcomes_of_id: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.article is not None:
            outcomes_of_id[outcome.article.id].append(outcome)
    articles: list[tuple[Outcome, Article]] = []
    clashes: list[str] = []
    id_of_path: dict[str, str] = {}
    for article_id, same_id in outcomes_of_id.items():
        named = [outcome for outcome in same_id if outcome.path_id is None]
        clashes += [
            f"{later.location}: has the id {article_id!r} of {named[0].location}; the two are merged"
            for later in named[1:]
        ]
        for outcome in same_id:
            article = outcome.article
            if article is None:
                continue
            if outcome.path_id is not None:
                new_id = outcome.path_id if len(same_id) > 1 else article_id
                id_of_path[outcome.path_id] = new_id
                article = article if new_id == article_id else replace(article, id=new_id)
            articles.append((outcome, article))
    return [(outcome, _with_targets(article, id_of_path)) for outcome, article in articles], clashes


def _with_targets(article: Article, id_of_path: Mapping[str, str]) -> Article:
    """Let relations that name a file by its path point to the id of the file's article."""
    target_ids = [relation.target_id for relation in article.relations if relation.target_id is not None]
    if not any(target_id in id_of_path for target_id in target_ids):
        return article
    return replace(article, relations=tuple(_with_target(relation, id_of_path) for relation in article.relations))


def _with_target(relation: Relation, id_of_path: Mapping[str, str]) -> Relation:
    target_id = id_of_path.get(relation.target_id or "", relation.target_id)
    return relation if target_id == relation.target_id else replace(relation, target_id=target_id)
