"""What a run's figures were made from, source by source and pair by pair: for curves, slices and galleries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class JudgedPair:
    """A source and a target, as rows of the corpus. Rank and score are None where the pair was never scored."""

    source: int
    target: int
    rank: int | None
    score: float | None
    kept: bool


@dataclass(frozen=True, eq=False)
class Judgements:
    """The held-out sources of one run, and every pair that the engine scored for them.

    Pairs lie one source after the other, best first. A *place* is a position in `sources`.

    Attributes
    ----------
    sources, stories : (n_sources,) arrays
        Rows of the corpus; the story of each.
    ndcg : dict of str to (n_sources,) float64 array
        nDCG@10 of each model.
    places, targets, ranks : (n_pairs,) int64 arrays
        Place of the source, row of the target, and its rank, from 1.
    scores : (n_pairs,) float64 array
        Probabilities.
    kept : (n_pairs,) bool array
        Whether editors linked the two.
    missed : (n_missed, 2) int64 array
        Curated links that were never scored, as place and row of the target.
    """

    sources: NDArray[np.int64]
    stories: NDArray[Any]
    ndcg: Mapping[str, NDArray[np.float64]]
    places: NDArray[np.int64]
    targets: NDArray[np.int64]
    ranks: NDArray[np.int64]
    scores: NDArray[np.float64]
    kept: NDArray[np.bool_]
    missed: NDArray[np.int64]

    @classmethod
    def from_lists(
        cls,
        sources: Sequence[int],
        stories: NDArray[Any],
        ndcg: Mapping[str, NDArray[np.float64]],
        rows: Sequence[Sequence[int]],
        scores: Sequence[Sequence[float]],
        truth: Sequence[Collection[int]],
    ) -> Self:
        """Join the engine's lists, best first, with the right targets of each source.

        >>> found = Judgements.from_lists([7], np.array([0]), {}, [[3, 5]], [[0.9, 0.4]], [{5, 6}])
        >>> found.kept.tolist(), found.ranks.tolist(), found.missed.tolist()
        ([False, True], [1, 2], [[0, 6]])
        """
        lengths = np.array([len(ranked) for ranked in rows], dtype=np.int64)
        missed = [
            (place, target)
            for place, (ranked, right) in enumerate(zip(rows, truth, strict=True))
            for target in sorted(set(right).difference(ranked))
        ]
        return cls(
            sources=np.array(sources, dtype=np.int64),
            stories=np.asarray(stories),
            ndcg=dict(ndcg),
            places=np.repeat(np.arange(len(lengths)), lengths),
            targets=np.array([row for ranked in rows for row in ranked], dtype=np.int64),
            ranks=np.array([rank for length in lengths for rank in range(1, length + 1)], dtype=np.int64),
            scores=np.array([score for line in scores for score in line], dtype=np.float64),
            kept=np.array(
                [row in right for ranked, right in zip(rows, truth, strict=True) for row in ranked], dtype=np.bool_
            ),
            missed=np.array(missed, dtype=np.int64).reshape(-1, 2),
        )

    def surprises(self, most: int = 10) -> list[JudgedPair]:
        """Return pairs that scored highest and are not linked, at most one a source, highest first."""
        places = np.flatnonzero(~self.kept)
        return self._one_a_source(places[np.lexsort((self.targets[places], -self.scores[places]))], most)

    def lost(self, most: int = 10) -> list[JudgedPair]:
        """Return linked pairs that scored lowest, at most one a source, lowest first; `missed` has the others."""
        places = np.flatnonzero(self.kept)
        return self._one_a_source(places[np.lexsort((self.targets[places], self.scores[places]))], most)

    def never_scored(self, most: int = 10) -> list[JudgedPair]:
        """Return linked pairs that were no candidates, at most one a source, in time order."""
        _, first = np.unique(self.missed[:, 0], return_index=True)
        return [
            JudgedPair(int(self.sources[place]), int(target), None, None, True)
            for place, target in self.missed[first[:most]]
        ]

    def _one_a_source(self, ordered: NDArray[np.intp], most: int) -> list[JudgedPair]:
        _, first = np.unique(self.places[ordered], return_index=True)
        return [
            JudgedPair(
                int(self.sources[self.places[pair]]),
                int(self.targets[pair]),
                int(self.ranks[pair]),
                float(self.scores[pair]),
                bool(self.kept[pair]),
            )
            for pair in ordered[np.sort(first)[:most]]
        ]
