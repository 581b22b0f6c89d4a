"""`easd probe`: be a device of a server for a moment."""

import asyncio
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.options import AsJson, PasswordStdin, known_password
from easd.admin.refused import Refused

if TYPE_CHECKING:
    import httpx


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(probe)


def probe(
    url: Annotated[str, typer.Argument(metavar="URL", help="https://mail.example.org")],
    user: Annotated[str, typer.Argument(metavar="USER", help="The login, as a phone would send it.")],
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and show new mail as it comes.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show every message of the protocol, readable.")] = False,
    as_json: AsJson = False,
    password_stdin: PasswordStdin = False,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", metavar="FILE", help="PEM file of a certificate to trust.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Trust any certificate (for tests only).")] = False,
) -> None:
    """Log in as a phone would, and show the folders and the newest mail. The password is asked, or EASD_PASSWORD."""
    if not url.startswith(("https://", "http://")):
        raise typer.BadParameter(f"{url} does not begin with https:// or http://")
    from easd.client.probe import ProbeSettings, probe as run

    settings = ProbeSettings(
        url, user, known_password(password_stdin), watch, trace, as_json, transport=_transport(ca_file, insecure)
    )
    raise typer.Exit(asyncio.run(run(settings, output.console())))


def _transport(ca_file: Path | None, insecure: bool) -> "httpx.AsyncBaseTransport | None":
    """None: the usual one, which trusts what the system trusts."""
    if ca_file is None and not insecure:
        return None
    import httpx

    try:
        context = ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise Refused(f"{ca_file}: no usable certificate in it ({error.reason})") from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return httpx.AsyncHTTPTransport(verify=context)
