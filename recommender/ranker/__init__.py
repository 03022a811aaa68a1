"""From pair features to a calibrated score, and each feature's share of it."""

from recommender.ranker.blended import BlendedRanker
from recommender.ranker.fitting import fit_ranker, load_ranker
from recommender.ranker.pooling import PooledFit, PooledSite, fit_pooled
from recommender.ranker.ranker import Ranker, scores
from recommender.ranker.shipped import ShippedRanker, shipped_ranker
from recommender.ranker.site import BoostedRanker
from recommender.ranker.training_set import TrainingSet

__all__ = [
    "BlendedRanker",
    "BoostedRanker",
    "PooledFit",
    "PooledSite",
    "Ranker",
    "ShippedRanker",
    "TrainingSet",
    "fit_pooled",
    "fit_ranker",
    "load_ranker",
    "scores",
    "shipped_ranker",
]
