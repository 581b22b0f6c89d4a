"""HTML that strangers send, made safe to show: no scripts, forms, plug-ins or remote styles; layout and pictures stay.

The parser and the serializer are nh3's (ammonia, html5ever): what a browser would see is what is judged. It takes
quadratic time for deep nesting, so that depth is bounded before.
"""

import re
from collections import Counter
from typing import Final

import nh3

from easd.mime.safe_css import safe_declarations, safe_sheet

MAX_NESTING: Final = 200
"""Elements inside each other; deeper ones lose their tags and keep their text. Table layouts reach about 60."""

_TAGS: Final = frozenset((
    "a", "abbr", "acronym", "address", "area", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "dir", "div", "dl", "dt",
    "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i",
    "img", "ins", "kbd", "li", "main", "map", "mark", "menu", "nav", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s",
    "samp", "section", "small", "span", "strike", "strong", "style", "sub", "summary", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var", "wbr",
))  # fmt: skip
_GONE_WITH_CONTENT: Final = frozenset((
    "applet", "audio", "canvas", "embed", "frameset", "iframe", "math", "noembed", "noframes", "object", "option",
    "script", "select", "svg", "template", "textarea", "title", "video", "xml",
))  # fmt: skip
_ATTRIBUTES: Final = {
    "*": {
        "align", "bgcolor", "border", "class", "color", "dir", "height", "id", "lang", "style", "title", "valign",
        "width", "background", "hidden",
    },
    "a": {"href", "name", "target"},
    "area": {"alt", "coords", "href", "shape", "target"},
    "blockquote": {"type"},
    "body": set(),
    "br": {"clear"},
    "col": {"span"},
    "colgroup": {"span"},
    "font": {"face", "size"},
    "hr": {"noshade", "size"},
    "img": {"alt", "hspace", "ismap", "src", "usemap", "vspace"},
    "li": {"type", "value"},
    "map": {"name"},
    "ol": {"reversed", "start", "type"},
    "style": {"media", "type"},
    "table": {"cellpadding", "cellspacing", "frame", "rules", "summary"},
    "td": {"abbr", "axis", "char", "charoff", "colspan", "headers", "nowrap", "rowspan", "scope"},
    "th": {"abbr", "axis", "char", "charoff", "colspan", "headers", "nowrap", "rowspan", "scope"},
    "time": {"datetime"},
    "ul": {"type"},
}  # fmt: skip
_SCHEMES: Final = frozenset(("http", "https", "mailto", "tel", "sms", "cid", "ftp", "data"))
_PICTURE_DATA = re.compile(r"\s*data:image/(?:png|gif|jpe?g|webp|bmp);base64,[A-Za-z0-9+/=\s]*\Z", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:https?|cid):", re.IGNORECASE)

_BODY_TAG = re.compile(r"<body\b([^<>]{0,4000})>", re.IGNORECASE)
_HTML_TAG = re.compile(r"<html\b([^<>]{0,4000})>", re.IGNORECASE)
_DIRECTION = re.compile(r"""\bdir\s{0,9}=\s{0,9}["']?(rtl|ltr|auto)\b""", re.IGNORECASE)
_STYLE = re.compile(r"<style([^>]*)>(.*?)</style>", re.DOTALL)
_MEDIA = re.compile(r' media="([A-Za-z0-9 ,:()\-.]{1,200})"')
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:--!?>|\Z))", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")

# What big documents are reduced to first: tags that cannot be read in two ways.
_MAX_TAGS: Final = 5000
_MAX_FREE: Final = 256 * 1024
_MOST_TAGS: Final = 50_000
_MOST_REFERENCES: Final = 5000
_RAW_ELEMENT = re.compile(
    r"<(script|style|title|textarea|xmp|iframe|noembed|noframes|noscript|svg|math|template|select)\b"
)
_PLAIN_TAG = re.compile(r"<(?P<tag>/?(?P<name>[a-zA-Z][a-zA-Z0-9:_-]*+))(?P<attributes>[^<>]*+)>|<")
_PLAIN_ATTRIBUTES = re.compile(
    r"""(?:\s+[a-zA-Z][a-zA-Z0-9:_-]*+(?:\s*=\s*(?:"[^"]*+"|'[^']*+'|[^\s"'=`]++))?){0,64}\s*/?\Z"""
)
_RAW_TAGS: Final = frozenset((
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript", "svg", "math",
    "template", "select", "plaintext",
))  # fmt: skip

_HEAD: Final = '<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">'

# Elements that are closed by the next of their kind or have no content: they cannot nest by themselves.
_FLAT: Final = frozenset((
    "area", "base", "basefont", "bgsound", "body", "br", "col", "dd", "dt", "embed", "frame", "head", "hr", "html",
    "img", "input", "keygen", "li", "link", "meta", "option", "optgroup", "p", "param", "source", "tbody", "td",
    "tfoot", "th", "thead", "tr", "track", "wbr",
))  # fmt: skip


def safe_html(markup: str) -> str:
    """A whole document, with the text of `markup` and as much of its looks as is safe. It says that it is UTF-8.

    Every `cid:` address stays, so that pictures of the message are shown; pictures elsewhere stay too: whether they are
    loaded is the client's decision. Style sheets move into the head.
    """
    markup = _flattened(markup)
    cleaned = _CLEANER.clean(markup)
    sheets: list[str] = []

    def keep(style: re.Match[str]) -> str:
        if sheet := safe_sheet(style[2]):
            media = _MEDIA.search(style[1])
            sheets.append(f"<style{media[0] if media else ''}>{sheet}</style>")
        return ""

    if "<style" in cleaned:
        cleaned = _STYLE.sub(keep, cleaned)
    return f"{_HEAD}{''.join(sheets)}</head><body{_page(markup)}>{cleaned.strip()}</body></html>"


def _page(markup: str) -> str:
    """The attributes of the body: colours, margins, the direction of the text."""
    body, html = _BODY_TAG.search(markup), _HTML_TAG.search(markup)
    attributes = body[1].rstrip("/ ") if body else ""
    direction = _DIRECTION.search(html[1]) if html else None
    if direction and not _DIRECTION.search(attributes):
        attributes += f' dir="{direction[1]}"'
    if not attributes.strip():
        return ""
    shown = _CLEANER.clean(f"<div {attributes}></div>")
    return shown[4:-7] if shown.startswith("<div") and shown.endswith("></div>") else ""


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return safe_declarations(value) or None
    if name == "background":
        return value if _REMOTE.match(value) else None
    if name in ("src", "href") and value.lstrip("\x00 \t\r\n\f")[:5].lower() == "data:":
        return value if tag == "img" and _PICTURE_DATA.match(value) else None
    return value


_CLEANER: Final = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_GONE_WITH_CONTENT),
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=set(_SCHEMES),
    link_rel=None,
)


def _flattened(markup: str) -> str:
    """The markup with bounds on what costs the parser more than linear time: nesting, and attributes of one tag.

    Depth is counted over names: an end tag counts only for an element that is open. In a big document tags may not hide
    in comments, attributes or scripts, where the parser would not see them.
    """
    tags = markup.count("<")
    if tags <= MAX_NESTING and len(markup) <= _MAX_FREE:
        return markup
    markup = _COMMENT.sub("", markup)
    if tags > _MAX_TAGS or len(markup) > _MAX_FREE:
        markup = _plain(markup)
    opened: Counter[str] = Counter()
    depth = 0

    def keep(tag: re.Match[str]) -> str:
        nonlocal depth
        name = tag[2].lower()
        if name in _FLAT:
            return tag[0]
        if not tag[1]:
            if depth >= MAX_NESTING:
                return "<meta"  # has no content, and is not kept
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        return tag[0]

    return _TAG.sub(keep, markup)


def _plain(markup: str) -> str:
    """Every "<" begins a tag with at most 64 sound attributes, or is text; a text has no more than 5000 references."""
    kept = 0

    def plain_tag(tag: re.Match[str]) -> str:
        nonlocal kept
        name = tag["name"]
        if name is None:
            return "&lt;"
        kept += 1
        if name.lower() in _RAW_TAGS or kept > _MOST_TAGS:
            return " "
        sound = _PLAIN_ATTRIBUTES.match(tag["attributes"]) is not None
        return tag[0] if sound else f"<{tag['tag']}>"

    markup = _PLAIN_TAG.sub(plain_tag, _without_raw_elements(markup))
    return "<".join(_parted(piece) for piece in markup.split("<")) if markup.count("&") > _MOST_REFERENCES else markup


def _parted(piece: str) -> str:
    """Text in which a place to break stands before every 5000th reference; a tag, which comes first, has none."""
    if piece.count("&") <= _MOST_REFERENCES:
        return piece
    texts = piece.split("&")
    runs = ("&".join(texts[at : at + _MOST_REFERENCES]) for at in range(0, len(texts), _MOST_REFERENCES))
    return "<wbr>&".join(runs)


def _without_raw_elements(markup: str) -> str:
    pieces, at = [], 0
    lower = markup.lower()
    if len(lower) != len(markup):  # a few letters change length: then offsets would not agree
        lower = markup
    missing: set[str] = set()
    for found in _RAW_ELEMENT.finditer(lower):
        if found.start() < at or found[1] in missing:
            continue
        end = lower.find(f"</{found[1]}", found.end())
        if end < 0:
            missing.add(found[1])
            continue
        pieces.append(markup[at : found.start()])
        at = end
    return "".join((*pieces, markup[at:]))
