"""Dates that can be read two ways, 03/04/2021: decided by the setting, else by the other dates of the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from recommender.core.errors import ArticleError
from recommender.sources.outcomes import Outcome
from recommender.sources.records.dates import NumericDate


def with_dates(outcomes: Sequence[Outcome], order: str | None = None) -> list[Outcome]:
    """Give articles without a date the reading that their site decides; those that stay without get a warning.

    The site decides where its other numeric dates can only be read in one order. What a generator makes of a date comes
    first, so this is for articles to which it gave none.

    Parameters
    ----------
    order
        ``dmy`` or ``mdy``; it beats the other dates. None for theirs.
    """
    orders = {outcome.date.order for outcome in outcomes if outcome.date is not None} - {None}
    if order is None and len(orders) == 1:
        [order] = orders
    return [_with_date(outcome, outcome.date, order) if outcome.date else outcome for outcome in outcomes]


def _with_date(outcome: Outcome, date: NumericDate, order: str | None) -> Outcome:
    if outcome.article is None or outcome.article.published_at is not None:
        return outcome
    moment = date.read_as(order)
    if moment is not None:
        return replace(outcome, article=replace(outcome.article, published_at=moment))
    if outcome.left_out is not None:
        return outcome
    message = (
        f"{date.name}: {date.text} can be read as two dates, and no other date of the site decides; the article is "
        "undated: set source.date_order to dmy or mdy"
    )
    return replace(outcome, warnings=(*outcome.warnings, str(ArticleError(message, outcome.location, date.line))))
