"""The arguments of MAIL and RCPT: an address, and what extensions let a client say beside it."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from easd.model.frozen import dataclass
from easd.model.outgoing import Notify
from easd.service.incoming.refusing import Refused

_ADDRESS_MAX: Final = 320
_ROUTE: Final = re.compile(r"^@[^:]*:")
_DOMAIN: Final = re.compile(r"(?:[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,255}|\[[0-9A-Za-z.:]{1,100}\])")
_LOCAL: Final = re.compile(r"(?:[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}|\"(?:[^\"\\\x00-\x1f\x7f]|\\[ -~]){0,64}\")")
_PARAMETER: Final = re.compile(r"([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~]+))?")
_HEX: Final = re.compile(r"\+([0-9A-F]{2})")
_POSTMASTER: Final = "postmaster"


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL: the reverse-path (empty for reports), the size that was announced (0: none), and what is asked of reports.
    `utf8`: addresses and header fields may have any character (SMTPUTF8).
    """

    sender: str
    size: int = 0
    ret: str = ""
    envid: str = ""
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT: a forward-path (`postmaster` may stand without a domain), and what is asked of reports about it."""

    address: str
    notify: frozenset[Notify] = frozenset()
    original: str = ""


def mail(argument: str | None) -> Mail:
    """What stands after MAIL. Refused for what cannot be read."""
    path, said = _split(argument, "FROM")
    values = _parameters(said, _MAIL)
    utf8 = bool(values.get("SMTPUTF8", False))
    sender = _address(path, utf8=utf8) if path else ""
    return Mail(sender, int(str(values.get("SIZE", 0))), str(values.get("RET", "")), str(values.get("ENVID", "")), utf8)


def rcpt(argument: str | None, *, utf8: bool) -> Rcpt:
    """What stands after RCPT. Refused for what cannot be read."""
    path, said = _split(argument, "TO")
    values = _parameters(said, _RCPT)
    address = path.lower() if path.lower() == _POSTMASTER else _address(path, utf8=utf8)
    notify = values.get("NOTIFY", frozenset())
    assert isinstance(notify, frozenset)
    return Rcpt(address, notify, str(values.get("ORCPT", "")))


def _split(argument: str | None, keyword: str) -> tuple[str, str]:
    """The path without its brackets, and the rest. Some clients put a blank before the path."""
    text = argument or ""
    name, colon, rest = text.partition(":")
    rest = rest.lstrip(" ")
    if name.strip().upper() != keyword or not colon or not rest.startswith("<"):
        raise Refused(501, "5.5.4", f"syntax: {'MAIL' if keyword == 'FROM' else 'RCPT'} {keyword}:<address>")
    end = _end_of_path(rest)
    return _ROUTE.sub("", rest[1:end]), rest[end + 1 :]


def _end_of_path(rest: str) -> int:
    quoted = escaped = False
    for at, letter in enumerate(rest):
        if escaped:
            escaped = False
        elif letter == "\\" and quoted:
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif letter == ">" and not quoted:
            return at
    raise Refused(501, "5.1.3", "the address has no end")


def _address(path: str, *, utf8: bool) -> str:
    local, at, domain = path.rpartition("@")
    if len(path) > _ADDRESS_MAX or not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise Refused(501, "5.1.3", "that is no mail address")
    if not path.isascii() and (not utf8 or not _is_text(path)):
        raise Refused(553, "5.6.7", "an address with such characters needs SMTPUTF8")
    return path


def _is_text(path: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in path)


Value = str | int | bool | frozenset[Notify]


def _parameters(text: str, known: Mapping[str, Callable[[str], Value]]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for word in text.split():
        parts = _PARAMETER.fullmatch(word)
        name = parts[1].upper() if parts else ""
        if parts is None or name in found:
            raise Refused(501, "5.5.4", "a parameter cannot be read")
        if name not in known:
            raise Refused(555, "5.5.4", f"there is no parameter {name[:40]} here")
        found[name] = known[name](parts[2] or "")
    return found


def _bad(name: str) -> Refused:
    return Refused(501, "5.5.4", f"the value of {name} cannot be read")


def _size(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 20:
        raise _bad("SIZE")
    return int(value)


def _body(value: str) -> str:
    if value.upper() not in ("7BIT", "8BITMIME"):
        raise _bad("BODY")
    return value.upper()


def _flag(value: str) -> bool:
    if value:
        raise _bad("SMTPUTF8")
    return True


def _ret(value: str) -> str:
    if value.upper() not in ("FULL", "HDRS"):
        raise _bad("RET")
    return value.upper()


def _envid(value: str) -> str:
    if not 0 < len(value) <= 100:
        raise _bad("ENVID")
    return _decoded(value)


def _notify(value: str) -> frozenset[Notify]:
    words = value.upper().split(",")
    if not set(words) <= set(Notify) or ("NEVER" in words and len(words) > 1):
        raise _bad("NOTIFY")
    return frozenset(map(Notify, words))


def _orcpt(value: str) -> str:
    kind, semicolon, address = value.partition(";")
    if not kind or not semicolon or not address or len(value) > 500:
        raise _bad("ORCPT")
    return f"{kind.lower()};{_decoded(address)}"


def _decoded(text: str) -> str:
    """xtext (RFC 3461 section 4) as it was meant; control characters stand for nothing here."""
    plain = _HEX.sub(lambda found: chr(int(found[1], 16)), text)
    return "".join(letter if letter.isprintable() else "?" for letter in plain)


def _ignored(value: str) -> str:
    return value


_MAIL: Final[Mapping[str, Callable[[str], Value]]] = {
    "SIZE": _size,
    "BODY": _body,
    "SMTPUTF8": _flag,
    "RET": _ret,
    "ENVID": _envid,
    "AUTH": _ignored,  # RFC 4954 section 5: who submitted it elsewhere, which is not believed
}
_RCPT: Final[Mapping[str, Callable[[str], Value]]] = {"NOTIFY": _notify, "ORCPT": _orcpt}
