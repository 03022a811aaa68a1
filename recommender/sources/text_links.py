"""Links in the texts of a site: which article each leads to, and the texts without the words of these links."""

from __future__ import annotations

import posixpath
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import unquote, urljoin, urlsplit

from recommender.core.markup import TextLink
from recommender.core.records import BODY, Article, Relation
from recommender.corpus.urls import canonical_url, host_of
from recommender.sources.generators.page_facts import SitePage
from recommender.sources.outcomes import Outcome

# A target that more than this share of the pages link to, and more than so many pages, is navigation.
NAVIGATION_SHARE = 0.05
NAVIGATION_PAGES = 10

_PAGE = re.compile(r"(?:^|/|\.(?:html?|php|aspx?|mdx?|markdown)|(?:^|/)[^/.]*)$", re.IGNORECASE)
_PAGE_NUMBER = re.compile(r"/page/?\d+/?$")  # of a list that is spread over several pages
_INDEX = re.compile(r"(?<=/)index\.html?(?=[?#]|$)", re.IGNORECASE)
_MARKDOWN = re.compile(r"\.(?:mdx?|markdown|mkd|html?)$", re.IGNORECASE)
_DATED = re.compile(r"^\d{4}-\d{1,2}-\d{1,2}-")


class LinkTargets:
    """Finds the page of a site that an address, a path or the name of a file leads to.

    Parameters
    ----------
    outcomes
        Of all pages and articles of the site, lists of pages among them: what leads to these is no dead link.
    list_addresses
        Of further lists of pages, which have no file.
    """

    def __init__(self, outcomes: Iterable[Outcome], list_addresses: Iterable[str] = ()):
        self._ids: dict[str, str] = {}
        self._paths: dict[str, str] = {}
        self._names: dict[str, set[str]] = defaultdict(set)
        self._addresses: dict[str, str] = {}
        self._known_hosts: set[str] = set()
        self._lists: set[str] = set()
        self._absolute: dict[str, str | None] = {}  # pages by address, wherever the link stands
        hosts: Counter[str] = Counter()
        for outcome in outcomes:
            article = outcome.article
            if article is None:
                continue
            if outcome.left_out is not None:
                self._lists.add(article.id)
            self._ids.setdefault(article.id.lower(), article.id)
            self._names[posixpath.basename(article.id)].add(article.id)
            if outcome.page is not None and outcome.page.path:
                bare = _MARKDOWN.sub("", outcome.page.path)
                self._paths.setdefault(bare, article.id)
                self._names[posixpath.basename(bare)].add(article.id)
            for address in article.addresses:
                self._addresses.setdefault(canonical_url(address), article.id)
                self._known_hosts.add(_host_text(address))
            host = host_of(article.url or "")
            hosts.update([host] if host else [])
        self._list_addresses = set(map(canonical_url, list_addresses))
        self._hosts = {host for host, count in hosts.items() if 2 * count > hosts.total()}

    def with_ids(self, outcome: Outcome) -> Outcome:
        """Return an article whose relations name others by their ids where a file's bare name was given."""
        article = outcome.article
        if article is None or all(link.target_id is None for link in article.relations):
            return outcome
        relations = tuple(map(self._with_id, article.relations))
        return (
            outcome
            if relations == article.relations
            else replace(outcome, article=replace(article, relations=relations))
        )

    def _with_id(self, relation: Relation) -> Relation:
        name = relation.target_id
        if name is None or self._ids.get(name.lower()) == name:
            return relation
        return replace(relation, target_id=self._named(name) or name)

    def is_list(self, article_id: str) -> bool:
        """Whether a page lists others instead of being an article."""
        return article_id in self._lists

    def of(self, link: TextLink, article: Article, path: str) -> tuple[str | None, str | None]:
        """Return the absolute address and the id of the page that a link leads to, each None where it is unknown."""
        address = link.address.partition("#")[0]
        if link.kind == "ref":
            return None, self._reference(address, path)
        if link.kind in {"post_url", "link"}:
            return None, self._file(address, path)
        if _MARKDOWN.search(address) and "://" not in address and (by_path := self._file(address, path)):
            return None, by_path
        if link.address.startswith(("http://", "https://")):
            return self._of_web_address(link.address)
        try:
            url = urljoin(article.url or f"/{path}", link.address)
        except ValueError:  # brackets that no address can have
            return None, None
        page_id = self._page_at(url)
        if page_id is None and address and "://" not in address:
            page_id = self._file(address, path)
        return url, page_id

    def _of_web_address(self, url: str) -> tuple[str | None, str | None]:
        """Return an address and the page there, both None for one of another site, as most are."""
        if _host_text(url) not in self._known_hosts and "amp" not in url:
            return None, None
        if url not in self._absolute:
            self._absolute[url] = self._page_at(url)
        return url, self._absolute[url]

    def _page_at(self, url: str) -> str | None:
        """Return the page at an address; that of its path where the address is one of the site's own host."""
        ways = (url, unquote(url), _INDEX.sub("", url))
        page_id = next((self._addresses[key] for key in map(canonical_url, ways) if key in self._addresses), None)
        if page_id is None and host_of(url) in self._hosts:
            return self._addresses.get(canonical_url(urlsplit(url).path))
        return page_id

    def is_own(self, url: str) -> bool:
        """Whether an address is one of a page of the site itself, whether or not there is such a page."""
        host = host_of(url)
        if host not in self._hosts and (host or "://" in url):
            return False
        path = _PAGE_NUMBER.sub("", urlsplit(url).path)
        if path in {"", "/"} or self._is_list_address(urljoin(url, path)):  # the home page is always there
            return False
        return _PAGE.search(path) is not None

    def _is_list_address(self, url: str) -> bool:
        """Whether a list of pages stands at an address of the site itself, with or without the host."""
        if not self._list_addresses.isdisjoint({canonical_url(url), canonical_url(urlsplit(url).path)}):
            return True
        page_id = self._page_at(url)
        return page_id is not None and self.is_list(page_id)

    def _reference(self, name: str, path: str) -> str | None:
        """Return the page that Hugo's `ref` means: a path in the content, from the root or from the page's folder."""
        bare = _MARKDOWN.sub("", name.strip("/")).removesuffix("/_index").removesuffix("/index").lower()
        folder = posixpath.dirname(path).lower().partition("/")[2]
        candidates = [bare] if name.startswith("/") else [posixpath.normpath(posixpath.join(folder, bare)), bare]
        return next((self._ids[known] for known in candidates if known in self._ids), None) or self._named(bare)

    def _file(self, name: str, path: str) -> str | None:
        """Return the page of a file, given its path from the site's root, from the folder of the page, or its name."""
        bare = _MARKDOWN.sub("", unquote(name).rstrip("/"))
        relative = posixpath.normpath(posixpath.join(posixpath.dirname(path), bare.lstrip("/")))
        candidates = [bare.lstrip("/")] if name.startswith("/") else [relative, bare]
        ends = ("", "/index", "/README", "/_index")
        for candidate in candidates:
            page_id = next((self._paths[candidate + end] for end in ends if candidate + end in self._paths), None)
            page_id = page_id or self._ids.get(candidate.lower())
            if page_id is not None:
                return page_id
        return self._named(bare) if _DATED.match(posixpath.basename(bare)) else None

    def _named(self, bare: str) -> str | None:
        ids = self._names.get(posixpath.basename(bare), ())
        return next(iter(ids)) if len(ids) == 1 else None


def _host_text(address: str) -> str:
    """Return the host of an address as it is written, without `www.`; "" where it names none."""
    return address.partition("://")[2].partition("/")[0].lower().removeprefix("www.")


def with_text_links(outcomes: Sequence[Outcome], list_addresses: Iterable[str] = ()) -> list[Outcome]:
    """Give articles the links in their texts as relations, and take the words of those to own articles out of the text.

    Links to other sites, to lists of pages (those without a file are at `list_addresses`) and to files that are no
    pages are left out. So is navigation, but its words go all the same.
    """
    if not any(map(_names_targets, outcomes)):
        return list(outcomes)
    targets = LinkTargets(outcomes, list_addresses)
    read = [_with_links(targets.with_ids(outcome), outcome.page, targets) for outcome in outcomes]
    sources: Counter[str] = Counter()
    for outcome in read:
        if outcome.article is not None:
            sources.update({link.target_id or "" for link in outcome.article.relations if _is_in_text(link)})
    n_articles = sum(outcome.article is not None and outcome.left_out is None for outcome in read)
    most = max(NAVIGATION_SHARE * n_articles, NAVIGATION_PAGES)
    return [_without_navigation(outcome, sources, most) for outcome in read]


def _names_targets(outcome: Outcome) -> bool:
    """Whether a text holds links, or a relation gives no address but an id: most news sites have neither."""
    if outcome.page is not None and outcome.page.text.links:
        return True
    return outcome.article is not None and any(link.target_id is not None for link in outcome.article.relations)


def _with_links(outcome: Outcome, page: SitePage | None, targets: LinkTargets) -> Outcome:
    article = outcome.article
    if article is None or page is None or outcome.left_out is not None or not page.text.links:
        return outcome
    relations: dict[Relation, None] = {}  # as an ordered set
    own: list[TextLink] = []
    for link in page.text.links:
        url, target_id = targets.of(link, article, page.path)
        if target_id == article.id or (target_id is not None and targets.is_list(target_id)):
            continue
        if target_id is not None:
            own.append(link)
        if target_id is not None or (url is not None and targets.is_own(url)):
            relations[Relation(url, target_id, kind=BODY)] = None
    article = replace(article, body=page.text.without(own), relations=(*article.relations, *relations))
    return replace(outcome, article=article)


def _without_navigation(outcome: Outcome, sources: Mapping[str, int], most: float) -> Outcome:
    article = outcome.article
    if article is None or not any(
        _is_in_text(link) and sources[link.target_id or ""] > most for link in article.relations
    ):
        return outcome
    kept = (link for link in article.relations if not _is_in_text(link) or sources[link.target_id or ""] <= most)
    return replace(outcome, article=replace(article, relations=tuple(kept)))


def _is_in_text(relation: Relation) -> bool:
    return relation.kind == BODY and relation.target_id is not None
