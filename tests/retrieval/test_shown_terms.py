"""Terms that are shown: words that readers of each script know, and nothing that only machines read."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.shared_words import shared_words

from recommender import Article
from recommender.retrieval.shown_terms import is_readable
from recommender.retrieval.text import TextModel


def shown(source: str, target: str, *others: str) -> list[str]:
    """Return all words that two bodies are shown to share, on a site of these and other articles."""
    articles = [Article(str(row), "", "", body) for row, body in enumerate((source, target, *others))]
    return shared_words(TextModel.fit(articles), *articles[:2], "full", most=50)


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("新しいデータベースの管理について", "データベースを管理する人が増えた", ["データベース", "管理"]),
        ("市政府发布数据库安全报告", "新的数据库安全标准", ["数据库安全"]),
        ("मुंबई में हिन्दी समाचार", "हिन्दी समाचार की भाषा", ["समाचार", "हिन्दी"]),
        ("قواعد البيانات في المدرسة", "تعليم قواعد البيانات", ["البيانات", "قواعد"]),
        ("데이터베이스를 옮긴 서버에서", "새 데이터베이스가 서버로 간다", ["데이터베이스", "서버"]),
        ("Ещё один йодный завод", "Йодный завод ещё строят", ["ещё", "завод", "йодный"]),
        ("วันนี้ข่าวด่วนจากเชียงใหม่", "ข่าวด่วน", ["ข่าวด่วน"]),
        ("Café Größe, señal", "CAFÉ señal größe", ["café", "größe", "señal"]),
        ("او می\u200cخواهم گفت", "می\u200cخواهم", ["می\u200cخواهم"]),
    ],
    ids=["japanese", "chinese", "hindi", "arabic", "korean", "russian", "thai", "latin", "persian"],
)
def test_words_are_shown_as_their_readers_write_them(source: str, target: str, words: list[str]) -> None:
    assert sorted(shown(source, target)) == sorted(words)
    assert sorted(shown(target, source)) == sorted(words)


def test_a_lone_pair_of_kana_and_a_part_of_a_katakana_word_are_not_shown() -> None:
    assert shown("これはバグです", "バグはこれです") == []
    assert shown("アプリケーション", "バリエーション") == []
    assert shown("データベース移行", "データの移行") == ["データ", "移行"]


def test_a_chain_of_pairs_is_shown_only_as_long_as_both_texts_have_it() -> None:
    assert shown("数据库安全", "安全数据库") == ["安全", "数据库"]


def test_a_word_with_its_particle_is_shown_where_both_texts_write_it_so() -> None:
    assert shown("고양이 사진", "고양이 그림") == ["고양이"]
    assert shown("고양이를 보다", "고양이가 온다") == ["고양이"]


@pytest.mark.parametrize(
    "machine_made",
    [
        "https://zebra.example/quay?amber=1",
        "www.zebra.example",
        "zebra@quay.example",
        "zebra.html",
        "images/zebra/quay.png",
        "/zebra/quay",
        '<a class="zebra quay" href="amber">',
        "{{< zebra quay >}}",
        "{% include zebra quay %}",
        "&zebra;",
        "[](zebra)",
        "{: .zebra}",
        "zebra42quay7amber3",
        "2024 12 11",
        "453577131 guoj3nh7xssjl1xbxpfvqw68bnbw",
        "550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_what_only_machines_read_is_not_shown(machine_made: str) -> None:
    assert shown(f"Ferry {machine_made} late", f"A ferry {machine_made} again") == ["ferry"]


def test_a_word_is_shown_if_each_text_has_it_in_prose_as_well() -> None:
    address = "https://zebra.example"
    assert shown(f"{address} zebra", f"Zebra, {address}") == ["zebra"]
    assert shown(f"{address} zebra", address) == []


@given(st.binary(max_size=20), st.sampled_from(["md5", "sha1", "sha256"]), st.sampled_from([7, 12, 32]))
def test_no_hash_is_readable(content: bytes, name: str, length: int) -> None:
    digest = hashlib.new(name, content, usedforsecurity=False).hexdigest()[:length]
    assert not is_readable(digest) or digest.isalpha()  # seven letters can be a word, such as "defaced"


@given(st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789"), min_size=16, max_size=40))
def test_no_long_mix_of_letters_and_digits_is_readable(token: str) -> None:
    assert not is_readable(token) or token.isalpha()


@pytest.mark.parametrize("name", ["covid19", "p2wsh", "x86_64", "utf8", "xmlhttprequest", "rechtsschutzversicherung"])
def test_names_with_digits_and_long_words_are_readable(name: str) -> None:
    assert is_readable(name)
