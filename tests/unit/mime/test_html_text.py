"""Plain text out of HTML."""

import time

import pytest

from easd.mime.html_text import html_to_text, text_to_html


@pytest.mark.parametrize(
    "markup, text",
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One</p><p>&nbsp;</p><p>Two</p>", "One\n\nTwo"),
        ("<p>One&nbsp;&nbsp;Two\xa0</p>", "One  Two"),
        ("<div>One</div><div>Two</div>", "One\nTwo"),
        ("One<br>Two<br/><br />Three", "One\nTwo\n\nThree"),
        ("a\r\n  b\t c", "a b c"),
        ("<b>a</b> <i>b</i>", "a b"),
        ("<b>a</b><i>b</i>", "ab"),
        ("<span> a</span>\n<span>b </span>", "a b"),
        ("a &amp; b &lt;c&gt; &nbsp;&euro;&#8364;&#x20AC; &bogus;", "a & b <c>  €€€ &bogus;"),
        ("<ul><li>one</li><li>two<ul><li>in</li></ul></li></ul>end", "* one\n* two\n  * in\n\nend"),
        ("<ol><li>one<li>two</ol>", "1. one\n2. two"),
        ("<li>alone", "* alone"),
        ("<ul><li></li></ul>x", "x"),
        ("</ul></ol>x", "x"),
        ("<table><tr><th>A</th><th>B</th></tr><tr><td>1<td>2</tr></table>", "A\tB\n1\t2"),
        ("<table><tr><td><div>only</div></td></tr></table>", "only"),
        ('see <a href="https://x.test/?a=1&amp;b=2">this</a>.', "see this <https://x.test/?a=1&b=2>."),
        ('<a href="https://x.test/">https://x.test</a>', "https://x.test"),
        ("<a href='http://x.test'>x.test</a> <a href=mailto:a@b.test>a@b.test</a>", "x.test a@b.test"),
        ('<a href="javascript:x()">no</a><a name=top>y</a></a>', "noy"),
        ('<a href="https://x.test"><img src=x></a>', ""),
        ('<img alt="A &amp; B"><img src="x"><img alt="">', "A & B"),
        ("a<hr>b", "a\n--------------------\nb"),
        ("<h1>Head</h1>text<blockquote>quoted</blockquote>", "Head\n\ntext\n\nquoted"),
        ("<pre>a  b\n  c\r\n\r\nd</pre></pre>e  f", "a  b\n  c\n\nd\n\ne f"),
        ("<title>T</title><style>p{}</style><script>if (a<b) {}</script>x", "x"),
        ("<SCRIPT>a</Script >x", "x"),
        ("<script src=x />y", "y"),
        ("<script>never closed", "never closed"),
        ("<style>one<style>two", "onetwo"),
        ("İ<script>x</script>y", "İy"),
        ("a<!-- <p>hidden --> b", "a b"),
        ("a<!--never closed", "a"),
        ("<!DOCTYPE html><?xml v?></>x", "x"),
        ("<![if !mso]>shown<![endif]>", "shown"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ('<a title="x > y">z</a>', "z"),
        ('<a title="never closed>x</a> y', "x y"),
        ("text <b", "text"),
        ("", ""),
    ],
)
def test_text(markup: str, text: str) -> None:
    assert html_to_text(markup) == text


def test_addresses_of_links_can_be_left_out() -> None:
    assert html_to_text('<a href="https://x.test/long">this</a>', links=False) == "this"


def test_the_work_stops_at_the_limit() -> None:
    assert len(html_to_text("<p>word</p>" * 1000, limit=20)) <= 30


HOSTILE = {
    "nested": "<div>" * 50_000 + "x" + "</div>" * 50_000,
    "quotes": "<a \"> <b '> " * 30_000,
    "open tags": '<a "' * 50_000,
    "scripts": "<script>" * 50_000,
    "comments": "<!--" * 50_000,
    "less than": "<" * 100_000,
    "long names": ("<" + "a" * 100) * 2_000,
    "links": '<a href="http://x">' * 20_000 + "</a>" * 20_000,
    "entities": "&" * 100_000,
    "spaces": " " * 200_000,
}


@pytest.mark.parametrize("markup", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_time_is_linear(markup: str) -> None:
    begun = time.process_time()
    html_to_text(markup)
    assert time.process_time() - begun < 1.0  # measured: 0.1 s and less; quadratic work would take minutes


def test_plain_text_as_html() -> None:
    markup = text_to_html("a <b> & c\r\n  two\n\tend\r")
    assert "a &lt;b&gt; &amp; c<br>\r\n&nbsp; two<br>\r\n" in markup
    assert markup.startswith("<html>")
    assert markup.endswith("</html>")
    assert html_to_text(markup) == "a <b> & c\n  two\n    end"
