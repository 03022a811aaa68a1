"""Which Hugo a site says it is built with."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.hugo_sites import NOW, write_hugo_site

from recommender.sources.generators.hugo import HugoSite
from recommender.sources.generators.hugo.version import version_of_site


@pytest.mark.parametrize(
    ("name", "text", "version"),
    [
        ("netlify.toml", '[build.environment]\nHUGO_VERSION = "0.111.3"', (0, 111, 3)),
        ("package.json", '{"devDependencies": {"hugo-extended": "^0.120.4"}}', (0, 120, 4)),
        (".tool-versions", "nodejs 18.0.1\nhugo extended_0.99", (0, 99, 0)),
        (".hvm", "v0.130.0/extended", (0, 130, 0)),
        (".github/workflows/site.yml", "uses: peaceiris/actions-hugo@v2\nwith:\n  hugo-version: '0.85.0'", (0, 85, 0)),
        (".github/workflows/site.yml", "uses: peaceiris/actions-hugo@v2.6.0", None),
        ("netlify.toml", "HUGO_VERSION = 'latest'", None),
        ("README.md", "hugo 0.111.3", None),
    ],
)
def test_the_version_that_a_site_names(name: str, text: str, version: tuple[int, ...] | None, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert version_of_site(tmp_path) == version


def test_a_file_outside_of_the_site_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "netlify.toml").write_text("HUGO_VERSION = '0.111.3'")
    (tmp_path / "site" / "netlify.toml").symlink_to(tmp_path / "netlify.toml")
    assert version_of_site(tmp_path / "site") is None


def test_the_rules_of_that_version_hold_unless_another_is_given(tmp_path: Path) -> None:
    write_hugo_site(tmp_path, {"content/a & b.md": "title: A"}, "title = 'x'")
    (tmp_path / "netlify.toml").write_text("HUGO_VERSION = '0.111.3'")
    urls = []
    for version in (None, (0, 152, 0)):
        site = HugoSite.from_folder(tmp_path, version)
        assert site is not None
        urls.append(site.page("content/a & b.md", {}, NOW).url)
    assert urls == ["/a-b/", "/a--b/"]
