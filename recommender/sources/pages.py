"""Pages as their site's generator makes them: id, address, language, and whether they may be suggested."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from recommender.core.records import Article
from recommender.corpus.urls import canonical_url
from recommender.sources.generators.page_facts import REDIRECT, Generator, PageFacts, SitePage
from recommender.sources.outcomes import Outcome

NO_FRONT_MATTER = "no front matter"


def with_facts(outcomes: Iterable[Outcome], generator: Generator, now: datetime) -> tuple[list[Outcome], list[str]]:
    """Give articles what the generator makes of their pages at a moment, and leave out pages that are no articles.

    Returns
    -------
    outcomes
        In the order given; lists of pages and files that the generator only copies are left out.
    warnings
        One line for each address that two pages claim.
    """
    outcomes = list(outcomes)
    paged = [(outcome, outcome.page) for outcome in outcomes if outcome.page is not None]
    known = generator.facts([page for _, page in paged], now)
    known, warnings = _with_own_addresses(known, [outcome.location for outcome, _ in paged])
    many_languages = len({page_facts.language for page_facts in known if not page_facts.is_list}) > 1
    facts = iter(known)
    completed = []
    for outcome in outcomes:
        page_facts = next(facts) if outcome.page is not None else None
        if outcome.article is not None and outcome.page is not None and page_facts is not None:
            article = _completed(outcome.article, outcome.page, page_facts, many_languages)
            is_article = not page_facts.is_list and page_facts.excluded != NO_FRONT_MATTER
            outcome = replace(  # noqa: PLW2901
                outcome, article=article, left_out=None if is_article else page_facts.excluded or page_facts.kind
            )
        completed.append(outcome)
    return completed, warnings


def _completed(article: Article, page: SitePage, facts: PageFacts, many_languages: bool) -> Article:
    """Return an article with what is known of its page.

    Where the configuration knows one language only, a text may still be in another one, and says so best itself.
    """
    detected = page.language or facts.language
    return replace(
        article,
        id=facts.id,
        url=facts.url,
        aliases=facts.aliases,
        language=article.language or (facts.language if many_languages else detected),
        published_at=facts.published_at or article.published_at,
        published=article.published and not facts.is_upcoming,
        excluded=facts.excluded,
        translation_key=facts.translation_key,
        relations=() if facts.is_list or facts.kind == REDIRECT else article.relations,
    )


def _with_own_addresses(known: Sequence[PageFacts], locations: Sequence[str]) -> tuple[list[PageFacts], list[str]]:
    """Let each address lead to one page: an alias never to another page's, one that two claim to the live one.

    Of two live pages of one address the first keeps it; the other is never a target, as nobody can reach it.
    """
    owners: dict[str, int] = {}
    warnings: list[str] = []
    facts = list(known)
    addressed = [(position, page.url) for position, page in enumerate(facts) if page.url is not None]
    for position, url in sorted(addressed, key=lambda claim: facts[claim[0]].excluded is not None):
        owner = owners.setdefault(canonical_url(url), position)
        if owner != position:
            excluded = facts[position].excluded or f"its address is that of {facts[owner].id}"
            facts[position] = replace(facts[position], url=None, excluded=excluded)
            warnings.append(f"{locations[position]}: has the address {url} of {locations[owner]}, which keeps it")
    for position, page in enumerate(facts):
        aliases = [alias for alias in page.aliases if owners.setdefault(canonical_url(alias), position) == position]
        if len(aliases) < len(page.aliases):
            facts[position] = replace(page, aliases=tuple(aliases))
    return facts, sorted(warnings)
