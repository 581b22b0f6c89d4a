"""A whole HTML document as one element that can stand in the page of somebody else."""

import re
from typing import Final

_DOCUMENT = re.compile(
    rb"""<html><head>(?P<head>.*?)</head><body(?P<attributes>(?:[^">]|"[^"]*")*)>(?P<content>.*)</body></html>\s*\Z""",
    re.DOTALL,
)
_STYLE = re.compile(rb"<style[^>]*>.*?</style>", re.DOTALL)
_FRAGMENT_HEAD = re.compile(rb"""<div(?:[^">]|"[^"]*")*>(?:<style[^>]*>.*?</style>)*""", re.DOTALL)
_MAX_HEAD: Final = 2**20


def fragment_of(document: bytes) -> bytes:
    """The body as a division that has its attributes, its style sheets first. What is no document of ours stays."""
    found = _DOCUMENT.match(document)
    if found is None:
        return document
    sheets = b"".join(_STYLE.findall(found["head"]))
    return b"".join((b"<div", found["attributes"], b">", sheets, found["content"], b"</div>"))


def head_of(markup: bytes) -> int:
    """Where that ends which stands before the text of a document or of a fragment: its style sheets are before."""
    head = markup.find(b"</head>", 0, _MAX_HEAD)
    if head >= 0:
        return head
    opening = _FRAGMENT_HEAD.match(markup, 0, _MAX_HEAD)
    return opening.end() if opening is not None else 0
