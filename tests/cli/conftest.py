"""Sites for the command line."""

from __future__ import annotations

from support.site_fixtures import newsroom_copy, site

__all__ = ["newsroom_copy", "site"]
