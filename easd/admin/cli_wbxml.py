"""`easd wbxml`: messages of the protocol, readable."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from easd.admin.refused import Refused

app = typer.Typer(name="wbxml", help="Messages of the protocol as readable XML, and back.", no_args_is_help=True)

INPUT_MAX = 64 * 2**20
"""Bytes that are read of a file: far more than a server or device accepts."""

Source = Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Standard input if left out.", dir_okay=False)]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Standard output if left out.")]


@app.command("decode")
def decode_file(source: Source = None, output: Output = None) -> None:
    """WBXML to XML."""
    from easd.wbxml import WbxmlError, decode
    from easd.wbxml.readable import to_xml

    data = _read(source)
    try:
        root = decode(data)
    except WbxmlError as error:
        raise Refused(f"{_name(source)}: {error.reason}, at byte {error.offset} of {len(data)}") from None
    _write(output, to_xml(root).encode())


@app.command("encode")
def encode_file(source: Source = None, output: Output = None) -> None:
    """XML, as `decode` writes it, to WBXML."""
    from easd.wbxml import encode
    from easd.wbxml.readable import ReadableError, from_xml

    try:
        root = from_xml(_read(source).decode())
    except UnicodeDecodeError as error:
        raise Refused(f"{_name(source)}: not UTF-8, at byte {error.start}") from None
    except ReadableError as error:
        raise Refused(f"{_name(source)}: {error.reason}, in line {error.line}") from None
    if output is None and sys.stdout.isatty():
        raise Refused("WBXML would garble the terminal: write it to a file with --output")
    try:
        encoded = encode(root)
    except ValueError as error:
        raise Refused(f"{_name(source)}: {error}") from None
    _write(output, encoded)


def _name(source: Path | None) -> str:
    return str(source) if source else "standard input"


def _read(source: Path | None) -> bytes:
    if source:
        with source.open("rb") as file:
            data = file.read(INPUT_MAX + 1)
    else:
        data = sys.stdin.buffer.read(INPUT_MAX + 1)
    if len(data) > INPUT_MAX:
        raise Refused(f"{_name(source)} has more than {INPUT_MAX} bytes")
    return data


def _write(output: Path | None, data: bytes) -> None:
    if output:
        output.write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
