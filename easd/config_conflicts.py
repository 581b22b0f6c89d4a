"""What no single setting shows: values that contradict each other, or stand for nothing that there is."""

import ipaddress
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from easd.config import Auth, Discovery, OAuth, Settings
    from easd.config_encryption import Encryption
    from easd.config_incoming import Smtp
    from easd.config_ldap import Ldap
    from easd.config_outgoing import Queue, Relay


def conflicts(found: "Settings") -> Iterator[str]:
    """A line for each."""
    server, limits = found.server, found.limits
    if bool(server.tls_cert) != bool(server.tls_key):
        yield "server.tls_cert and server.tls_key: give both or none"
    if server.public_url and not server.public_url.startswith(("https://", "http://")):
        yield f"server.public_url: {server.public_url!r} does not begin with https:// or http://"
    for network in server.trusted_proxies:
        if not _is_network(network):
            yield f"server.trusted_proxies: {network!r} is neither an address nor a network"
    for domain, url in found.organisation.moved().items():
        if not domain or not url.startswith(("https://", "http://")):
            yield f"organisation.moved_domains: {domain}={url} is not a domain, = and an address"
    yield from _sign_in_faults(found.auth, found.oauth)
    yield from _ldap_faults(found.ldap)
    yield from _discovery_faults(found.discovery)
    yield from _smtp_faults(found.smtp, tls=bool(server.tls_cert))
    yield from _relay_faults(found.relay, found.queue)
    yield from _encryption_faults(found.encryption)
    if not found.metrics.path.startswith("/"):
        yield "metrics.path: does not begin with /"
    if limits.heartbeat_min > limits.heartbeat_max:
        yield "limits.heartbeat_min is greater than limits.heartbeat_max"
    if limits.window_default > limits.window_max:
        yield "limits.window_default is greater than limits.window_max"
    if limits.body_bytes > limits.message_bytes:
        yield "limits.body_bytes is greater than limits.message_bytes"


_ASYMMETRIC = frozenset(f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in ("256", "384", "512")) | {"EdDSA"}


def _sign_in_faults(auth: "Auth", oauth: "OAuth") -> Iterator[str]:
    if auth.client_certificates != "off" and not auth.client_ca:
        yield "auth.client_ca: without authorities no client certificate can count"
    if oauth.issuer and not (oauth.audience and oauth.jwks and oauth.algorithms):
        yield "oauth.audience, oauth.jwks and oauth.algorithms: an issuer needs all of them"
    if not oauth.issuer and not oauth.passwords:
        yield "oauth.passwords: without an issuer nobody could sign in"
    if oauth.jwks.startswith("http://"):
        yield "oauth.jwks: keys that come without TLS can be anybody's"
    for algorithm in set(oauth.algorithms) - _ASYMMETRIC:
        yield f"oauth.algorithms: {algorithm!r} is none of {', '.join(sorted(_ASYMMETRIC))}"
    if '"' in oauth.issuer + oauth.authorization_uri + oauth.client_id:
        yield "oauth: issuer, authorization_uri and client_id cannot hold quotation marks"


def _ldap_faults(ldap: "Ldap") -> Iterator[str]:
    if not ldap.urls:
        return
    for url in ldap.urls:
        if not re.fullmatch(r"ldaps?://(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9._-]+)(:[1-9][0-9]{0,4})?/?", url):
            yield f"ldap.urls: {url!r} is not ldap:// or ldaps:// and a host"
        elif ldap.clear_text and url.startswith("ldaps:"):
            yield f"ldap.clear_text: {url} speaks TLS"
    if not ldap.base_dn:
        yield "ldap.base_dn: without it nobody can be searched"
    if bool(ldap.bind_dn) != bool(ldap.bind_password_file):
        yield "ldap.bind_dn and ldap.bind_password_file: give both or none"


def _discovery_faults(found: "Discovery") -> Iterator[str]:
    for name, server in (("imap", found.imap), ("smtp", found.smtp)):
        if server and not re.fullmatch(r"[A-Za-z0-9._-]+:[1-9][0-9]{0,4}", server):
            yield f"discovery.{name}: {server!r} is not a host, a colon and a port"
    for old, new in found.redirected().items():
        if not old or not new or old == new:
            yield f"discovery.redirected_domains: {old}={new} is not two domains with = between"
    if bool(found.profile_cert) != bool(found.profile_key):
        yield "discovery.profile_cert and discovery.profile_key: give both or none"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _smtp_faults(smtp: "Smtp", *, tls: bool) -> Iterator[str]:
    places = {name: getattr(smtp, name) for name in ("listen", "lmtp", "submission", "submissions")}
    for name, text in places.items():
        if text and not re.fullmatch(r"([A-Za-z0-9._-]*|\[[0-9A-Fa-f:.]+\]):(0|[1-9][0-9]{0,4})", text):
            yield f"smtp.{name}: {text!r} is not an address, a colon and a port"
        if text and name.startswith("submission") and not tls:
            yield f"smtp.{name}: nobody may sign in without TLS, so server.tls_cert is needed"
    for network in smtp.trusted:
        if not _is_network(network):
            yield f"smtp.trusted: {network!r} is neither an address nor a network"
    for one in smtp.dns_servers:
        if not re.fullmatch(r"[0-9.]+(:[1-9][0-9]{0,4})?|[0-9A-Fa-f:]+|\[[0-9A-Fa-f:]+\](:[1-9][0-9]{0,4})?", one):
            yield f"smtp.dns_servers: {one!r} is not an address, with or without a port"
    if smtp.memory_bytes < 2 * smtp.message_bytes:
        yield "smtp.memory_bytes is not twice smtp.message_bytes: the largest message would never be taken"


def _relay_faults(relay: "Relay", queue: "Queue") -> Iterator[str]:
    if relay.host and relay.direct:
        yield "relay.host and relay.direct: mail goes one way or the other"
    if relay.password and relay.password_file:
        yield "relay.password and relay.password_file: give one of them"
    if bool(relay.username) != bool(relay.password or relay.password_file):
        yield "relay.username and relay.password or relay.password_file: give both or none"
    if relay.username and relay.tls == "none" and relay.host not in ("127.0.0.1", "::1", "localhost"):
        yield "relay.username with relay.tls = none: the password would be seen on the way"
    if queue.first_seconds > queue.most_seconds:
        yield "queue.first_seconds is greater than queue.most_seconds"
    if queue.warn_hours >= queue.give_up_hours:
        yield "queue.warn_hours is not less than queue.give_up_hours"


def _encryption_faults(encryption: "Encryption") -> Iterator[str]:
    if encryption.master_key == "file" and not encryption.master_key_file:
        yield "encryption.master_key_file: without a file there is no master key"
    if encryption.master_key == "none" and not encryption.index_bodies:
        yield "encryption.index_bodies: what is not encrypted need not be left out of the index"
    if encryption.master_key == "kms" and not encryption.kms_key:
        yield "encryption.kms_key: without a key of KMS there is no master key"
