"""How fast the WBXML codec is: microseconds a document, beside libwbxml's C code and PyPI's pyactivesync.

    python -m tests.bench.wbxml_codec [--json] [--repeats N]

Decoding makes a tree of elements of the bytes; encoding makes bytes of a tree that is there already. libwbxml is called
through ctypes and never leaves C: its tree stays out of Python's reach, which flatters it. Each figure is the best of
some repeats of at least 20 ms; a peer counts only where it gives the right bytes back.
"""

import argparse
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from timeit import Timer
from typing import Any

from rich.console import Console
from rich.table import Table

from easd.wbxml import Element, Limits, decode, encode, tag
from tests.support.libwbxml import LibwbxmlError, libwbxml

_LIMITS = Limits(max_elements=100_000)
_REPEATS = 7
_SECONDS_A_REPEAT = 0.02
_CONTACT_FIELDS = (
    "FirstName",
    "LastName",
    "FileAs",
    "CompanyName",
    "JobTitle",
    "Department",
    "Email1Address",
    "Email2Address",
    "MobilePhoneNumber",
    "BusinessPhoneNumber",
    "HomePhoneNumber",
    "BusinessAddressStreet",
    "BusinessAddressCity",
    "BusinessAddressPostalCode",
    "BusinessAddressCountry",
    "HomeAddressStreet",
    "HomeAddressCity",
    "HomeAddressPostalCode",
    "HomeAddressCountry",
    "WebPage",
    "Birthday",
)


@dataclass(frozen=True, slots=True)
class Peer:
    """What another codec needs for the same work: microseconds, and how many times ours that is; or why nothing."""

    us: float | None
    ratio: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """One document and one direction. Sizes in bytes and elements, times in microseconds a document."""

    document: str
    operation: str
    size: int
    elements: int
    easd_us: float
    libwbxml: Peer
    pyactivesync: Peer


@dataclass(frozen=True, slots=True)
class _Work:
    root: Element
    document: bytes
    repeats: int


def ping() -> Element:
    """A Ping request for four folders."""
    watched = Element(tag("Ping:Folders"), [_of("Ping:Folder", Id=str(i), Class="Email") for i in range(4)])
    return Element(tag("Ping:Ping"), [_leaf("Ping:HeartbeatInterval", "470"), watched])


def folders(count: int = 50) -> Element:
    """A FolderSync response with this many folders."""
    added = [
        _of("FolderHierarchy:Add", ServerId=str(i), ParentId=str(i // 5), DisplayName=f"Entwürfe {i}", Type="12")
        for i in range(count)
    ]
    changes = Element(tag("FolderHierarchy:Changes"), [_leaf("FolderHierarchy:Count", str(count)), *added])
    status, key = _leaf("FolderHierarchy:Status", "1"), _leaf("FolderHierarchy:SyncKey", "1")
    return Element(tag("FolderHierarchy:FolderSync"), [status, key, changes])


def contacts(count: int = 500) -> Element:
    """A Sync response with this many contacts of 21 properties and a body each."""
    return _sync(
        [_leaf(f"Contacts:{field}", f"{field} of person {number}") for field in _CONTACT_FIELDS]
        + [_of("AirSyncBase:Body", Type="1", EstimatedDataSize="24", Data="Met at the fair, booth 7")]
        for number in range(count)
    )


def mails(count: int = 100) -> Element:
    """A Sync response with this many messages, their HTML bodies 4 to 32 KB, every fourth half Cyrillic."""
    return _sync(_mail(number) for number in range(count))


def _mail(number: int) -> list[Element]:
    line = "<p>Здравствуйте, see below.</p>\r\n" if number % 4 == 0 else "<p>Good morning, please see below.</p>\r\n"
    body = line * ((4096 + number * 7919 % 28_672) // len(line))
    fields = {"To": "a@example.org", "From": "b@example.org", "Subject": f"Report {number}", "Read": "0"}
    headers = [_leaf(f"Email:{name}", text) for name, text in fields.items()]
    return [*headers, _of("AirSyncBase:Body", Type="2", EstimatedDataSize=str(len(body.encode())), Data=body)]


def _sync(items: Iterable[list[Element]]) -> Element:
    data = tag("AirSync:ApplicationData")
    commands = [
        Element(tag("AirSync:Add"), [_leaf("AirSync:ServerId", f"5:{number}"), Element(data, item)])
        for number, item in enumerate(items)
    ]
    collection = [_leaf("AirSync:SyncKey", "17"), _leaf("AirSync:CollectionId", "5"), _leaf("AirSync:Status", "1")]
    collection.append(Element(tag("AirSync:Commands"), commands))
    inner = Element(tag("AirSync:Collections"), [Element(tag("AirSync:Collection"), collection)])
    return Element(tag("AirSync:Sync"), [inner])


def _leaf(name: str, text: str) -> Element:
    return Element(tag(name), text)


def _of(name: str, **texts: str) -> Element:
    """An element with one text child a keyword, all of the same namespace."""
    namespace = name.partition(":")[0]
    return Element(tag(name), [_leaf(f"{namespace}:{child}", text) for child, text in texts.items()])


def documents() -> dict[str, Element]:
    """The measured documents by name."""
    return {"ping": ping(), "folders50": folders(), "contacts500": contacts(), "mails100": mails()}


def run(chosen: dict[str, Element] | None = None, repeats: int = _REPEATS) -> list[Row]:
    """Measures each document in both directions."""
    return [row for name, root in (chosen or documents()).items() for row in _rows(name, root, repeats)]


def _rows(name: str, root: Element, repeats: int) -> list[Row]:
    document, elements = encode(root), _count(root)
    work = _Work(root, document, repeats)
    rows = []
    for operation, (easd, *peers) in _MEASURES.items():
        us = easd(work)
        libwbxml_peer, pyactivesync_peer = (_peer(peer, work, us) for peer in peers)
        rows.append(Row(name, operation, len(document), elements, round(us, 2), libwbxml_peer, pyactivesync_peer))
    return rows


def _count(element: Element) -> int:
    return 1 + sum(map(_count, element.children))


def _best(work: Callable[[], object], repeats: int) -> float:
    """Microseconds of one call, the best of the repeats."""
    timer = Timer(work)
    number = 1
    while (seconds := timer.timeit(number)) < _SECONDS_A_REPEAT:
        number *= 2
    return min(seconds, *timer.repeat(repeats, number)) / number * 1e6


def _peer(measure: Callable[[_Work], float], work: _Work, easd: float) -> Peer:
    try:
        us = measure(work)
    except (ImportError, OSError, LibwbxmlError, KeyError, ValueError) as error:
        missing = f"has no token for {error}" if isinstance(error, KeyError) else str(error)
        return Peer(None, None, missing)
    return Peer(round(us, 2), round(us / easd, 2), None)


def _easd_decode(work: _Work) -> float:
    return _best(lambda: decode(work.document, _LIMITS), work.repeats)


def _easd_encode(work: _Work) -> float:
    return _best(lambda: encode(work.root), work.repeats)


def _libwbxml_decode(work: _Work) -> float:
    library = libwbxml()
    _same(library.rewritten(work.document), work.document)
    return _best(lambda: library.tree(work.document).close(), work.repeats)


def _libwbxml_encode(work: _Work) -> float:
    tree = libwbxml().tree(work.document)
    try:
        _same(tree.wbxml(), work.document)
        return _best(tree.wbxml, work.repeats)
    finally:
        tree.close()


def _pyactivesync_decode(work: _Work) -> float:
    from pyactivesync._wbxml import WBXMLReader

    read = WBXMLReader(work.document).parse()
    paths = [path.replace(".", ":") for path, _, _ in _walk(read) if not path.startswith("#")]
    for name, path in zip(_names(work.root), paths, strict=True):
        if name != path:
            raise ValueError(f"reads {name} as {path}")
    return _best(lambda: WBXMLReader(work.document).parse(), work.repeats)


def _pyactivesync_encode(work: _Work) -> float:
    from pyactivesync._wbxml import WBXMLWriter, wtag

    build = _builder(work.root, wtag)

    def write() -> bytes:
        writer = WBXMLWriter()
        build(writer)
        rendered: bytes = writer.render()
        return rendered

    _same(write(), work.document)
    return _best(write, work.repeats)


def _builder(element: Element, wtag: Callable[..., Any]) -> Any:
    """The element in the form pyactivesync encodes, made with its function `wtag`."""
    namespace, _, name = element.name.partition(":")
    text = element.content if isinstance(element.content, str) else None
    return wtag(namespace, name, [_builder(child, wtag) for child in element.children] or None, text=text)


def _walk(nodes: list[Any]) -> Iterable[Any]:
    for node in nodes:
        yield node
        yield from _walk(node[2])


def _names(element: Element) -> list[str]:
    return [element.name, *(name for child in element.children for name in _names(child))]


def _same(given: bytes, expected: bytes) -> None:
    if given != expected:
        raise ValueError("writes other bytes")


_MEASURES = {
    "decode": (_easd_decode, _libwbxml_decode, _pyactivesync_decode),
    "encode": (_easd_encode, _libwbxml_encode, _pyactivesync_encode),
}


def _shown(peer: Peer) -> str:
    return f"n/a: {peer.reason}" if peer.us is None else f"{peer.us:,.1f} µs ({peer.ratio:.2f}x)"


def _table(rows: list[Row]) -> Table:
    table = Table(title="WBXML codec, best time a document (in brackets: how many times ours)")
    for heading in ("document", "", "bytes", "elements", "easd", "libwbxml (C tree)", "pyactivesync"):
        table.add_column(heading, justify="left" if heading in ("document", "") else "right")
    for row in rows:
        sizes = f"{row.size:,}", f"{row.elements:,}", f"{row.easd_us:,.1f} µs"
        table.add_row(row.document, row.operation, *sizes, _shown(row.libwbxml), _shown(row.pyactivesync))
    return table


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints the table, or the rows as JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the rows as JSON")
    parser.add_argument("--repeats", type=int, default=_REPEATS, help="how often each figure is taken")
    options = parser.parse_args(arguments)
    rows = run(repeats=options.repeats)
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=1))
    else:
        Console().print(_table(rows))


if __name__ == "__main__":
    main()
