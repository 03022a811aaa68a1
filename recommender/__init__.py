"""Related-article engine for publishers: learns from curated links, proposes and scores new ones, with reasons."""

from recommender.core.errors import (
    ArticleError,
    ModelFormatError,
    NotFittedError,
    RecommenderError,
    SettingsError,
    UnknownArticleError,
)
from recommender.core.records import Article, Explanation, Provider, Reason, Relation, Suggestion
from recommender.core.rules import Pin, Rules
from recommender.core.settings import Settings
from recommender.corpus.corpus import Corpus
from recommender.evaluation import EvaluationReport, evaluate
from recommender.evaluation.link_audit import audit_links
from recommender.model.recommender import Recommender
from recommender.selection.decisions import Decision, Decisions, decide
from recommender.sources import read_articles

__version__ = "0.1.0"

__all__ = [
    "Article",
    "ArticleError",
    "Corpus",
    "Decision",
    "Decisions",
    "EvaluationReport",
    "Explanation",
    "ModelFormatError",
    "NotFittedError",
    "Pin",
    "Provider",
    "Reason",
    "Recommender",
    "RecommenderError",
    "Relation",
    "Rules",
    "Settings",
    "SettingsError",
    "Suggestion",
    "UnknownArticleError",
    "audit_links",
    "decide",
    "evaluate",
    "read_articles",
]
