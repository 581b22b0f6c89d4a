"""Every setting, in one place: its name, type, bounds, default and documentation.

Settings come from a TOML file with one table a section, and from environment variables `EASD_<SECTION>_<KEY>`, which
win. Whatever is not known or not valid is an error that names the file or variable, the key, and the nearest name.
"""

import difflib
import os
import tomllib
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from easd.config_conflicts import conflicts
from easd.config_encryption import Encryption
from easd.config_export import Export
from easd.config_incoming import Smtp
from easd.config_ldap import Ldap
from easd.config_outgoing import Queue, Relay
from easd.config_told import told as _told
from easd.config_upkeep import Recording, Upkeep

PREFIX = "EASD_"

# Kubernetes adds such variables for a service named "easd"; they are no settings.
_NOT_OURS = ("EASD_SERVICE_", "EASD_PORT", "EASD_PASSWORD", "EASD_DEMO_PASSWORD", "EASD_CONFIG")


class ConfigError(Exception):
    """One or more settings are wrong. Each line of the text names a source, a setting and what is the matter."""


class Server(msgspec.Struct, frozen=True):
    """Where the server listens, and how long it bears with a connection."""

    host: Annotated[str, _told("Address to listen on. `::` is every address, of IPv4 too.")] = "127.0.0.1"
    port: Annotated[int, _told("Port to listen on; 0 takes any free one.", ge=0, le=65535)] = 8080
    public_url: Annotated[
        str,
        _told("What clients call this server, for Autodiscover: `https://mail.example.org`. Empty: as it was called."),
    ] = ""
    tls_cert: Annotated[
        str, _told("PEM file with the certificate and its chain. Empty: plain HTTP, behind a proxy.")
    ] = ""
    tls_key: Annotated[str, _told("PEM file with the certificate's private key.")] = ""
    trusted_proxies: Annotated[
        tuple[str, ...],
        _told("Addresses or networks of proxies whose `X-Forwarded-For` is believed: `10.0.0.0/8`."),
    ] = ()
    reuse_port: Annotated[
        bool,
        _told(
            "Let several processes listen on the same port (Linux, BSD). Each needs a `metrics.port` of its own, and "
            "one of them alone has the addresses of `smtp`."
        ),
    ] = False
    threads: Annotated[
        int,
        _told(
            "Requests that are worked on at the same time. 0: 2 with SQLite, which has one writer, 16 with PostgreSQL.",
            ge=0,
            le=256,
        ),
    ] = 0
    queue_max: Annotated[
        int, _told("Requests that may wait for a thread; those beyond are answered 503.", ge=1, le=1_000_000)
    ] = 1000
    connections_max: Annotated[
        int, _told("Connections at the same time. 0: what the limit of open files allows.", ge=0, le=10_000_000)
    ] = 0
    backlog: Annotated[int, _told("Connections that the kernel keeps until they are accepted.", ge=1, le=65535)] = 4096
    keep_alive_seconds: Annotated[int, _told("How long an idle connection stays open.", "seconds", ge=1, le=3600)] = 120
    head_seconds: Annotated[
        int, _told("How long a client may take to send a request line and headers.", "seconds", ge=1, le=600)
    ] = 30
    body_seconds: Annotated[
        int, _told("How long a client may take to send a request body.", "seconds", ge=1, le=3600)
    ] = 300
    shutdown_seconds: Annotated[int, _told("How long a stop waits for requests to end.", "seconds", ge=1, le=600)] = 20


class Database(msgspec.Struct, frozen=True):
    """Where everything is kept."""

    data_dir: Annotated[str, _told("Directory of the files that the server keeps.")] = "data"
    url: Annotated[
        str, _told("`sqlite:///<path>` or `postgresql+psycopg://...`. Empty: the SQLite file `easd.db` in `data_dir`.")
    ] = ""
    poll_milliseconds: Annotated[
        int,
        _told("SQLite: time between two looks for changes by other processes.", "milliseconds", ge=10, le=60_000),
    ] = 250


class Auth(msgspec.Struct, frozen=True):
    """How credentials are checked, remembered, and guessing is slowed."""

    client_certificates: Annotated[
        Literal["off", "accepted", "required"],
        _told(
            "Whether certificates of clients sign in: not at all, in place of a password, or as a condition for "
            "everybody (a password or token must then be the same user's)."
        ),
    ] = "off"
    client_ca: Annotated[str, _told("PEM file with the authorities whose client certificates count.")] = ""
    client_certificate_header: Annotated[
        str,
        _told(
            "Header in which a trusted proxy that ends TLS hands on the client's certificate (nginx: "
            "`$ssl_client_escaped_cert`). Empty: none is believed."
        ),
    ] = ""
    secret_key_file: Annotated[
        str,
        _told(
            "File with the key that recovery passwords of devices are encrypted with; made if it is missing. All "
            "servers of one database need the same. Empty: `secret.key` beside the SQLite file, or in "
            "`database.data_dir`."
        ),
    ] = ""

    app_passwords_only: Annotated[
        bool, _told("Let devices in with app passwords (`easd app-password create`) alone, not with people's own.")
    ] = False
    cache_idle_seconds: Annotated[
        int,
        _told("How long a verified password is remembered after its last use. 0: never.", "seconds", ge=0, le=86_400),
    ] = 300
    cache_max_seconds: Annotated[
        int, _told("How long a verified password is remembered at most.", "seconds", ge=0, le=604_800)
    ] = 3600
    cache_entries: Annotated[int, _told("Verified passwords remembered at most.", ge=1, le=10_000_000)] = 50_000
    hash_threads: Annotated[
        int, _told("Passwords hashed at the same time. 0: one for each processor.", ge=0, le=256)
    ] = 0
    hash_queue_max: Annotated[
        int, _told("Passwords that may wait to be hashed; those beyond are answered 503.", ge=1, le=100_000)
    ] = 1000
    account_failures: Annotated[
        int, _told("Wrong passwords in a row that one account may get before it has to wait.", ge=1, le=10_000)
    ] = 10
    account_seconds: Annotated[
        int, _told("Time after which one more attempt is granted to the account.", "seconds", ge=1, le=86_400)
    ] = 30
    address_failures: Annotated[
        int, _told("Wrong passwords in a row that one client address may send before it has to wait.", ge=1, le=100_000)
    ] = 50
    address_seconds: Annotated[
        int, _told("Time after which one more attempt is granted to the address.", "seconds", ge=1, le=86_400)
    ] = 5


class OAuth(msgspec.Struct, frozen=True):
    """Bearer tokens (JWT) of an identity provider, beside passwords or in their place."""

    issuer: Annotated[str, _told("The `iss` of the tokens. Empty: no token is accepted.")] = ""
    audience: Annotated[str, _told("The `aud` that the tokens must have.")] = ""
    jwks: Annotated[str, _told("Where the issuer's keys are: an https address, or a file.")] = ""
    algorithms: Annotated[tuple[str, ...], _told("Algorithms that count; only asymmetric ones can.")] = ("RS256",)
    clock_skew_seconds: Annotated[int, _told("How far the issuer's clock may be off.", "seconds", ge=0, le=600)] = 60
    login_claim: Annotated[str, _told("Claim with the user's mail address: `email`, `upn`, `preferred_username`.")] = (
        "email"
    )
    authorization_uri: Annotated[
        str, _told("Where phones send their user to log in, as the 401 answer tells them. Empty: not told.")
    ] = ""
    client_id: Annotated[str, _told("The server's own name at the issuer, as the 401 answer tells it.")] = ""
    passwords: Annotated[bool, _told("Whether passwords are accepted, too.")] = True


class Limits(msgspec.Struct, frozen=True):
    """Bounds of what a device may ask for."""

    body_bytes: Annotated[
        int, _told("Largest request body of a command without content.", "bytes", ge=1024, le=2**30)
    ] = 2**20
    message_bytes: Annotated[
        int,
        _told(
            "Largest request body of SendMail, SmartReply, SmartForward, ItemOperations and Sync.",
            "bytes",
            ge=1024,
            le=2**31,
        ),
    ] = 50 * 2**20
    heartbeat_min: Annotated[
        int, _told("Shortest time a Ping or Sync may ask the server to hold it.", "seconds", ge=1, le=3540)
    ] = 60
    heartbeat_max: Annotated[
        int, _told("Longest time a Ping or Sync may ask the server to hold it.", "seconds", ge=1, le=3540)
    ] = 3540
    mailbox_bytes: Annotated[
        int,
        _told("What a mailbox holds, unless `easd user quota` says otherwise. 0: everything.", "bytes", ge=0, le=2**50),
    ] = 50 * 2**30
    ping_folders_max: Annotated[int, _told("Folders in one Ping.", ge=1, le=10_000)] = 200
    folders_max: Annotated[int, _told("Folders in one mailbox.", ge=20, le=100_000)] = 1000
    devices_max: Annotated[
        int,
        _told(
            "Devices of one user. One more takes the place of one that has the same type and user agent and is silent; "
            "else it is refused (status 177).",
            ge=1,
            le=10_000,
        ),
    ] = 100
    sync_collections_max: Annotated[int, _told("Collections in one Sync.", ge=1, le=10_000)] = 300
    window_default: Annotated[
        int, _told("Changes in one Sync answer when the device names no number.", ge=1, le=512)
    ] = 100
    window_max: Annotated[int, _told("Changes in one Sync answer.", ge=1, le=512)] = 512
    response_bytes_max: Annotated[
        int, _told("Size from which an answer takes no further items.", "bytes", ge=2**16, le=2**31)
    ] = 8 * 2**20
    attachment_bytes_max: Annotated[
        int, _told("Largest attachment that is handed out.", "bytes", ge=1024, le=2**31)
    ] = 50 * 2**20
    recipients_max: Annotated[int, _told("Recipients of one message; a group counts as one.", ge=1, le=100_000)] = 500
    sent_bytes_max: Annotated[
        int,
        _told(
            "Largest message that is sent, as it goes out: files take a third more than their size.",
            "bytes",
            ge=1024,
            le=2**31,
        ),
    ] = 26_214_400
    recipients_per_day: Annotated[
        int, _told("Recipients elsewhere to whom a user sends in one day (UTC).", ge=1, le=2**31)
    ] = 10_000
    organisation_recipients_per_day: Annotated[
        int, _told("Likewise of all users of an organisation together.", ge=1, le=2**31)
    ] = 100_000
    test_recipients_per_day: Annotated[
        int, _told("Recipients anywhere to whom an organisation sends from its test domain a day.", ge=1, le=2**31)
    ] = 200
    aliases_max: Annotated[int, _told("Aliases of one user, resource or group.", ge=0, le=10_000)] = 100
    users_max: Annotated[int, _told("People in one organisation. 0: any number.", ge=0, le=10_000_000)] = 1000
    domains_max: Annotated[int, _told("Mail domains of one organisation. 0: any number.", ge=0, le=1_000_000)] = 1000
    group_members_max: Annotated[
        int, _told("Members of a group, groups in it resolved, that a message to it goes to.", ge=1, le=1_000_000)
    ] = 10_000


class Log(msgspec.Struct, frozen=True):
    """What the server tells of its work, on standard error."""

    level: Annotated[Literal["debug", "info", "warning", "error"], _told("Least severe lines that are written.")] = (
        "info"
    )
    format: Annotated[Literal["json", "console"], _told("One JSON object a line, or text for people.")] = "json"


class Metrics(msgspec.Struct, frozen=True):
    """Figures for Prometheus."""

    enabled: Annotated[bool, _told("Whether figures are offered.")] = True
    host: Annotated[str, _told("Address to offer them on, when they have a port of their own.")] = "127.0.0.1"
    port: Annotated[
        int, _told("Port of their own. 0: the server's port, where everybody can read them.", ge=0, le=65535)
    ] = 9180
    path: Annotated[str, _told("Path on the server's port, when they have no port of their own.")] = "/metrics"


class Organisation(msgspec.Struct, frozen=True):
    """Whom the server works for."""

    default_domain: Annotated[str, _told("Domain of a login that names none. Empty: none is added.")] = ""
    test_domain_suffix: Annotated[
        str,
        _told(
            "Domain of yours under which each new organisation gets a test domain: `mail.example.org` makes "
            "`alias.mail.example.org`. Empty: none."
        ),
    ] = ""
    unverified_domains: Annotated[
        Literal["accept", "put-off"],
        _told(
            "Mail from outside for a domain whose ownership the DNS has not shown (`easd domain verify`): accept it, "
            "or let its senders try again later."
        ),
    ] = "accept"
    moved_domains: Annotated[
        tuple[str, ...],
        _told(
            "Domains whose mailboxes are on another server, with its address: "
            "`example.org=https://mail.example.org/Microsoft-Server-ActiveSync`. Their devices are sent there."
        ),
    ] = ()

    def moved(self) -> dict[str, str]:
        """The addresses of other servers, by domain in lower case."""
        return {
            domain.strip().lower(): url.strip() for domain, _, url in (m.partition("=") for m in self.moved_domains)
        }


class Discovery(msgspec.Struct, frozen=True):
    """What clients are told that look for their server (Autodiscover, autoconfig, profiles)."""

    imap: Annotated[
        str, _told("IMAP server beside this one, `imap.example.org:993`, for Outlook and Thunderbird. Empty: none.")
    ] = ""
    smtp: Annotated[str, _told("Likewise the server that takes mail: `smtp.example.org:465`. Empty: none.")] = ""
    redirected_domains: Annotated[
        tuple[str, ...],
        _told(
            "Domains that have another name now, `example.net=example.org`: who asks for an address in the first is "
            "told to ask for the same in the second."
        ),
    ] = ()
    profile_cert: Annotated[
        str,
        _told("PEM file with the certificate that profiles for Apple's devices are signed with. Empty: `tls_cert`."),
    ] = ""
    profile_key: Annotated[str, _told("PEM file with that certificate's private key. Empty: `tls_key`.")] = ""

    def redirected(self) -> dict[str, str]:
        """The present names of domains, by their old ones, all in lower case."""
        pairs = (pair.lower().partition("=") for pair in self.redirected_domains)
        return {old.strip(): new.strip() for old, _, new in pairs}


class Smime(msgspec.Struct, frozen=True):
    """What the server tells devices about the certificates of signed mail (ValidateCert)."""

    trusted_roots: Annotated[
        str, _told("PEM file with the root certificates that are trusted. Empty: none, so that no certificate is.")
    ] = ""
    revocation_lists: Annotated[
        str, _told("Directory with revocation lists (`.crl`, `.pem`), read at the start. Empty: none.")
    ] = ""
    fetch_revocation_lists: Annotated[
        bool, _told("Fetch lists that are not in the directory from the address that a certificate names.")
    ] = False


class Settings(msgspec.Struct, frozen=True):
    """All sections. Each value is valid by itself and with the others."""

    server: Server = Server()
    database: Database = Database()
    auth: Auth = Auth()
    oauth: OAuth = OAuth()
    ldap: Ldap = Ldap()
    limits: Limits = Limits()
    log: Log = Log()
    metrics: Metrics = Metrics()
    organisation: Organisation = Organisation()
    discovery: Discovery = Discovery()
    smime: Smime = Smime()
    encryption: Encryption = Encryption()
    export: Export = Export()
    smtp: Smtp = Smtp()
    relay: Relay = Relay()
    queue: Queue = Queue()
    recording: Recording = Recording()
    upkeep: Upkeep = Upkeep()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{Path(self.database.data_dir) / 'easd.db'}"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, as documented."""

    section: str
    key: str
    type: Any
    default: Any
    description: str
    unit: str
    least: int | None
    most: int | None

    @property
    def variable(self) -> str:
        return f"{PREFIX}{self.section}_{self.key}".upper()

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"


def _sections() -> dict[str, type[msgspec.Struct]]:
    return typing.get_type_hints(Settings)


def _settings_of(section: str, struct: type[msgspec.Struct]) -> Iterator[Setting]:
    hints = typing.get_type_hints(struct, include_extras=True)
    for field in msgspec.structs.fields(struct):
        meta = typing.get_args(hints[field.name])[1]
        yield Setting(
            section=section,
            key=field.name,
            type=hints[field.name],
            default=field.default,
            description=meta.description,
            unit=meta.extra["unit"],
            least=meta.ge,
            most=meta.le,
        )


def settings() -> list[Setting]:
    """Every setting there is, in the order of the documentation."""
    return [setting for section, struct in _sections().items() for setting in _settings_of(section, struct)]


# ---------------------------------------------------------------- reading


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings of a TOML file (None: no file) and of the environment (None: the process's own).

    ConfigError, with one line for each fault.
    """
    reader = _Reader()
    if path is not None:
        reader.take_file(path)
    reader.take_environment(os.environ if environ is None else environ)
    return reader.finish()


class _Reader:
    """Values by section and key, and the faults found on the way."""

    def __init__(self) -> None:
        self._known = {setting.name: setting for setting in settings()}
        self._by_variable = {setting.variable: setting for setting in self._known.values()}
        self._values: dict[str, dict[str, Any]] = {section: {} for section in _sections()}
        self._faults: list[str] = []

    def take_file(self, path: Path) -> None:
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"{path}: {error}") from None
        for section, table in content.items():
            if section not in self._values:
                self._faults.append(f"{path}: [{section}] is no section{_nearest(section, self._values)}")
            elif not isinstance(table, dict):
                self._faults.append(f"{path}: {section} is a section: write [{section}] and its keys below")
            else:
                self._take_table(path, section, table)

    def _take_table(self, path: Path, section: str, table: Mapping[str, Any]) -> None:
        for key, value in table.items():
            setting = self._known.get(f"{section}.{key}")
            if setting is None:
                keys = [known.key for known in self._known.values() if known.section == section]
                self._faults.append(f"{path}: [{section}] {key} is no setting{_nearest(key, keys)}")
            else:
                self._take(f"{path}: [{section}] {key}", setting, value, strict=True)

    def take_environment(self, environ: Mapping[str, str]) -> None:
        for variable in sorted(environ):
            if variable in self._by_variable:
                setting = self._by_variable[variable]
                self._take(variable, setting, _from_text(setting, environ[variable]), strict=False)
            elif self._is_mistaken(variable):
                self._faults.append(f"{variable} is no setting{_nearest(variable, self._by_variable)}")

    def _is_mistaken(self, variable: str) -> bool:
        """Other programs may have variables that begin like ours; one that is nearly a setting is a mistake."""
        if not variable.startswith(PREFIX) or variable.startswith(_NOT_OURS):
            return False
        section = variable.removeprefix(PREFIX).partition("_")[0].lower()
        return section in self._values or bool(difflib.get_close_matches(variable, self._by_variable, 1, 0.8))

    def _take(self, source: str, setting: Setting, value: object, *, strict: bool) -> None:
        try:
            self._values[setting.section][setting.key] = msgspec.convert(value, setting.type, strict=strict)
        except msgspec.ValidationError as error:
            self._faults.append(f"{source}: {str(error)[:1].lower()}{str(error)[1:]}")

    def finish(self) -> Settings:
        found = msgspec.convert(self._values, Settings)
        self._faults.extend(conflicts(found))
        if self._faults:
            raise ConfigError("\n".join(self._faults))
        return found


def _from_text(setting: Setting, text: str) -> object:
    """A list is written with commas between."""
    if isinstance(setting.default, tuple):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _nearest(name: str, known: Mapping[str, object] | list[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


# ---------------------------------------------------------------- documentation

_HEAD = """\
# Configuration

Settings come from a TOML file with one table for each section, and from environment variables, which win over the file.
A list in a variable is written with commas between. Anything unknown or invalid stops the start, with a message that
names the file or variable, the setting and the nearest known name. A sample:

```toml
[server]
port = 8443
tls_cert = "/etc/easd/cert.pem"
tls_key = "/etc/easd/key.pem"

[database]
url = "postgresql+psycopg://easd@db/easd"
```

This page is made from `easd/config.py`; write it anew with `python -m easd.config > docs/configuration.md`.
"""


_TABLE = """\
| key | variable | type | default | meaning |
|---|---|---|---|---|
"""


def documentation() -> str:
    """docs/configuration.md."""
    parts = [_HEAD]
    for section, struct in _sections().items():
        parts.append(f"\n## [{section}]\n{struct.__doc__}\n\n{_TABLE}")
        parts.extend(_row(setting) for setting in _settings_of(section, struct))
    return "".join(parts)


def _row(setting: Setting) -> str:
    unit = f" {setting.unit}" if setting.unit else ""
    return (
        f"| `{setting.key}` | `{setting.variable}` | {_type_text(setting)} | "
        f"`{_default_text(setting.default)}`{unit} | {setting.description} |\n"
    )


def _type_text(setting: Setting) -> str:
    type_ = typing.get_args(setting.type)[0]
    if typing.get_origin(type_) is Literal:
        return " or ".join(f"`{choice}`" for choice in typing.get_args(type_))
    if setting.least is not None:
        return f"{setting.least} to {setting.most}"
    return {str: "text", bool: "`true` or `false`"}.get(type_, "list of texts")


def _default_text(default: object) -> str:
    return msgspec.json.encode(default).decode()


if __name__ == "__main__":
    import sys

    sys.stdout.write(documentation())
