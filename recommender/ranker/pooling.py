"""Learning the shipped ranker from many sites, each group of kindred sites weighing as much as any other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from joblib import Parallel, delayed

from recommender.core.settings import RankerSettings
from recommender.ranker.calibration import Calibration
from recommender.ranker.shipped import PooledTrees, ShippedRanker
from recommender.ranker.training_set import Floats, TrainingSet
from recommender.ranker.trees import LAMBDARANK, LOGISTIC, Trees, fill_unknown

OBJECTIVES = (LAMBDARANK, LOGISTIC)
# What no trees see, by the beginnings of names: `quality` is one site's own score, and says nothing of another site.
EXCLUDED = ("quality.",)
ALL = ""  # stands for no group that is left out
EXCLUDED_WITHOUT_RELATIONS = (*EXCLUDED, "relations.", "neighbourhood.")


@dataclass(frozen=True)
class PooledSite:
    """What one site gives to the shipped ranker: the same sources twice, with no relation known and with all.

    `kindred` names the group of sites that are alike. They are held out together, and weigh as much together as any
    other group, times `weight`.
    """

    kindred: str
    without_relations: TrainingSet
    with_relations: TrainingSet
    weight: float = 1.0


@dataclass(frozen=True)
class _Views:
    """The sources of one site as trees for one state of knowledge learn from them, and as they will be asked."""

    kindred: str
    weight: float
    learned: TrainingSet
    asked: TrainingSet


@dataclass(frozen=True)
class PooledFit:
    """What was learned from many sites.

    Attributes
    ----------
    ranker
        Learned from all of them.
    left_out
        By kindred group, the ranker whose trees learned nothing from the group: for measuring what to expect on a new
        site.
    """

    ranker: ShippedRanker
    left_out: dict[str, ShippedRanker]


def fit_pooled(sites: Sequence[PooledSite], settings: RankerSettings, n_jobs: int = 1) -> PooledFit:
    """Fit the shipped ranker on all sources of all sites, and once without each kindred group.

    It is calibrated on the margins that trees which learned without a site's whole group give that site: so its scores
    are what a site may expect that it never saw. The ranker without a group is calibrated without the group, too.

    Parameters
    ----------
    sites
        Of two kindred groups or more, all with the same columns.
    n_jobs
        How many trainings run at a time. The result does not depend on it.
    """
    if len({site.kindred for site in sites}) < 2:
        raise ValueError(f"{len(sites)} kindred sites, of which none can be held out; give sites of two groups or more")
    without, both = [], []
    for site in sites:
        cold = _selected(site.without_relations, EXCLUDED_WITHOUT_RELATIONS)
        without.append(_Views(site.kindred, site.weight, cold, cold))
        warm = [_selected(view, EXCLUDED) for view in (site.without_relations, site.with_relations)]
        both.append(_Views(site.kindred, site.weight, TrainingSet.joined(warm), warm[1]))
    parts = [_fit_trees(_weighted(views), settings, n_jobs) for views in (without, both)]
    names = sites[0].without_relations.names
    rankers = {group: ShippedRanker(parts[0][group], parts[1][group], names) for group in parts[0]}
    return PooledFit(rankers.pop(ALL), rankers)


def _fit_trees(sites: Sequence[_Views], settings: RankerSettings, n_jobs: int) -> dict[str, PooledTrees]:
    """Return trees fitted on all sites, under `ALL`, and on all but each kindred group, under its name."""
    groups = sorted({site.kindred for site in sites})
    learned = {group: [site.learned for site in sites if site.kindred != group] for group in (*groups, ALL)}
    fits = (delayed(_fit)(sets, settings) for sets in learned.values())
    trees = dict(zip(learned, Parallel(n_jobs=n_jobs, prefer="threads")(fits), strict=True))
    margins = [trees[site.kindred].margins(site.asked.features)[0] for site in sites]
    names = sites[0].asked.names
    return {group: PooledTrees(trees[group], names, _calibration(sites, margins, group)) for group in learned}


def _calibration(sites: Sequence[_Views], margins: Sequence[Floats], left_out: str) -> Calibration:
    """Calibrate on the sites of all groups but one."""
    used = [position for position, site in enumerate(sites) if site.kindred != left_out]
    asked = TrainingSet.joined([sites[position].asked for position in used])
    return Calibration.fit(np.concatenate([margins[position] for position in used]), asked)


def _fit(sets: Sequence[TrainingSet], settings: RankerSettings) -> Trees:
    """Fit trees whose members have margins of equal standard deviations."""
    learned = TrainingSet.joined(sets)
    fill_unknown(learned.features)
    trees = Trees.fit(learned, settings, OBJECTIVES)
    return trees.with_weights(trees.standardising_weights(learned.features))


def _selected(view: TrainingSet, excluded: tuple[str, ...]) -> TrainingSet:
    """Return a view without the stories, which only some sites have, and without the columns of excluded features."""
    columns = np.array([not name.startswith(excluded) for name in view.names])
    return replace(view, stories=None).select_columns(columns)


def _weighted(sites: Sequence[_Views]) -> list[_Views]:
    """Return the sites with weights by which each kindred group counts alike, and in it each site, and source."""
    n_sites = Counter(site.kindred for site in sites)

    def weighted(view: TrainingSet, site: _Views) -> TrainingSet:
        n_sources = len(view.group_sizes)
        weight = site.weight / n_sites[site.kindred] / n_sources
        return replace(view, source_weights=np.full(n_sources, weight))

    return [replace(site, learned=weighted(site.learned, site), asked=weighted(site.asked, site)) for site in sites]
