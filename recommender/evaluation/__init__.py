"""How good are suggestions: metrics, time splits, baselines, intervals, and an audit of the curated relations."""

from recommender.evaluation.replay import evaluate
from recommender.evaluation.report import EvaluationReport

__all__ = ["EvaluationReport", "evaluate"]
