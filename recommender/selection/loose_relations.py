"""Pairs that relations alone speak for, where these relations say little: they are never suggested."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.retrieval.text import TextModel
from recommender.selection.scoring import ScoredCandidates

RAREST_SHARED = "text_terms.text_rarest_shared"
N_LINKS, COHESION = "relations.linked_count", "relations.linked_cohesion"
# Mean cosine of the full texts of a candidate and the articles that it is linked with. Below it these have so little in
# common that one who links to some of them need not care for the others.
LEAST_COHESION = 0.03


def shares_telling_word(rarest_shared: NDArray[np.float32], text_model: TextModel) -> NDArray[np.bool_]:
    """Say of each pair whether it shares a word that few articles have, ``(n_pairs,)``, given its `RAREST_SHARED`."""
    telling: NDArray[np.bool_] = rarest_shared >= text_model.telling_idf
    return telling


def loosely_related(candidates: ScoredCandidates) -> NDArray[np.bool_]:
    """Say of each candidate whether loose relations speak for it, and no telling word, ``(n_candidates,)``.

    An editor once put a security product beside a hologram company; that says nothing of the product's twin. Relations
    are loose where the candidate is not much like the articles that it is linked with.
    """
    is_loose = (candidates.feature(N_LINKS) > 0) & (candidates.feature(COHESION) < LEAST_COHESION)
    text_model = candidates.source_query.index.text_model
    return is_loose & ~shares_telling_word(candidates.feature(RAREST_SHARED), text_model)
