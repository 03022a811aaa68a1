"""Tokens of every script: whole, found again in their text, and the same however the text is encoded."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.retrieval.tokens import count_words, normalised, tokens

SCRIPTS = {
    "japanese": "データベースの管理と新しいプログラム",
    "chinese": "数据库管理系统与人工智能",
    "hindi": "हिन्दी में समाचार और क़ानून",
    "arabic": "قواعد البيانات في المدرسة",
    "korean": "데이터베이스를 관리하는 서버에서",
    "russian": "Чёрный йод и ещё подъезд",
    "hebrew": "שָׁלוֹם עולם",
    "thai": "ข่าวด่วนวันนี้ที่น้ำตก",
    "burmese": "မြန်မာသတင်း",
    "khmer": "ព័ត៌មានថ្មី",
    "lao": "ຂ່າວມື້ນີ້",
    "greek": "Ειδήσεις της ημέρας",
    "spanish": "Señal de televisión en vivo",
}
ANY_SCRIPT = st.sampled_from("".join(SCRIPTS.values()) + "0aZ_-. \n\u00ad\u200c\u200d\u0301\u3099ﾃﾞ１")


def indexed(text: str) -> list[str]:
    """Return the tokens of a text as it is written."""
    return tokens(normalised(text))


@given(st.text(ANY_SCRIPT | st.characters(codec="utf-8"), max_size=60))
def test_each_token_occurs_in_the_text_and_starts_with_a_letter(text: str) -> None:
    plain = normalised(text)
    for token in tokens(plain):
        assert token in plain
        assert not any(letter.isspace() for letter in token)


@given(st.text(ANY_SCRIPT, max_size=40))
def test_a_text_has_the_same_tokens_composed_and_decomposed(text: str) -> None:
    assert indexed(unicodedata.normalize("NFD", text)) == indexed(unicodedata.normalize("NFC", text))


@given(st.text(ANY_SCRIPT, max_size=40))
def test_a_normalised_text_has_the_tokens_of_its_source(text: str) -> None:
    assert indexed(normalised(text)) == indexed(text)


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_each_mark_of_a_script_stays_where_it_is_a_letter(text: str) -> None:
    is_latin_or_greek = unicodedata.name(text[0]).startswith(("LATIN", "GREEK"))
    unchanged = unicodedata.normalize("NFC", text.lower())
    assert (normalised(text) == unchanged) is not is_latin_or_greek


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Café Ålborg naïve", ["cafe", "alborg", "naive"]),
        ("Ειδήσεις", ["ειδησεις"]),
        ("ещё йод за́мок", ["ещё", "йод", "замок"]),
        ("हिन्दी समाचार", ["हिन्दी", "समाचार"]),
        ("שָׁלוֹם", ["שָׁלוֹם"]),
        ("می\u200cخواهم", ["میخواهم"]),
        ("exam\u00adple", ["example"]),
        ("ﾃﾞｰﾀ ２０２４", ["データ", "デー", "ータ", "2024"]),
        ("数据库", ["数据", "据库"]),
        ("水 と Go言語", ["水", "go", "言語"]),
        ("서버를 서버에서 고양이", ["서버", "서버", "고양"]),
        ("물은", ["물은"]),
        ("น้ำตก", ["น้ำต", "ตก"]),
    ],
)
def test_tokens_of_a_text(text: str, expected: list[str]) -> None:
    assert indexed(text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Ferry strike ends", 3),
        ("हिन्दी में समाचार", 3),
        ("数据库管理系统", 4),
        ("Go言語 の データベース", 4),
        ("ひらがな", 1),
    ],
)
def test_words_are_counted_also_where_no_spaces_part_them(text: str, count: int) -> None:
    assert count_words(text) == count


@given(st.text(st.characters(codec="ascii")))
def test_words_of_spaced_text_are_what_spaces_part(text: str) -> None:
    assert count_words(text) == len(text.split())
