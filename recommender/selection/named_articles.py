"""The articles that decisions and rules name: found again where they were moved, reported where they are gone."""

from __future__ import annotations

from collections.abc import Sequence

from recommender.core.errors import UnknownArticleError
from recommender.corpus.corpus import Corpus
from recommender.corpus.names import title_key


class NamedArticles:
    """Finds the rows of articles in a corpus by the ids that were noted for them, and what was noted beside.

    >>> from recommender import Article
    >>> corpus = Corpus.from_articles([Article("blog/ferry", "Ferry strike ends", url="https://coast.example/ferry")])
    >>> NamedArticles(corpus).row("ferry"), NamedArticles(corpus).row("x", "https://coast.example/ferry")
    (0, 0)
    """

    def __init__(self, corpus: Corpus):
        self._corpus = corpus

    def row(self, name: str, url: str | None = None, title: str | None = None) -> int | None:
        """Return the row of an article that had this id, address and title when they were noted; None for none.

        The id decides, unless the article that has it now has both another address and another title: then another
        article took the id, and the address decides, then the title. The title must be that of one article only.
        """
        corpus, by_name = self._corpus, self._corpus.find(name)
        by_address = None if url is None else corpus.lookup.row_of_address(url)
        if by_name is not None and (by_name == by_address or not self._is_another(by_name, url, title)):
            return by_name
        moved = by_address
        if moved is None and title is not None:
            moved = corpus.row_of_title(title)
        return by_name if moved is None else moved

    def _is_another(self, row: int, url: str | None, title: str | None) -> bool:
        """Whether an article, known not to have the address that was noted, lacks the title as well."""
        if url is None and title is None:
            return False
        return title is None or title_key(self._corpus[row].title) != title_key(title)


def missing_line(corpus: Corpus, what: str, names: Sequence[tuple[str, str]], total: int) -> list[str]:
    """Return a line on the names that are of no article, with the likeliest article for the first; no line for none.

    Each name comes with where it stands, such as ``rules.pin``; `total` says how many `what` there are.
    """
    if not names:
        return []
    where, name = names[0]
    try:
        hint = f"{name!r} is the title of {corpus[corpus.row(name)].id}; give that id"
    except UnknownArticleError as error:
        hint = str(error)
    count = f"{len(names):,} of {total:,} {what}"
    return [f"{count} without effect, as they name no article; for instance {where}: {hint}"]
