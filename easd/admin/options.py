"""What commands share: the chosen settings, common options, and questions to the person."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from easd.admin.refused import Refused
from easd.config import Settings, load

PASSWORD_VARIABLE = "EASD_PASSWORD"  # noqa: S105 - a name

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of a table.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
UserName = Annotated[str, typer.Argument(metavar="USER", help="Address, or the name alone where one domain is meant.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")
]
PasswordFile = Annotated[
    Path | None, typer.Option("--password-file", metavar="FILE", help="Its first line is the password.")
]
UsersFile = Annotated[
    Path | None,
    typer.Option("--users", metavar="FILE", help="CSV with columns address, login, password: all of them."),
]
Connections = Annotated[int, typer.Option("--connections", help="At once, with --users.", min=1, max=64)]
Authority = Annotated[
    str, typer.Option("--authority", metavar="FILE", help="Certificates (PEM) to trust instead of the system's.")
]
LeftOut = Annotated[
    list[str] | None, typer.Option("--exclude", metavar="FOLDER", help="A folder there to leave out; repeatable.")
]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the options before the command say."""

    config: Path | None

    def settings(self) -> Settings:
        """ConfigError names each fault."""
        return load(self.config)


def chosen(context: typer.Context) -> Choice:
    """The options before the command."""
    choice = context.obj
    assert isinstance(choice, Choice)
    return choice


def settings_of(context: typer.Context) -> Settings:
    """The settings that the command works with."""
    return chosen(context).settings()


def new_password(from_stdin: bool) -> str:
    """A password to be: of standard input, of the variable, or asked twice. Never an argument: `ps` shows those."""
    return _given(from_stdin) or str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


def known_password(from_stdin: bool) -> str:
    """A password that exists already: likewise, asked once."""
    return _given(from_stdin) or str(typer.prompt("Password", hide_input=True, err=True))


def _given(from_stdin: bool) -> str:
    if from_stdin:
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise Refused("there is no password on standard input")
        return line
    given = os.environ.get(PASSWORD_VARIABLE, "")
    if not given and not sys.stdin.isatty():
        raise Refused(f"nobody is there to type a password: use --password-stdin or the variable {PASSWORD_VARIABLE}")
    return given


def sure(question: str, yes: bool) -> None:
    """Ask before what cannot be undone. Refused where nobody can answer; typer.Abort for a no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Refused("nobody is there to confirm: use --yes")
    typer.confirm(question, abort=True, err=True)
