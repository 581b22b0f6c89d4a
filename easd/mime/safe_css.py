"""Style sheets without what reaches out, runs or covers: for HTML that strangers send.

What stays is layout and looks. What goes: rules that load something (`@import`, `@font-face`), addresses that are
not of pictures inside the message (`cid:`), and values that old or present browsers run or that lay a page over its
viewer.
"""

import re
from typing import Final

MAX_CSS: Final = 256 * 1024

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_LOADING_RULE = re.compile(r"@(?:import|charset|namespace)\b[^;{}]*(?:;|(?=[{}])|\Z)", re.IGNORECASE)
_FONT_RULE = re.compile(r"@(?:font-face|font-feature-values|property)\b[^{}]*(?:\{[^{}]*(?:\}|\Z)|\Z)", re.IGNORECASE)
_URL = re.compile(r"""\burl\(\s*(?:"([^"\n]*)"|'([^'\n]*)'|([^)"'\s]*))\s*(?:\)|\Z)""", re.IGNORECASE)
_RUNNING = re.compile(
    r"(?:^|(?<=[;{\s]))[*_]?(?:behaviou?r|-moz-binding|position)\s*:\s*"
    r"(?:(?<=position:)|(?<=position: ))?(?P<value>[^;{}]*)(?:;|(?=[{}])|\Z)",
    re.IGNORECASE,
)
_HARMLESS_POSITION = re.compile(r"^(?:static|relative|absolute)\b", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|([^\n]))")
_FORBIDDEN = re.compile(
    r"expression\s*\(|(?:java|vb|live)script\s*:|@import|@font-face|-moz-binding|behaviou?r\s*:|"
    r"(?:image-set|cross-fade|element|src|image)\s*\(|position\s*:\s*(?:fixed|sticky|-webkit-sticky)|"
    r"url\s*\((?!\s*[\"']?\s*cid:)",
    re.IGNORECASE,
)


def safe_sheet(css: str) -> str:
    """The content of a `style` element that may stay; "" where it hides something from the reader's own eyes."""
    css = _COMMENT.sub(" ", css[:MAX_CSS]).replace("<!--", " ").replace("-->", " ").replace("<", " ")
    css = _LOADING_RULE.sub("", css)
    css = _FONT_RULE.sub("", css)
    css = _RUNNING.sub(_only_in_place, _URL.sub(_only_inside, css))
    return "" if _reaches_out(css) else css.strip()


def safe_declarations(css: str) -> str:
    """The same for the value of a `style` attribute: each declaration that cannot stay goes alone."""
    if _FORBIDDEN.search(css) is None and "\\" not in css and "/*" not in css:
        return css  # nearly all of them
    css = _URL.sub(_only_inside, _COMMENT.sub(" ", css[:MAX_CSS]))
    return ";".join(declaration for declaration in css.split(";") if not _reaches_out(declaration))


def _only_inside(url: re.Match[str]) -> str:
    address = (url[1] or url[2] or url[3] or "").strip()
    return url[0] if address.lower().startswith("cid:") else "none"


def _only_in_place(declaration: re.Match[str]) -> str:
    """What moves an element inside its own box may stay."""
    in_place = "position" in declaration[0].lower() and _HARMLESS_POSITION.match(declaration["value"])
    return declaration[0] if in_place else ""


def _reaches_out(css: str) -> bool:
    """Also where letters are written as escapes."""
    plain = _ESCAPE.sub(_letter, css) if "\\" in css else css
    return _FORBIDDEN.search(plain) is not None


def _letter(escape: re.Match[str]) -> str:
    if escape[1] is None:
        return escape[2]
    number = int(escape[1], 16)
    return chr(number) if number < 0x110000 else ""
