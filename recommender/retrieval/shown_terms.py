"""Which of the shared tokens of two texts a reader is shown, and how: words as the texts write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import groupby, takewhile

from recommender.retrieval.tokens import (
    SOFT_HYPHEN,
    Run,
    is_han,
    is_hangul,
    is_unspaced,
    is_word_letter,
    normalised,
    runs,
    words_as_written,
)

_LEAST_LETTERS = 2
_LEAST_SYLLABLES = 3  # of a text in Thai, Lao, Khmer or Burmese; two may belong to two words
_LONGEST_RUN = 6  # Chinese characters; a longer run is a phrase
_FUNCTION_WORDS = re.compile("[的了是在和与與及或]")
_MOST_SWITCHES = 2  # between letters and digits, as in "p2wsh"
_LONGEST_WITH_DIGITS = 15
_LONGEST_PART = 200  # of a text between two spaces, to each side of a word
_LONGEST_LINE = 500  # how far a tag or shortcode may reach
_HEX = re.compile("(?=[a-f]*[0-9])[0-9a-f]{7,}|0x[0-9a-f]+")
_SWITCH = re.compile("(?<=[a-z])_*(?=[0-9])|(?<=[0-9])_*(?=[a-z])")
_CONSONANTS = re.compile("[b-df-hj-np-tv-xz]{9}")
_ENDINGS = (
    "com|org|net|edu|gov|info|html?|php|aspx?|md|txt|json|xml|ya?ml|toml|csv|pdf|png|jpe?g|gif|svg|webp|ico|mp[34]|zip"
    "|gz|exe|dll|css|scss|cfg|ini|py|rs|cpp|hpp|sh"
)
# Parts of a text between two spaces, in lower case, that are no prose.
_MACHINE_MADE = re.compile(
    "[a-z][a-z0-9+.-]*://[!-~]+"
    r"|(?:www\.|mailto:)[!-~]+"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    rf"|(?:[\w-]+[./])+(?:{_ENDINGS})\b(?:[/?#:][!-~]*)?"
    r"|(?<!\w)[~.]{0,2}(?:/[\w.@%-]+)+"
    r"|[a-z]:\\[!-~]+"
    r"|&#?\w+;"
    r"""|[\w:-]+=["'][^"'<>]*"""
    r"|[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    r"|\]\([^()]*"
    r"|\{[#.:][^{}]*"
)
_ENCLOSURES = (("{{", "}}"), ("{%", "%}"), ("{:", "}"), ("<", ">"))
_TAG = re.compile("[a-z/!?]")


class SourceTerms:
    """The tokens of a source, and which of those that another text has, too, a reader is shown.

    Parameters
    ----------
    text
        Of the source, as it was given.
    frequencies
        Its tokens, and in how many articles each occurs.
    most_common
        What occurs in more articles than this tells a reader nothing.

    >>> frequencies = dict.fromkeys(["cafe", "42", "データベース", "デー", "ータ", "タベ", "ベー", "ース", "管理"], 1)
    >>> terms = SourceTerms("データベースの管理, café 42", frequencies, 8)
    >>> list(terms.shared_with("CAFÉ 42: データベースを管理", frequencies))
    ['café', 'データベース', '管理']
    """

    def __init__(self, text: str, frequencies: Mapping[str, int], most_common: float):
        self._text, self._normalised = text, _normalised(text)
        self._frequencies, self._most_common = frequencies, most_common
        self._has_unspaced = any(not token.isascii() and is_unspaced(token) for token in frequencies)
        runs_of_text = _runs(self._normalised) if self._has_unspaced else ()
        distinct = {run.text: run for run in reversed(runs_of_text) if len(run.letters) >= _LEAST_LETTERS}
        self._unspaced_runs = [(run, run.pairs) for run in reversed(distinct.values())]
        self._word_in_prose = cache(partial(_in_prose, self._normalised))

    def shared_with(self, text: str, shared: Iterable[str]) -> Iterator[str]:
        """Yield the words behind the tokens that another text has, too: `shared`.

        The rarest come first, in lower case, with their accents. No number, hash or id is yielded, and no word that
        stands in addresses, file names, entities, tags or shortcodes only. Pairs of letters that follow each other in
        both texts are joined.
        """
        target = _normalised(text)
        runs_shown: list[str] = []
        for term in self._rarest_first(target, shared):
            is_run = self._has_unspaced and is_unspaced(term)
            if not is_run and not is_readable(term):
                continue
            target_word = _in_prose(target, term)
            source_word = None if target_word is None else self._word_in_prose(term)
            if source_word is None or target_word is None:
                continue
            if not is_run:
                # Of a Korean word, what both texts write: with the particle only where both have the same.
                word = _common_prefix(source_word, target_word)
                yield _accented(self._text).get(word) or _accented(text).get(word, word)
            elif not any(term in run for run in runs_shown):
                runs_shown.append(term)
                yield term

    def _rarest_first(self, target: str, shared: Iterable[str]) -> list[str]:
        """Return the shared tokens that are telling, the pairs of letters among them joined to runs."""
        counts = {token: self._frequencies[token] for token in shared}
        if self._has_unspaced:
            spaced = {token: count for token, count in counts.items() if not is_unspaced(token)}
            if len(spaced) < len(counts):
                counts = spaced | _shared_runs(self._unspaced_runs, target, counts)
        telling = sorted((count, term) for term, count in counts.items() if count <= self._most_common)
        return [term for _, term in telling]


def is_readable(token: str) -> bool:
    """Say whether a token of a text with spaces is a word, or a name such as ``p2wsh``: no number, hash or id.

    >>> [is_readable(token) for token in ("ferry", "p2wsh", "2024", "deadbeef42", "guoj3nh7xssjl1xbx")]
    [True, True, False, False, False]
    """
    if not token.isascii():
        return any(letter.isalpha() for letter in token)
    if not any("a" <= letter <= "z" for letter in token) or _HEX.fullmatch(token) or _CONSONANTS.search(token):
        return False
    has_digits = not token.replace("_", "").isalpha()
    return not has_digits or (len(token) <= _LONGEST_WITH_DIGITS and len(_SWITCH.findall(token)) <= _MOST_SWITCHES)


def _shared_runs(
    source_runs: Sequence[tuple[Run, Sequence[str]]], target: str, frequencies: Mapping[str, int]
) -> dict[str, int]:
    """Return what two texts without spaces have in common that can be read, and the count of its rarest pair.

    `source_runs` are those of the source with their pairs of letters, `frequencies` those of the tokens of both texts.
    """
    target_words = {run.text for run in _runs(target) if run.is_word}
    counts: dict[str, int] = {}
    for run, pairs_of_run in source_runs:
        if frequencies.keys().isdisjoint(pairs_of_run):  # as of most runs
            continue
        for chain in _chains(run.letters, pairs_of_run, frequencies, target):
            text = "".join(chain)
            if run.is_word:  # a part of a word in katakana is none, but where the other text has it as a word
                readable = [text] if text in target_words or (text == run.text and text in target) else []
            elif is_han(text):
                readable = _FUNCTION_WORDS.split(text) if len(text) > _LONGEST_RUN else [text]
            else:
                readable = [text] if len(chain) >= _LEAST_SYLLABLES else []
            for part in readable:
                pairs = [frequencies[pair] for pair in pairs_of_run if pair in frequencies and pair in part]
                if pairs:
                    counts[part] = min(pairs)
    return counts


def _chains(
    run_letters: Sequence[str], pairs_of_run: Sequence[str], frequencies: Mapping[str, int], target: str
) -> Iterator[Sequence[str]]:
    """Yield the letters of a run that follow each other in the target, too, each time as many as possible."""
    for is_shared, pairs in groupby(enumerate(pairs_of_run), lambda pair: pair[1] in frequencies):
        if not is_shared:
            continue
        positions = [position for position, _ in pairs]
        letters, start = run_letters[positions[0] : positions[-1] + 2], 0
        while start < len(letters) - 1:
            end = len(letters)
            while end > start + 2 and "".join(letters[start:end]) not in target:
                end -= 1
            yield letters[start:end]
            start = end - 1


def _in_prose(text: str, term: str) -> str | None:
    """Return the word that a term is, or is the stem of, where it first stands in prose; None where it does not."""
    start = text.find(term)
    while start >= 0:
        end = start + len(term)
        if is_unspaced(term):
            word = term
        else:
            while is_hangul(term) and end < len(text) and is_word_letter(text[end]):
                end += 1
            word = text[start:end]
        is_whole = is_unspaced(term) or not any(
            is_word_letter(letter) for letter in (text[max(0, start - 1) : start], text[end : end + 1])
        )
        if is_whole and not _is_machine_made(text, start, end):
            return word
        start = text.find(term, start + 1)
    return None


def _is_machine_made(text: str, start: int, end: int) -> bool:
    """Say whether a part of a text, in lower case, lies in an address, a file name, an entity, a tag or a shortcode."""
    before, after = text[max(0, start - _LONGEST_PART) : start], text[end : end + _LONGEST_PART]
    left = before.split()[-1] if before and not before[-1].isspace() else ""
    right = after.split()[0] if after and not after[0].isspace() else ""
    if left or right:
        part = left + text[start:end] + right
        if any(machine_made.start() <= len(left) < machine_made.end() for machine_made in _MACHINE_MADE.finditer(part)):
            return True
    for opening, closing in _ENCLOSURES:
        opened = text.rfind(opening, max(0, start - _LONGEST_LINE), start)
        if opened < 0 or text.find(closing, opened, start) >= 0 or text.find(closing, end, end + _LONGEST_LINE) < 0:
            continue
        if opening != "<" or _TAG.match(text, opened + 1):
            return True
    return False


def _common_prefix(word: str, other_word: str) -> str:
    pairs = takewhile(lambda letters: letters[0] == letters[1], zip(word, other_word, strict=False))
    return "".join(letter for letter, _ in pairs)


@lru_cache(maxsize=1024)
def _normalised(text: str) -> str:
    return normalised(text)


@lru_cache(maxsize=256)
def _runs(normalised_text: str) -> tuple[Run, ...]:
    return tuple(runs(normalised_text))


@lru_cache(maxsize=1024)
def _accented(text: str) -> dict[str, str]:
    """Return the words of a text as they are written, by what they are normalised to, where the two differ."""
    if text.isascii():
        return {}
    written = unicodedata.normalize("NFKC", text.lower())
    if written == _normalised(text):
        return {}
    words = sorted({word for word in words_as_written(written) if not word.isascii()})
    pairs = ((normalised(word), word.replace(SOFT_HYPHEN, "")) for word in words)
    return {plain: word for plain, word in pairs if plain != word}
