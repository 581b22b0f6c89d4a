"""Autodiscover as JSON, version 2: a GET without credentials that names the protocol and its URL."""

from collections.abc import Mapping

from easd.http.discovery.place import EAS, POX

PROTOCOLS: Mapping[str, tuple[str, str]] = {
    "activesync": ("ActiveSync", EAS),
    "autodiscoverv1": ("AutodiscoverV1", POX),
}
"""The protocols by their names in lower case: the name that is answered, and the path."""


def found(protocol: str, base: str) -> dict[str, str] | None:
    """The answer for a protocol; None for one that this server does not speak."""
    known = PROTOCOLS.get(protocol.lower())
    return {"Protocol": known[0], "Url": f"{base}{known[1]}"} if known else None


def error(code: str, message: str) -> dict[str, str]:
    """An answer that says what is wrong with the request."""
    return {"ErrorCode": code, "ErrorMessage": message}
