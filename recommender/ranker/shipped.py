"""The ranker that the package ships, for sites with few relations or none: boosted trees that learned on many sites."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from recommender.core.model_folder import read_model_folder
from recommender.ranker.calibration import Calibration
from recommender.ranker.ranker import Ranker
from recommender.ranker.training_set import Floats
from recommender.ranker.trees import Trees

FOLDER = Path(__file__).parent / "default"
RANKER_FILE = "ranker.json"

LINKED_CANDIDATES = "relations.linked_candidates_share"  # of a source: which part of its candidates has relations
PARTS = ("without_relations", "with_relations")


@dataclass(frozen=True)
class PooledTrees:
    """Trees that learned on many sites, the columns that they learned from, and what their margins are worth."""

    trees: Trees
    names: tuple[str, ...]
    calibration: Calibration

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibration as JSON-ready values."""
        return {"names": list(self.names), "calibration": asdict(self.calibration), **self.trees.to_dict()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build what `to_dict` described."""
        return cls(Trees.from_dict(values), tuple(values["names"]), Calibration.from_dict(values["calibration"]))


class ShippedRanker(Ranker):
    """Trees that learned on many sites: some for sources of whose candidates none has a relation, some for the others.

    The ones look at texts, topics, time and the like alone. The others look at the graph of relations, too, and learned
    with all relations known and with none. Columns are found by their names; one that a site does not have is unknown.
    """

    kind = "shipped"

    def __init__(self, without_relations: PooledTrees, with_relations: PooledTrees, names: Sequence[str]):
        super().__init__(names, without_relations.calibration)
        self.without_relations_, self.with_relations_ = without_relations, with_relations
        # Where the columns of either trees, and the one that says which to ask, are among `names`; -1 for nowhere.
        column_of = {name: column for column, name in enumerate(self.names)}
        self._positions = [np.array([column_of.get(name, -1) for name in part.names]) for part in self._parts]
        self._linked_column = column_of.get(LINKED_CANDIDATES)

    def with_columns(self, names: Sequence[str]) -> ShippedRanker:
        """Return the same ranker for features of other columns."""
        return ShippedRanker(self.without_relations_, self.with_relations_, names)

    def log_odds(self, X: NDArray[np.float32], group_sizes: NDArray[np.intp]) -> Floats:
        """Return ``log(score / (1 - score))`` of each pair, as of `Ranker`."""
        margins, _ = self.margins(X)
        by_part = [part.calibration.log_odds(margins, group_sizes) for part in self._parts]
        return np.where(self._has_relations(X), by_part[1], by_part[0])

    def contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the log-odds, ``(n_pairs, n_features)``, as of `Ranker`."""
        slopes = [part.calibration.slope for part in self._parts]
        slope = np.where(self._has_relations(X), slopes[1], slopes[0])
        return slope[:, np.newaxis] * self.margin_contributions(X)

    def margins(self, X: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """Return the margin of each pair; no member is trained by the softmax."""
        margins = np.zeros(len(X))
        for part, positions, rows in self._rows_by_part(X):
            margins[rows] = part.trees.margins(_columns(X[rows], positions))[0]
        return margins, np.zeros(len(X))

    def margin_contributions(self, X: NDArray[np.float32]) -> Floats:
        """Return each feature's share of the margin."""
        shares = np.zeros((len(X), len(self.names)))
        for part, positions, rows in self._rows_by_part(X):
            known = positions >= 0
            shares_of_part = part.trees.contributions(_columns(X[rows], positions))
            shares[np.ix_(rows, positions[known])] = shares_of_part[:, known]
        return shares

    def to_dict(self) -> dict[str, Any]:
        """Return trees and calibrations as JSON-ready values."""
        parts = {name: part.to_dict() for name, part in zip(PARTS, self._parts, strict=True)}
        return {"kind": self.kind, "names": list(self.names), **parts}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Build the ranker that `to_dict` described."""
        without_relations, with_relations = map(PooledTrees.from_dict, (values[name] for name in PARTS))
        return cls(without_relations, with_relations, values["names"])

    @property
    def _parts(self) -> tuple[PooledTrees, PooledTrees]:
        return self.without_relations_, self.with_relations_

    def _has_relations(self, X: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Say of each pair whether a candidate of its source has a known relation."""
        if self._linked_column is None:
            return np.zeros(len(X), dtype=bool)
        has_relations: NDArray[np.bool_] = X[:, self._linked_column] > 0
        return has_relations

    def _rows_by_part(self, X: NDArray[np.float32]) -> list[tuple[PooledTrees, NDArray[np.intp], NDArray[np.intp]]]:
        """Return both trees, the positions of their columns, and the rows of the pairs they score, if there are any."""
        has_relations = self._has_relations(X)
        rows = (np.flatnonzero(~has_relations), np.flatnonzero(has_relations))
        return [chosen for chosen in zip(self._parts, self._positions, rows, strict=True) if len(chosen[2])]


def _columns(X: NDArray[np.float32], positions: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the columns at these positions, nan for -1."""
    columns: NDArray[np.float32] = X[:, positions]
    columns[:, positions < 0] = np.nan
    return columns


@cache
def shipped_ranker() -> ShippedRanker:
    """Return the ranker of the package's folder ``ranker/default``; `ModelFormatError` where that is damaged."""
    return ShippedRanker.from_dict(json.loads(read_model_folder(FOLDER).text(RANKER_FILE)))
