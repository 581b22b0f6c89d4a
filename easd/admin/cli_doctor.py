"""`easd doctor`: what keeps clients from a server."""

import asyncio
import ssl
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from easd.admin import output
from easd.admin.cli_probe import trusting
from easd.admin.options import AsJson, PasswordStdin, known_password

if TYPE_CHECKING:
    from easd.client.doctor.examination import Patient
    from easd.client.doctor.finding import Finding


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    url: Annotated[str, typer.Argument(metavar="URL", help="What phones shall be told: https://mail.example.org")],
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The mail address of an account.")],
    login: Annotated[str, typer.Option("--login", help="Its login, where that is not the address.")] = "",
    hold: Annotated[
        int, typer.Option("--hold", min=0, max=3540, help="Seconds that a request shall survive. 0: not tried.")
    ] = 900,
    mail: Annotated[bool, typer.Option("--mail/--no-mail", help="Whether mail of the domain is looked at.")] = True,
    selector: Annotated[
        list[str] | None, typer.Option("--selector", help="A key with which its mail is signed (DKIM). Repeatable.")
    ] = None,
    as_json: AsJson = False,
    password_stdin: PasswordStdin = False,
    ca_file: Annotated[
        Path | None, typer.Option("--ca-file", metavar="FILE", help="PEM file of a certificate to trust.")
    ] = None,
) -> None:
    """Look at a server as phones do: names, certificate, Autodiscover in each client's order, and how long a request
    may wait; and as mail servers do: MX, SPF, DMARC, DKIM, ports 25, 587 and 465. Says what to change. The password is
    asked, or EASD_PASSWORD. Exit code 1 if something is wrong.
    """
    from easd.client.doctor.examination import Patient
    from easd.client.doctor.finding import Verdict
    from easd.client.doctor.mail import Doors

    if not url.startswith(("https://", "http://")):
        raise typer.BadParameter(f"{url} does not begin with https:// or http://")
    if not all(address.rpartition("@")):
        raise typer.BadParameter(f"{address} is no mail address")

    def context() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=ca_file)

    patient = Patient(
        url,
        address,
        known_password(password_stdin),
        hold,
        login,
        transport=trusting(ca_file, False),
        context=context,
        doors=Doors() if mail else None,
        selectors=tuple(selector or ()),
    )
    findings = asyncio.run(_examine(patient, as_json))
    if as_json:
        output.as_json([asdict(finding) for finding in findings])
    else:
        rows = ((one.area, one.what, one.verdict.value, one.found, one.advice) for one in findings)
        output.table(("area", "what", "verdict", "found", "to change"), rows, "")
    if any(finding.verdict is Verdict.BAD for finding in findings):
        raise typer.Exit(1)


async def _examine(patient: "Patient", quiet: bool) -> "list[Finding]":
    from easd.client.doctor.examination import examine

    findings = []
    async for finding in examine(patient):
        findings.append(finding)
        if not quiet:
            output.say(f"{finding.area}: {finding.what}: {finding.verdict.value}")
    return findings
