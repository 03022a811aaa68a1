"""The tokens of a text in any script: what is compared, counted, and looked up in the index.

Where words stand apart, a token is a word; a Korean one without the particle that is written onto it. Where they do not
(Chinese, Japanese, Thai, Lao, Khmer, Burmese), tokens are overlapping pairs of letters, as in search engines; a run of
katakana or hiragana is a token, too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

_HAN = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
_HIRAGANA = "\u3041-\u309f"
_KATAKANA = "\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff"
_SOUTH_EAST_ASIAN = "\u0e00-\u0e4f\u0e80-\u0ecf\u0edc-\u0edf\u1000-\u103f\u1050-\u108f\u1780-\u17d3\uaa60-\uaa7f"
_UNSPACED = f"{_HAN}{_HIRAGANA}{_KATAKANA}{_SOUTH_EAST_ASIAN}"

_PLAIN_WORD = re.compile(r"\w\w+")
_OTHER_SCRIPT = re.compile("[^\x00-\u02ff\u1e00-\u1eff\u2000-\u2bff]")  # neither Latin nor punctuation
_HAS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_HAN_LETTER = re.compile(f"[{_HAN}]")
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_HANGUL = re.compile("[\uac00-\ud7a3]")
# What is written onto a Korean noun, particles and forms of "to do" and "to be"; two syllables or more must be left.
_PARTICLE = re.compile(
    "(?<=..)(?:은|는|이|가|을|를|의|에|에서|에서는|에서도|에서의|에게|에게서|한테|께|께서|에는|에도|에의|으로|으로는|으로도|으로의|"
    "으로서|으로써|로|로는|로도|로의|로서|로써|와|와의|과|과의|도|만|까지|부터|처럼|보다|마다|만큼|대로|조차|마저|밖에|나|이나|며|이며|"
    "고|이고|라고|이라고|라는|이라는|란|이란|라|이라|들|들이|들은|들을|들의|들에|들에게|들과|들도|하고|하다|한다|합니다|했다|했습니다|"
    "하는|하여|해서|하기|하며|하면|하지|하거나|할|한|함|된|된다|됩니다|되는|되어|되었다|됐다|되며|될|됨|인|입니다|이다|였다|이었다)$"
)
_ACCENTS = re.compile("[\u0300-\u036f]+")
_ACUTE = "\u0301"
_STRESSED = frozenset("аеиоуыэюяіє")
# Soft hyphens and joiners change how a word looks, not which word it is.
SOFT_HYPHEN = "\u00ad"
_INVISIBLE = f"{SOFT_HYPHEN}\u200c\u200d\u2060\ufeff"
_SARA_AM = {"\u0e4d\u0e32": "\u0e33", "\u0ecd\u0eb2": "\u0eb3"}  # NFKC takes these letters of Thai and Lao apart


def normalised(text: str) -> str:
    """Return a text as its tokens are written: lower case, NFKC, without accents where these are no letters.

    >>> normalised("Café Ålborg, ﾃﾞｰﾀﾍﾞｰｽ, Чёрный")
    'cafe alborg, データベース, чёрный'
    """
    lower = text.lower()
    if lower.isascii():
        return lower
    for letter in _INVISIBLE:
        lower = lower.replace(letter, "")
    if unicodedata.is_normalized("NFKD", lower) and not _ACCENTS.search(lower):
        return unicodedata.normalize("NFC", lower)
    plain = unicodedata.normalize("NFC", _ACCENTS.sub(_kept_accents, unicodedata.normalize("NFKD", lower)))
    for parts, letter in _SARA_AM.items():
        plain = plain.replace(parts, letter)
    return plain


def _kept_accents(accents: re.Match[str]) -> str:
    """Return the accents that are parts of a letter; in Cyrillic all are, but for a sign of stress."""
    letter = accents.string[accents.start() - 1 : accents.start()]
    if "a" <= letter < "\u0300" or "\u03b1" <= letter <= "\u03c9":
        return ""
    return accents[0].replace(_ACUTE, "") if letter in _STRESSED else accents[0]


def tokens(normalised_text: str) -> list[str]:
    """Return the tokens of a text that is `normalised`, in order; each occurs in the text, and has two letters or more.

    A single Chinese character that stands alone is the one token of one letter.

    >>> tokens("データの管理者 in 서버에서")
    ['データ', 'デー', 'ータ', '管理', '理者', 'in', '서버']
    """
    if normalised_text.isascii() or not _OTHER_SCRIPT.search(normalised_text):
        return _PLAIN_WORD.findall(normalised_text)
    if not _HAS_UNSPACED.search(normalised_text):
        words = _marked_word().findall(normalised_text)
        if _HANGUL.search(normalised_text):
            words = [stem(word) for word in words]
        return [word for word in words if len(word) > 1]
    return [token for run in runs(normalised_text) for token in run.tokens]


class Run(NamedTuple):
    """Letters of one script that stand together: a word, or a part of a text without spaces.

    `letters` are what pairs are made of: characters, or syllables of South-East Asia; empty for a word.
    """

    text: str
    letters: Sequence[str] = ()
    is_word: bool = True

    @property
    def pairs(self) -> list[str]:
        """The overlapping pairs of letters."""
        return [first + second for first, second in pairwise(self.letters)]

    @property
    def tokens(self) -> list[str]:
        """What of the run is compared and counted."""
        if not self.is_word:
            return self.pairs or [self.text]
        return [self.text, *self.pairs] if len(self.text) > 1 else []


def runs(normalised_text: str) -> Iterator[Run]:
    """Yield the runs of a text that is `normalised`, in order."""
    for katakana, han, hiragana, other_unspaced, word in _mixed_run().findall(normalised_text):
        if word or hiragana:
            yield Run(stem(word) or hiragana)
        elif katakana:
            yield Run(katakana, katakana if len(katakana) > 2 else "")
        elif han:
            yield Run(han, han, is_word=False)
        else:
            yield Run(other_unspaced, _syllable().findall(other_unspaced), is_word=False)


def stem(word: str) -> str:
    """Return a Korean word without its particle, any other word as it is."""
    return _PARTICLE.sub("", word) if _HANGUL.search(word) else word


def is_unspaced(token: str) -> bool:
    """Say whether a token is of a text in which no spaces part the words."""
    return _HAS_UNSPACED.match(token) is not None


def is_han(text: str) -> bool:
    """Say whether a text starts with a Chinese character."""
    return _HAN_LETTER.match(text) is not None


def is_hangul(token: str) -> bool:
    """Say whether a token has Korean letters."""
    return _HANGUL.search(token) is not None


def is_word_letter(letter: str) -> bool:
    """Say whether a character, or none, belongs to the word beside it, as letters, digits and marks do."""
    return _marked_letter().match(letter) is not None and not is_unspaced(letter)


def words_as_written(text: str) -> list[str]:
    """Return the words of a text, with the joiners in them."""
    return _joined_word().findall(text)


def count_words(text: str) -> int:
    """Return how many words a text has; two characters of a text without spaces, or a run of katakana, are one.

    >>> count_words("Ferry strike ends"), count_words("データの管理者")
    (3, 4)
    """
    count = len(text.split())
    if text.isascii() or not _HAS_UNSPACED.search(text):
        return count
    spaced = len(_UNSPACED_RUN.sub(" ", text).split())
    unspaced = (run for part in _UNSPACED_RUN.findall(text) for run in runs(part))
    return spaced + sum(1 if run.is_word else (len(run.letters) + 1) // 2 for run in unspaced)


@cache
def _marks() -> str:
    """Return the marks that are parts of words, for a character class."""
    codes = (code for first, end in ((0x300, 0xAC00), (0x11000, 0x12000)) for code in range(first, end))
    return "".join(chr(code) for code in codes if unicodedata.category(chr(code)) in ("Mn", "Mc"))


@cache
def _marked_word() -> re.Pattern[str]:
    return re.compile(f"\\w[\\w{_marks()}]*")


@cache
def _marked_letter() -> re.Pattern[str]:
    return re.compile(f"[\\w{_marks()}]")


@cache
def _joined_word() -> re.Pattern[str]:
    return re.compile(f"\\w[\\w{_marks()}{_INVISIBLE}]*")


@cache
def _mixed_run() -> re.Pattern[str]:
    spaced_letter = f"[^\\W{_UNSPACED}]"
    return re.compile(
        f"([{_KATAKANA}]+)|([{_HAN}]+)|([{_HIRAGANA}][{_HIRAGANA}ー]*)|([{_SOUTH_EAST_ASIAN}]+)"
        f"|({spaced_letter}(?:{spaced_letter}|[{_marks()}])*)"
    )


@cache
def _syllable() -> re.Pattern[str]:
    """Return a letter with its marks and vowels, and the consonants that a mark puts below it."""
    return re.compile(f"[เแโใไເແໂໃໄ]?.(?:[{_marks()}ะาำະາຳ]|(?<=[\u17d2\u1039]).)*")
