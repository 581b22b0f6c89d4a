"""OpenLDAP's server for the tests: found, started in a temporary folder on a free port, ended with its starter.

It is the installed one, else that of Debian's packages, which are unpacked into a cache folder and never installed;
it needs no root. `python -m tests.support.slapd` says which would be used; it ends with 1 if there is none.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from easd.directory.ldap import messages
from easd.directory.ldap.ber import ENUMERATED, SEQUENCE, boolean, element, integer, octets
from tests.support.certificates import self_signed

ROOT = "cn=root,dc=example,dc=test"
ROOT_PASSWORD = "root's password"
SUFFIX = "dc=example,dc=test"
PAGE = 10
"""Entries that the server gives in one page at most; without pages it gives 50."""
_START_SECONDS = 20
_STOP_SECONDS = 10
_SET_SPECIAL = 0x31
_LEFT_OUT = ("libc6", "libperl", "libodbc")
"""Of what the package depends on: what is everywhere, and what serves backends that no test uses."""

# The server ends when its starter does, however that ends: a reader waits on a pipe that only the starter holds.
_KEEPER = """
exec 3<&0
"$@" 3<&- & server=$!
{ read -r _; kill -INT "$server"; } <&3 2>/dev/null & wait "$server"
"""

_CONFIGURATION = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
include {schema}/nis.schema
include {folder}/own.schema
modulepath {modules}
moduleload back_mdb
moduleload ppolicy
pidfile {folder}/pid
argsfile {folder}/args
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
sizelimit size.soft=50 size.hard=unlimited size.pr={page}
access to attrs=userPassword by anonymous auth by * none
access to * by anonymous auth by users read
database mdb
suffix {suffix}
rootdn "{root}"
rootpw "{password}"
directory {folder}/data
dbnosync
maxsize 67108864
overlay ppolicy
index objectClass,uid,mail,entryUUID eq
"""

_TEXT = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch"
_NUMBER = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 EQUALITY integerMatch SINGLE-VALUE"
_BYTES = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 EQUALITY octetStringMatch SINGLE-VALUE"
_TRUTH = "SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 EQUALITY booleanMatch SINGLE-VALUE"
_OWN_ATTRIBUTES = {
    "sAMAccountName": f"{_TEXT} SINGLE-VALUE",
    "sAMAccountType": _NUMBER,
    "userPrincipalName": f"{_TEXT} SINGLE-VALUE",
    "userAccountControl": _NUMBER,
    "objectGUID": _BYTES,
    "proxyAddresses": _TEXT,
    "company": f"{_TEXT} SINGLE-VALUE",
    "thumbnailPhoto": _BYTES,
    "pwdLastSet": _NUMBER,
    "uSNChanged": _NUMBER,
    "whenChanged": f"{_TEXT} SINGLE-VALUE",
    "msExchHideFromAddressLists": _TRUTH,
    "mailAlternateAddress": _TEXT,
    "nsAccountLock": _TRUTH,
}
"""Those of Active Directory that the server looks at, and some of other products."""

_OWN_CLASSES = """
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'user' SUP inetOrgPerson STRUCTURAL MAY ( {attributes} ) )
objectclass ( 1.3.6.1.4.1.99999.2.2 NAME 'group' SUP top STRUCTURAL MUST cn MAY ( member $ {attributes} $ mail ) )
"""


class SlapdMissingError(Exception):
    """No slapd can be had here; the text says why."""


@dataclass(frozen=True)
class Installation:
    """Where the program, its modules and schemas are, and the libraries that it brings with it."""

    program: Path
    modules: Path
    schema: Path
    libraries: tuple[Path, ...] = ()

    @property
    def environ(self) -> dict[str, str]:
        found = ":".join(map(str, self.libraries))
        return {**os.environ, **({"LD_LIBRARY_PATH": found} if found else {})}


@dataclass(frozen=True)
class Slapd:
    """A running server. `certificate`: the PEM file to trust."""

    port: int
    tls_port: int
    certificate: Path
    keeper: "subprocess.Popen[bytes]"

    @property
    def url(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def tls_url(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def office(self) -> "Office":
        """A part of the directory of the caller's own, empty but for a service account."""
        made = Office(self, f"ou={uuid4().hex},{SUFFIX}")
        made.add("", {"objectClass": ["organizationalUnit"]})
        made.add("cn=service", {"objectClass": ["device", "simpleSecurityObject"], "userPassword": ["service"]})
        return made

    def stop(self) -> None:
        """End it: from now on nobody listens."""
        assert self.keeper.stdin is not None
        with suppress(BrokenPipeError):
            self.keeper.stdin.close()
        try:
            self.keeper.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.keeper.pid, signal.SIGKILL)
            self.keeper.wait()


@dataclass(frozen=True)
class Office:
    """A part of the directory, as its administrator changes it. Names (DN) are relative to it."""

    slapd: Slapd
    base: str

    @property
    def service(self) -> str:
        """Who may search; the password is `service`."""
        return self.dn("cn=service")

    def dn(self, name: str) -> str:
        return f"{name},{self.base}" if name else self.base

    def add(self, name: str, attributes: Mapping[str, list[str] | list[bytes]]) -> str:
        """A new entry; answers its whole name."""
        listed = element(SEQUENCE, *(_attribute(key, values) for key, values in attributes.items()))
        self._do(element(0x68, octets(self.dn(name).encode()), listed))
        return self.dn(name)

    def person(self, name: str, **more: list[str] | list[bytes]) -> str:
        """Somebody with the password `<name>'s password` and the address `<name>@example.test`, unless it is said."""
        usual: dict[str, list[str] | list[bytes]] = {
            "objectClass": ["inetOrgPerson", "extensibleObject"],
            "cn": [name.capitalize()],
            "sn": [name.capitalize()],
            "mail": [f"{name}@example.test"],
            "userPassword": [f"{name}'s password"],
        }
        return self.add(f"uid={name}", {key: value for key, value in {**usual, **more}.items() if value})

    def set(self, name: str, **attributes: list[str] | list[bytes]) -> None:
        """Replace these attributes of an entry; an empty list takes one away."""
        changes = (
            element(SEQUENCE, integer(2, ENUMERATED), _attribute(key, values)) for key, values in attributes.items()
        )
        self._do(element(0x66, octets(self.dn(name).encode()), element(SEQUENCE, *changes)))

    def remove(self, name: str) -> None:
        self._do(octets(self.dn(name).encode(), 0x4A))

    def rename(self, name: str, new: str) -> None:
        """`new` is the new first part of the name."""
        self._do(element(0x6C, octets(self.dn(name).encode()), octets(new.encode()), boolean(True)))

    def _do(self, operation: bytes) -> None:
        """One change, as the directory's root."""
        with closing(socket.create_connection(("127.0.0.1", self.slapd.port), _START_SECONDS)) as connection:
            for message in (messages.bind(1, ROOT, ROOT_PASSWORD), element(SEQUENCE, integer(2), operation)):
                connection.sendall(message)
                code = messages.decode(connection.recv(65536)).result().code
                if code:
                    raise AssertionError(f"the change ended with {code}")


def _attribute(name: str, values: list[str] | list[bytes]) -> bytes:
    raw = (value.encode() if isinstance(value, str) else value for value in values)
    return element(SEQUENCE, octets(name.encode()), element(_SET_SPECIAL, *map(octets, raw)))


@contextmanager
def running_slapd() -> Iterator[Slapd]:
    """A new server that lives as long as the block. Raises SlapdMissingError."""
    found = find()
    with tempfile.TemporaryDirectory(prefix="easd-slapd-", ignore_cleanup_errors=True) as temporary:
        slapd = _start(found, Path(temporary))
        try:
            yield slapd
        finally:
            slapd.stop()


def _start(found: Installation, folder: Path) -> Slapd:
    (folder / "data").mkdir()
    (folder / "own.schema").write_text(_own_schema())
    certificate, key = self_signed(folder, "127.0.0.1")
    values = {"schema": found.schema, "modules": found.modules, "certificate": certificate, "key": key}
    text = _CONFIGURATION.format(folder=folder, suffix=SUFFIX, root=ROOT, password=ROOT_PASSWORD, page=PAGE, **values)
    (folder / "slapd.conf").write_text(text)
    ports = _free_ports()
    urls = f"ldap://127.0.0.1:{ports[0]} ldaps://127.0.0.1:{ports[1]}"
    command = [found.program, "-f", folder / "slapd.conf", "-h", urls, "-d", "0"]
    log = folder / "log"
    with log.open("wb") as output:
        keeper = subprocess.Popen(
            ["/bin/sh", "-c", _KEEPER, "sh", *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd=folder,
            env=found.environ,
        )
    slapd = Slapd(*ports, certificate, keeper)
    _await(slapd, log)
    Office(slapd, SUFFIX).add("", {"objectClass": ["dcObject", "organization"], "dc": ["example"], "o": ["Example"]})
    return slapd


def _own_schema() -> str:
    lines = (
        f"attributetype ( 1.3.6.1.4.1.99999.1.{number_} NAME '{name}' {rules} )"
        for number_, (name, rules) in enumerate(_OWN_ATTRIBUTES.items())
    )
    return "\n".join(lines) + _OWN_CLASSES.format(attributes=" $ ".join(_OWN_ATTRIBUTES))


def _await(slapd: Slapd, log: Path) -> None:
    """Return when the server listens; raise RuntimeError with its log if it ends or stays silent."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", slapd.tls_port), _START_SECONDS):
            return
        with suppress(subprocess.TimeoutExpired):
            slapd.keeper.wait(0.02)
            break
    slapd.stop()
    raise RuntimeError(f"slapd did not start: {log.read_text(errors='replace')}")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return int(first.getsockname()[1]), int(second.getsockname()[1])


# ---------------------------------------------------------------- where it comes from


def find() -> Installation:
    """The installed server, else the unpacked one. Raises SlapdMissingError."""
    installed = shutil.which("slapd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/openldap:/usr/libexec")
    for schema in map(Path, ("/etc/ldap/schema", "/etc/openldap/schema")):
        for modules in map(Path, ("/usr/lib/ldap", "/usr/lib64/openldap", "/usr/lib/openldap")):
            if installed and (schema / "inetorgperson.schema").is_file() and list(modules.glob("back_mdb*")):
                return Installation(Path(installed), modules, schema)
    return _unpacked()


def _unpacked() -> Installation:
    """Of Debian's packages, fetched once into the user's cache folder."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        raise SlapdMissingError("slapd is not installed, and this is no Debian whose package could be unpacked")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "easd-tests"
    root = cache / "slapd"
    if not (root / "usr/sbin/slapd").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            _fetch(Path(temporary))
            with suppress(OSError):  # another process was quicker
                (Path(temporary) / "root").rename(root)
    libraries = tuple(path for path in (*root.glob("usr/lib/*-linux-gnu*"), *root.glob("lib/*-linux-gnu*")))
    found = Installation(root / "usr/sbin/slapd", root / "usr/lib/ldap", root / "etc/ldap/schema", libraries)
    if _run([str(found.program), "-VV"], environ=found.environ).returncode == 127:
        raise SlapdMissingError("slapd's package needs libraries that are not here")
    return found


def _fetch(folder: Path) -> None:
    needed = _run(["apt-cache", "depends", "--important", "slapd"]).stdout
    libraries = [line.split()[-1] for line in needed.splitlines() if line.strip().startswith("Depends: lib")]
    wanted = ["slapd", *(name for name in libraries if not name.startswith(_LEFT_OUT))]
    done = _run(["apt-get", "-o", "APT::Sandbox::User=", "download", *wanted], folder)
    if done.returncode:
        raise SlapdMissingError(f"slapd is not installed, and its package cannot be had: {done.stderr.strip()[-200:]}")
    for package in folder.glob("*.deb"):
        _run(["dpkg", "-x", str(package), str(folder / "root")])


def _run(
    command: list[str], folder: Path | None = None, environ: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=folder, env=environ, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def _report() -> int:
    try:
        sys.stdout.write(f"{find().program}\n")
    except SlapdMissingError as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_report())
