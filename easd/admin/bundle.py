"""Exchanges of a device as a file that a test can replay: its WBXML documents, and two tables of what they are.

`http.tsv` has a line an exchange, in their order; `index.tsv` a line a document. There is nobody's content in them, and
neither the device's id nor the user's name.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from easd.model.exchange import Exchange

_HTTP = (
    "capture",
    "n",
    "time",
    "command",
    "http_request_line",
    "user_agent",
    "as_version",
    "policy_key_sent",
    "request_body",
    "http_status",
    "response_headers",
    "response_body",
    "seconds",
)
_INDEX = ("file", "direction", "command", "protocol_version", "form")
_EMPTY = "empty"


def write_bundle(path: Path, exchanges: Sequence[Exchange], device_type: str) -> None:
    """Write the file. OSError if it cannot be."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, body in _documents(exchanges):
            bundle.writestr(name, body)
        bundle.writestr("http.tsv", _table(_HTTP, (_line(n, one, device_type) for n, one in _numbered(exchanges))))
        bundle.writestr("index.tsv", _table(_INDEX, _index(exchanges)))


def _numbered(exchanges: Sequence[Exchange]) -> Iterator[tuple[int, Exchange]]:
    return ((number, exchange) for number, exchange in enumerate(exchanges, 1))


def _name(number: int, exchange: Exchange, kind: str) -> str:
    return f"{number:03}-{exchange.command}-{kind}.wbxml"


def _documents(exchanges: Sequence[Exchange]) -> Iterator[tuple[str, bytes]]:
    for number, exchange in _numbered(exchanges):
        if exchange.request:
            yield _name(number, exchange, "req"), exchange.request
        if exchange.response:
            yield _name(number, exchange, "resp"), exchange.response


def _index(exchanges: Sequence[Exchange]) -> Iterator[tuple[object, ...]]:
    for number, exchange in _numbered(exchanges):
        for kind, direction, body in (("req", "request", exchange.request), ("resp", "response", exchange.response)):
            if body:
                yield _name(number, exchange, kind), direction, exchange.command, exchange.version, "wbxml"


def _line(number: int, exchange: Exchange, device_type: str) -> tuple[object, ...]:
    """Bodies that are not here, though there were any, are called so."""
    bodies = [
        _name(number, exchange, kind) if body else f"{size} bytes, not kept" if size else _EMPTY
        for kind, body, size in (
            ("req", exchange.request, exchange.request_size),
            ("resp", exchange.response, exchange.response_size),
        )
    ]
    return (
        "capture",
        number,
        f"{exchange.at.timestamp():.3f}",
        exchange.command,
        f"POST ?Cmd={exchange.command}&User=X&DeviceId=X&DeviceType={device_type}",
        exchange.user_agent,
        exchange.version,
        exchange.policy_key,
        bodies[0],
        exchange.http,
        "",
        bodies[1],
        f"{exchange.held:.2f}",
    )


def _table(columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> str:
    """No quotes and no escapes: a tab or a line's end in a value becomes a space."""
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, escapechar="\\", lineterminator="\n"
    )
    writer.writerow(columns)
    writer.writerows([" ".join(str(value).split()) for value in row] for row in rows)
    return text.getvalue()
