"""Outcomes, what became of each file or line that was read, and the corpus and the report made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from recommender.core.errors import ArticleError
from recommender.core.records import Article
from recommender.corpus.corpus import Corpus, ReadReport, SourceFile
from recommender.sources.generators.page_facts import SitePage
from recommender.sources.records.dates import NumericDate


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file or line: an article, or the problem that prevented one.

    Attributes
    ----------
    location
        The file's path; with the line's number for a line of a file.
    digest
        The digest of a file's content, where the file holds this one article; None for a line of a file, and for
        a file that could not be read.
    page
        What else the file holds; None where its article needs nothing of it.
    left_out
        Why the file is no article, such as ``section page``; None where it is one, or has a problem.
    date
        The date of the article where its day and month are numbers, which other articles may have to decide.
    """

    location: str
    article: Article | None = None
    problem: ArticleError | None = None
    warnings: tuple[str, ...] = ()
    digest: bytes | None = field(default=None, repr=False)
    page: SitePage | None = None
    left_out: str | None = None
    date: NumericDate | None = None


def raising_problems(outcomes: Iterable[Outcome], strict: bool) -> Iterator[Outcome]:
    """Yield outcomes; where `strict`, raise the first problem among them."""
    for outcome in outcomes:
        if strict and outcome.problem is not None:
            raise outcome.problem
        yield outcome


def to_corpus(
    outcomes: Iterable[Outcome],
    topic_parents: Mapping[str, str],
    warnings: Iterable[str],
    message_if_empty: str,
    site: str = "",
) -> Corpus:
    """Build the corpus and its report, which says what kind of `site` it is.

    Raises
    ------
    ArticleError
        When there is no article at all, with `message_if_empty` and the first problem.
    """
    outcomes = list(outcomes)
    skipped = tuple(str(outcome.problem) for outcome in outcomes if outcome.problem is not None)
    read = [(outcome, outcome.article) for outcome in outcomes if outcome.article is not None]
    articles = [(outcome, article) for outcome, article in read if outcome.left_out is None]
    if not articles:
        every = "all " if len(skipped) == len(outcomes) else ""
        first = f"; {every}{len(skipped)} were skipped, the first because: {skipped[0]}" if skipped else ""
        raise ArticleError(f"{message_if_empty}{first}")
    all_warnings = [*warnings, *(warning for outcome in outcomes for warning in outcome.warnings), *_clashes(articles)]
    files = [
        None if outcome.digest is None else SourceFile(outcome.location, outcome.digest) for outcome, _ in articles
    ]
    left_out = Counter(outcome.left_out for outcome, _ in read if outcome.left_out is not None)
    report = ReadReport(len(outcomes), skipped, tuple(all_warnings), dict(sorted(left_out.items())), site)
    return Corpus.from_articles(
        [article for _, article in articles], topic_parents, report, files if any(files) else ()
    )


def _clashes(articles: Iterable[tuple[Outcome, Article]]) -> Iterator[str]:
    """Yield a warning for each article whose id another one before it has."""
    first_of_id: dict[str, Outcome] = {}
    for outcome, article in articles:
        first = first_of_id.setdefault(article.id, outcome)
        if first is not outcome:
            yield f"{outcome.location}: has the id {article.id!r} of {first.location}; the two are merged"
