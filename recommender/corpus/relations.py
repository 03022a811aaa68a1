"""Where relations lead: to rows of a corpus, or to externals; and the same relations read as undirected."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

from recommender.core.records import Article, Relation
from recommender.corpus.lookup import awaited_key

if TYPE_CHECKING:
    from recommender.corpus.corpus import Corpus


def resolve_relations(
    corpus: Corpus, articles: Iterable[tuple[int, int, Article]]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return the relations of articles, and note in the lookup which new articles would change their targets.

    Parameters
    ----------
    articles
        With their rows, ascending, and their slots in the lookup.

    Returns
    -------
    links : (n_links, 2) int32 array
        As pairs of rows, each once, sorted.
    rows, numbers : (n_externals,) int32 array
        Rows of the relations to externals, and which of the row's relations each is.
    """
    # By identity: a source shares one relation among all articles that hold it. The caller holds on to all of
    # them until the end, so that no identity is used twice.
    targets: dict[int, int] = {}
    awaited: dict[int, tuple[str, ...]] = {}
    pairs: list[int] = []
    rows: list[int] = []
    numbers: list[int] = []
    size = len(corpus)
    for row, slot, article in articles:
        for number, relation in enumerate(article.relations):
            key = id(relation)
            target = targets.get(key)
            if target is None:
                resolved = corpus.resolve(relation)
                target = targets[key] = -1 if resolved is None else resolved
                if target < 0 or relation.target_id:
                    awaited[key] = _awaited(corpus, relation, resolved)
            for name in awaited.get(key, ()):
                corpus.lookup.awaited.add(name, slot)
            if target < 0:
                rows.append(row)
                numbers.append(number)
            elif target != row:
                pairs.append(row * size + target)
    ordered = np.sort(np.array(pairs, dtype=np.int64))
    ordered = ordered[np.diff(ordered, prepend=-1) > 0]
    links = np.column_stack(np.divmod(ordered, max(size, 1))).astype(np.int32)
    return links, np.array(rows, dtype=np.int32), np.array(numbers, dtype=np.int32)


def _awaited(corpus: Corpus, relation: Relation, target: int | None) -> tuple[str, ...]:
    """Return the id and the address of a new article that would change a relation's target."""
    name, url = relation.target_id, relation.url
    by_id = (name,) if name and corpus.lookup.row_of_id(name) is None else ()
    by_address = (awaited_key(url),) if url and target is None else ()
    return by_id + by_address


def undirected(links: NDArray[np.int32], size: int) -> sparse.csr_matrix:
    """Return relations, each once and sorted, read as undirected."""
    starts = np.append(0, np.cumsum(np.bincount(links[:, 0], minlength=size)))
    ones = np.ones(len(links), dtype=np.float32)
    forward = sparse.csr_matrix((ones, links[:, 1].copy(), starts), shape=(size, size))
    graph = forward + forward.T.tocsr()
    graph.data[:] = 1.0
    return graph


def stories(neighbours: sparse.csr_matrix) -> NDArray[np.int32]:
    """Return the story of each row: the connected components of all relations, read as undirected.

    An article without relations is a story of its own.
    """
    labels: NDArray[np.int32] = csgraph.connected_components(neighbours, directed=False)[1]
    return labels
