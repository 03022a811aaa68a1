"""How good suggestions are: measures, time splits, baselines, intervals, and audits of the curated relations."""

from recommender.evaluation.ablation import Ablation, ablate
from recommender.evaluation.judgements import JudgedPair, Judgements, ReliabilityBin, ThresholdCurve, reliability
from recommender.evaluation.learning import LearningPoint, learning_curve
from recommender.evaluation.relation_audit import Leak, degree_leak
from recommender.evaluation.replay import evaluate
from recommender.evaluation.report import EvaluationReport
from recommender.evaluation.slices import PairFigures, slice_pairs_by_gap, slice_sources

__all__ = [
    "Ablation",
    "EvaluationReport",
    "JudgedPair",
    "Judgements",
    "Leak",
    "LearningPoint",
    "PairFigures",
    "ReliabilityBin",
    "ThresholdCurve",
    "ablate",
    "degree_leak",
    "evaluate",
    "learning_curve",
    "reliability",
    "slice_pairs_by_gap",
    "slice_sources",
]
