"""Shortcodes and Liquid."""

from __future__ import annotations

import pytest

from recommender.core.markup import MarkupText, read_markup
from recommender.core.markup.templates import TemplateLanguage


def links(text: str, templates: TemplateLanguage) -> list[tuple[str, str, str]]:
    read = read_markup(text, "markdown", templates)
    return [(link.kind, link.address, read.text[link.start : link.end]) for link in read.links]


def hugo(text: str) -> MarkupText:
    return read_markup(text, "markdown", "hugo")


def jekyll(text: str) -> MarkupText:
    return read_markup(text, "markdown", "jekyll")


@pytest.mark.parametrize(
    "tag",
    [
        '{{< ref "post/x.md#part" >}}',
        '{{<relref "post/x.md#part">}}',
        '{{% relref path="post/x.md#part" lang="de" %}}',
        "{{< ref `post/x.md#part` >}}",
        "{{< ref post/x.md >}}#part",
    ],
)
def test_a_reference_of_hugo_is_the_target_of_a_link(tag: str) -> None:
    expected = [("ref", "post/x.md#part", "two words")]
    assert links(f"a [two *words*]({tag}) b", "hugo") == expected
    assert links(f'a [two words]({tag} "title") b', "hugo") == expected
    assert links(f"a [two words][1] b\n\n[1]: {tag}", "hugo") == expected
    assert links(f'a <a class="x" href="{tag}">two words</a> b', "hugo") == expected
    assert links(f"a {tag} b", "hugo") == [("ref", "post/x.md#part", "")]
    assert hugo(f"a [two words]({tag}) b {tag} c").text == "a two words b c"


def test_shortcodes_vanish_and_the_text_within_them_stays() -> None:
    assert hugo('a {{< img src="x.png" caption="A > B }} C" >}}b').text == "a b"
    assert hugo('{{% note "t" %}}\n**in** {{< b >}}deep{{< /b >}}\n{{% /note %}}\n').text == "in deep"
    assert hugo('> {{< figure\n  src="x"\n  title="y" >}} words').text == "words"
    assert hugo("{{ .Title }} {{< never closed").text == "{{ .Title }} {{< never closed"


def test_indented_text_in_a_shortcode_is_no_code() -> None:
    text = hugo("{{< box >}}\n    Some words\n{{< /box >}}")
    assert (text.text, text.code) == ("Some words", "")


def test_highlight_is_code_where_a_language_is_named_and_prose_where_the_site_marks_words() -> None:
    text = hugo(
        'a\n{{< highlight go "x=y" >}}\nx := **y**\n\nz\n{{< /highlight >}}\nb {{< highlight >}}c{{< /highlight >}}'
    )
    assert (text.text, text.code) == ("a\nb c", "x := **y**\n\nz")


def test_escaped_shortcodes_are_shown_in_code_only() -> None:
    text = hugo("a {{</* x */>}} b\n\n```\n{{%/* y */%}} {{< z >}}1\n```\n")
    assert (text.text, text.code) == ("a b", "{{% y %}} 1")


def test_addresses_in_shortcodes_are_links_without_words_unless_they_name_a_picture() -> None:
    text = '{{< button href="/x" text="Go" >}} {{< link "/y/" >}} {{< img "/z.png" >}} {{< card url=https://w.test >}}'
    assert links(text, "hugo") == [("address", "/x", ""), ("address", "/y/", ""), ("address", "https://w.test", "")]


def test_comments_are_dropped() -> None:
    assert hugo("a {{< comment >}}b{{< /comment >}} c").text == "a c"
    assert jekyll("a {% comment %}b {% if %} [x](/y){%- endcomment -%} c").text == "a c"


@pytest.mark.parametrize(
    ("target", "kind", "address"),
    [
        ("{% post_url 2020-01-01-x %}", "post_url", "2020-01-01-x"),
        ("{{ site.baseurl }}{% post_url /news/2020-01-01-x %}#part", "post_url", "/news/2020-01-01-x#part"),
        ("{% link _posts/x.md %}", "link", "_posts/x.md"),
        ("{{ site.baseurl }}/x/", "address", "/x/"),
        ("{{site.url}}{{site.baseurl}}/x", "address", "/x"),
        ("{{ site.url }}", "address", "/"),
        ('{{ "/x" | relative_url }}#part', "address", "/x#part"),
        ("{{ '/x' | absolute_url }}", "address", "/x"),
        ("{{ 'x' | prepend: site.baseurl }}", "address", "/x"),
        ("{{ '/x' | url }}", "address", "/x"),
        ("{{base}}12", "address", "https://b.test/12"),
    ],
)
def test_liquid_writes_targets_of_links(target: str, kind: str, address: str) -> None:
    assign = '{% assign base = "https://b.test/" %}\n'
    assert links(f"{assign}a [words]({target}) b", "jekyll") == [(kind, address, "words")]
    assert links(f"{assign}a [words] b\n\n[words]: {target}", "jekyll") == [(kind, address, "words")]
    assert links(f'{assign}a <a href="{target}">words</a> b', "jekyll") == [(kind, address, "words")]
    assert jekyll(f"a [words]({target}) b").text == "a words b"


def test_a_target_that_only_the_generator_knows_is_no_link() -> None:
    assert links("[a]({{ page.url }}) [b]({{ x }}/y) [c]({% if x %}{% endif %})", "jekyll") == []
    assert links('[a]({{< param "x" >}}/y)', "hugo") == []


def test_liquid_vanishes_and_the_text_between_block_tags_stays() -> None:
    text = "{% if a %}one{% else %}two{% endif %} {%- for x in y -%}\nthree {{ x }} {% endfor %}"
    assert jekyll(text).text == "one two three"
    assert jekyll("{% capture z %}four{% endcapture %}").text == "four"
    assert jekyll("a {% include x.html y='%' %} b {{ x | y: 'z' }}c").text == "a b c"
    assert jekyll("a {% raw %}{{ b }}{% endraw %} {% never closed").text == "a {{ b }} {% never closed"


def test_a_block_of_code_in_liquid_stands_apart() -> None:
    text = jekyll("a\n{% highlight ruby linenos %}\nputs **1**\n\n    2\n{% endhighlight %}\nb\n\n    {{ x }}c\n")
    assert (text.text, text.code) == ("a\nb", "puts **1**\n\n    2\nc")


def test_definitions_right_after_a_tag_count() -> None:
    assert links("[x][]\n\n{% include references.md %}\n[x]: /y", "jekyll") == [("address", "/y", "x")]


def test_characters_that_mark_tags_mean_nothing_in_a_text() -> None:
    assert hugo("\ue0010\ue002 a\ue000b {{< x >}}").text == "0 ab"
    assert links("[a](\ue0015\ue002) {{< x >}}", "hugo") == [("address", "5", "a")]
    assert links("[a](\ue0015\ue002)", "none") == [("address", "\ue0015\ue002", "a")]
