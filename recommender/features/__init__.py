"""Named features of a pair of articles, and the reasons that are made of them."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Features = dict[str, NDArray[Any]]
"""Named columns: a number, ``(n_pairs,)``, for each pair of a source and a candidate of a query."""
