"""`easd demo`: fill the store once, serve it, and say how to get in."""

import os
import shlex
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import msgspec
from rich.console import Console
from rich.panel import Panel

from easd.admin import output
from easd.admin.cli_mail import progress_bar
from easd.admin.tls import check_tls
from easd.config import Settings
from easd.demo.loader import AGENDA, DOMAIN, MAIL, PASSWORD, PEOPLE, load

_FIRST = f"{next(iter(PEOPLE))}@{DOMAIN}"
_ANY = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options of the command say. An empty password is the one that everybody knows."""

    host: str
    port: int
    data: Path
    password: str
    tls_cert: str = ""
    tls_key: str = ""
    mail: Path | None = None
    load_only: bool = False


def run(settings: Settings, wish: Wish) -> None:
    """Load what is missing, then serve until stopped. Refused as `easd.demo.loader.load` and `serve` say."""
    made = demo_settings(settings, wish)
    check_tls(made)
    password = wish.password or PASSWORD
    with progress_bar("loading mail", None) as progress:
        count = load(made, wish.mail or MAIL, password, datetime.now(UTC), progress, AGENDA)
    output.say(
        f"the mail in {wish.data} is used again" if count is None else f"{count} messages loaded into {wish.data}"
    )
    if not wish.load_only:
        from easd.main.composition import serve

        serve(made, partial(show, made, password))


def demo_settings(settings: Settings, wish: Wish) -> Settings:
    """The given settings, with the demonstration's own database, domain and address; logs for people."""
    replace = msgspec.structs.replace
    return replace(
        settings,
        server=replace(settings.server, host=wish.host, port=wish.port, tls_cert=wish.tls_cert, tls_key=wish.tls_key),
        database=replace(settings.database, data_dir=str(wish.data), url=""),
        organisation=replace(settings.organisation, default_domain=DOMAIN),
        metrics=replace(settings.metrics, port=0),
        log=replace(settings.log, format="console"),
    )


def show(settings: Settings, password: str) -> None:
    """What to type into a phone and into a terminal, on standard error. Commands stand alone, to be copied."""
    screen = Console(stderr=True, highlight=False)
    screen.print(Panel("\n".join(for_phones(settings, password)), title="easd demo", expand=False))
    for line in for_terminals(settings, password):
        screen.print(line, markup=False, soft_wrap=True)


def for_phones(settings: Settings, password: str) -> list[str]:
    """Address, user, domain, password, and whether it is TLS."""
    server, secure = settings.server, bool(settings.server.tls_cert)
    host = lan_address() if server.host in _ANY else server.host
    return [
        "In the phone, add an Exchange account by hand:",
        f"  Server    {host}:{server.port}",
        f"  Domain    {DOMAIN}",
        f"  User      {', '.join(PEOPLE)}",
        f"  Email     {_FIRST} (and so on)",
        f"  Password  {password}",
        f"  SSL/TLS   {'on' if secure else 'off'}",
        "",
        *_about_tls(secure),
        "Ctrl-C ends the demonstration; the next start uses the same mail.",
    ]


def for_terminals(settings: Settings, password: str) -> list[str]:
    """A device to try, and how to send it a message while it watches."""
    server, data = settings.server, shlex.quote(str(Path(settings.database.data_dir).absolute()))
    scheme, trust = ("https", " --insecure") if server.tls_cert else ("http", "")
    url = f"{scheme}://{'127.0.0.1' if server.host in _ANY else server.host}:{server.port}"
    return [
        "Without a phone, in another terminal:",
        f"  EASD_PASSWORD={shlex.quote(password)} {_program()} probe {url} {_FIRST} --watch{trust}",
        "A new message, while the probe watches:",
        f"  EASD_DATABASE_DATA_DIR={data} {_program()} deliver {_FIRST} < message.eml",
    ]


def _about_tls(secure: bool) -> tuple[str, ...]:
    if secure:
        return ("The phone must trust the certificate: one of its own making has to be installed on it first.",)
    return (
        "This is plain HTTP, for test clients: phones want HTTPS.",
        "Start with --tls-cert FILE --tls-key FILE for them.",
    )


def _program() -> str:
    """How this program was called, as far as that can be typed again."""
    program = Path(sys.argv[0])
    if program.name == "easd":
        return "easd" if str(program.parent) in os.get_exec_path() else shlex.quote(str(program))
    return f"{shlex.quote(sys.executable)} -m easd"


def lan_address() -> str:
    """This machine's address in the network that leads outside; nothing is sent to find out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: an address that is nobody's
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])
