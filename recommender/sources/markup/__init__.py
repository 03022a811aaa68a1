"""Markdown and HTML, with the template tags of Hugo and Jekyll in them, read into prose, code and links."""

from __future__ import annotations

from typing import Literal

from recommender.sources.markup.html import HtmlReader, decoded
from recommender.sources.markup.markdown import plain_text, read_markdown
from recommender.sources.markup.prose import MarkupText, ProseWriter, TextLink
from recommender.sources.markup.templates import TemplateLanguage, expand

__all__ = ["MarkupText", "TemplateLanguage", "TextLink", "decoded", "plain_text", "read_markup"]

# Whatever is in it, a text of this many characters (150,000 words) is read in less than a gigabyte and a minute.
MOST_CHARACTERS = 2**20


def read_markup(
    text: str,
    markup: Literal["markdown", "html"],
    templates: TemplateLanguage,
    *,
    most_characters: int = MOST_CHARACTERS,
) -> MarkupText:
    """Read the body of an article.

    Parameters
    ----------
    text
        What stands under the front matter.
    markup
        Which of the two it is written in. Markdown may hold HTML.
    templates
        Whose tags are in it: Hugo's shortcodes, Jekyll's Liquid, or none. Nothing that they name is opened or run.
    most_characters
        What comes after so many characters is cut off.

    Returns
    -------
    MarkupText
        Its prose, its code, and its links with the span of their words in the prose.

    >>> read = read_markup("See [the *ferry* strike](/ferry) of `deckhand`s.", "markdown", "none")
    >>> read.text
    'See the ferry strike of deckhands.'
    >>> [(link.address, read.text[link.start : link.end]) for link in read.links]
    [('/ferry', 'the ferry strike')]
    """
    plain, slots = expand(text[:most_characters], templates)
    writer = ProseWriter(slots)
    if markup == "html":
        HtmlReader(writer).feed(plain)
    else:
        read_markdown(plain, writer, last_definition_counts=templates == "jekyll")
    return writer.finish()
