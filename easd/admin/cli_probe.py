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

    from easd.client.discover import Seeker


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(probe)


def probe(
    url: Annotated[str, typer.Argument(metavar="URL|ADDRESS", help="https://mail.example.org, or a mail address.")],
    user: Annotated[str, typer.Argument(metavar="[USER]", help="The login, as a phone would send it.")] = "",
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and show new mail as it comes.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show every message of the protocol, readable.")] = False,
    as_json: AsJson = False,
    password_stdin: PasswordStdin = False,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", metavar="FILE", help="PEM file of a certificate to trust.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Trust any certificate (for tests only).")] = False,
) -> None:
    """Log in as a phone would, and show the folders and the newest mail. The password is asked, or EASD_PASSWORD.

    A mail address alone is enough where its domain has Autodiscover.
    """
    seeking = "://" not in url and "@" in url
    if not seeking and not url.startswith(("https://", "http://")):
        raise typer.BadParameter(f"{url} is no mail address and does not begin with https:// or http://")
    if not seeking and not user:
        raise typer.BadParameter("say who logs in", param_hint="USER")
    from easd.client.discover import Seeker
    from easd.client.probe import ProbeSettings, probe as run

    login, password, transport = user or url, known_password(password_stdin), trusting(ca_file, insecure)
    found = _found(Seeker(url, login, password, transport)) if seeking else url
    settings = ProbeSettings(found, login, password, watch, trace, as_json, transport=trusting(ca_file, insecure))
    raise typer.Exit(asyncio.run(run(settings, output.console())))


def _found(seeker: "Seeker") -> str:
    """The EAS address. Refused if there is none."""
    from easd.client.discover import NotFound

    try:
        trial = asyncio.run(seeker.discover())
    except NotFound as error:
        raise Refused(f"no server was found for {seeker.address}: {error}") from error
    output.say(f"{seeker.address} is at {trial.url} (says {trial.step.url})")
    return trial.url


def trusting(ca_file: Path | None, insecure: bool) -> "httpx.AsyncBaseTransport | None":
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
