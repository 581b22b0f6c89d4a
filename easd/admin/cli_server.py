"""`easd serve`, `init`, `check` and `demo`: the server itself."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from easd.admin import output
from easd.admin.options import AsJson, chosen, settings_of
from easd.admin.refused import Refused

if TYPE_CHECKING:
    from easd.admin.effective import DatabaseState, Effective


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (serve, init, check, demo):
        app.command()(command)


def serve(context: typer.Context) -> None:
    """Serve until SIGTERM or Ctrl-C. The database is brought up to date first."""
    from easd.main.composition import serve as run

    run(settings_of(context))


def init(
    context: typer.Context,
    organisation: Annotated[str, typer.Option("--organisation", help="Make this organisation.")] = "",
    domain: Annotated[str, typer.Option("--domain", help="Give it this mail domain.")] = "",
) -> None:
    """Make the database or upgrade it; with both options also an organisation and a domain. Harmless when repeated."""
    if bool(organisation) != bool(domain):
        raise typer.BadParameter("--organisation and --domain go together")
    from easd.admin.office import establish, open_office, prepare

    settings = settings_of(context)
    prepare(settings)
    if domain:
        with open_office(settings) as office:
            establish(office, organisation, domain)
    output.say(f"{organisation} receives mail for {domain}" if domain else "the database is ready")


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Show every setting with its source; check the certificate, the database and the LDAP servers. Exit code 1 if
    they are not ready.
    """
    from easd.admin.effective import database_state, effective

    choice = chosen(context)
    settings = choice.settings()
    found = list(effective(settings, choice.config))
    state, tls = database_state(settings), _tls_problem(settings)
    policies = [] if state.problem else _policies(settings)
    ldap = _ldap_problems(settings)
    if as_json:
        facts = {"settings": found, "database": state, "tls": {"problem": tls}, "ldap": {"problems": ldap}}
        output.as_json({**facts, "policies": policies})
    else:
        _show(found, state, tls)
        for problem in ldap:
            output.say(f"ldap: {problem}")
        for remark in policies:
            output.say(f"policy {remark['policy']}: {remark['severity']}: {remark['text']}")
    if state.problem or tls or ldap:
        raise typer.Exit(1)


def _policies(settings: Any) -> list[dict[str, Any]]:
    """What is known against the policies of all organisations."""
    from easd.admin.cli_policy import remarks
    from easd.admin.office import open_office

    with open_office(settings) as office:
        numbers = [number for number, _ in office.accounts.organizations()]
        return remarks([policy for number in numbers for policy in office.policies.listed(number)])


def _ldap_problems(settings: Any) -> list[str]:
    if not settings.ldap.urls:
        return []
    from easd.admin.ldap import problems

    return list(problems(settings))


def _tls_problem(settings: Any) -> str:
    from easd.admin.tls import check_tls

    try:
        check_tls(settings)
    except Refused as error:
        return str(error)
    return ""


def _show(found: "list[Effective]", state: "DatabaseState", tls: str) -> None:
    output.table(("setting", "value", "source"), ((one.name, one.value, one.source) for one in found), "")
    output.say(f"database {state.url}: {state.problem or 'ready'}")
    if tls:
        output.say(tls)


def demo(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = 8080,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "0.0.0.0",  # noqa: S104 - for phones
    data: Annotated[Path, typer.Option("--data", help="Folder for the demonstration's store.")] = Path("demo"),
    password: Annotated[
        str, typer.Option("--password", envvar="EASD_DEMO_PASSWORD", help="Password of the three people.")
    ] = "",
    tls_cert: Annotated[str, typer.Option("--tls-cert", help="PEM file with a certificate, for phones.")] = "",
    tls_key: Annotated[str, typer.Option("--tls-key", help="PEM file with its key.")] = "",
    mail: Annotated[Path | None, typer.Option("--mail", help="Folder with the messages and their index.")] = None,
    load_only: Annotated[bool, typer.Option("--load-only", help="Fill the store and do not serve.")] = False,
) -> None:
    """Serve three invented people with mailboxes full of mail, and say what to type into a phone."""
    from easd.demo.command import Wish, run

    run(chosen(context).settings(), Wish(host, port, data, password, tls_cert, tls_key, mail, load_only))
