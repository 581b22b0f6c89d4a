"""`easd`: the command line. Exit codes: 0 done, 1 refused (one line a fault on standard error), 2 wrong usage."""

import errno
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from easd import __version__
from easd.admin import (
    cli_access,
    cli_access_control,
    cli_access_key,
    cli_app_password,
    cli_audit,
    cli_cards,
    cli_device,
    cli_dkim,
    cli_doctor,
    cli_domain,
    cli_encryption,
    cli_flow,
    cli_group,
    cli_impersonation,
    cli_ldap,
    cli_mail,
    cli_organisation,
    cli_policy,
    cli_probe,
    cli_queue,
    cli_resource,
    cli_retention,
    cli_server,
    cli_share,
    cli_user,
    cli_wbxml,
)
from easd.admin.options import Choice
from easd.admin.output import say
from easd.admin.refused import Refused
from easd.config import ConfigError


class _Commands(TyperGroup):
    """What a command refuses, and what the operating system refuses it, is a line and exit code 1, not a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except (Refused, ConfigError) as error:
            _fail(str(error))
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of our output has gone: typer ends quietly
                raise
            name = f"{error.filename}: " if error.filename else ""
            _fail(f"{name}{error.strerror or error}")


def _fail(text: str) -> None:
    for line in text.splitlines():
        say(f"easd: {line}")
    raise typer.Exit(1)


app = typer.Typer(
    name="easd",
    cls=_Commands,
    help="An Exchange ActiveSync server.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"easd {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", envvar="EASD_CONFIG", help="TOML file with the settings."),
    ] = None,
    _asked: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")] = False,
) -> None:
    """Settings come from the file and from variables EASD_<SECTION>_<KEY>, which win."""
    context.obj = Choice(config)


cli_server.register(app)
cli_mail.register(app)
cli_cards.register(app)
for group in (
    cli_organisation,
    cli_domain,
    cli_user,
    cli_group,
    cli_impersonation,
    cli_resource,
    cli_app_password,
    cli_ldap,
    cli_share,
    cli_device,
    cli_access,
    cli_access_control,
    cli_retention,
    cli_policy,
    cli_flow,
    cli_queue,
    cli_dkim,
    cli_encryption,
    cli_audit,
    cli_access_key,
    cli_wbxml,
):
    app.add_typer(group.app)
cli_probe.register(app)
cli_doctor.register(app)
