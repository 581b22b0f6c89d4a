"""Mail of a domain: where it comes in, who may send for it, and whether the doors speak TLS."""

import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException

from easd.client.doctor.certificate import Context, judged
from easd.client.doctor.finding import Finding, bad, good, note
from easd.client.doctor.names import Names

_SECONDS = 15.0
_AREA = "mail"


@dataclass(frozen=True, slots=True)
class Doors:
    """The ports of mail: from other servers, from people after STARTTLS, and from people with TLS at once."""

    servers: int = 25
    submission: int = 587
    submissions: int = 465


async def records(names: Names, domain: str, host: str, selectors: Sequence[str]) -> AsyncIterator[Finding]:
    """What the DNS says of a domain whose mail the host should take."""
    yield _exchangers(await names.exchangers(domain), domain, host)
    yield _policy(await names.texts(domain), "SPF", domain, "v=spf1", "v=spf1 mx ~all")
    about = f"_dmarc.{domain}"
    yield _policy(await names.texts(about), "DMARC", about, "v=DMARC1", "v=DMARC1; p=quarantine; fo=1")
    for selector in selectors:
        name = f"{selector}._domainkey.{domain}"
        yield _key(await names.texts(name), name)
    if not selectors:
        yield note(_AREA, f"DKIM {domain}", "not looked at", "name a key: --selector, as `easd dkim list` shows them")


def _exchangers(found: Sequence[str], domain: str, host: str) -> Finding:
    what, wanted = f"MX {domain}", f"{domain}. MX 10 {host}."
    if not found:
        return bad(_AREA, what, "there is none: no mail arrives", wanted)
    told = ", ".join(found[:4])
    if host.lower() not in (one.lower() for one in found):
        return note(_AREA, what, told, f"if nothing there hands mail on to easd: {wanted}")
    return good(_AREA, what, told)


def _policy(texts: Sequence[str], kind: str, name: str, begins: str, proposed: str) -> Finding:
    """One record that says so; none makes forging easy, two count as none (RFC 7208 4.5, RFC 7489 6.6.3)."""
    found = [text for text in texts if text.replace(";", " ").split(" ")[0].lower() == begins.lower()]
    what, wanted = f"{kind} {name}", f'{name}. TXT "{proposed}"'
    if not found:
        return note(_AREA, what, "there is none: others may take this mail for junk", wanted)
    if len(found) > 1:
        return bad(_AREA, what, f"there are {len(found)}, which count as none", "leave one of them")
    return good(_AREA, what, found[0])


def _key(texts: Sequence[str], name: str) -> Finding:
    tags = [dict(_tags(text)) for text in texts]
    what = f"DKIM {name}"
    if any(each.get("p") for each in tags):
        return good(_AREA, what, "there is a key")
    if any("p" in each for each in tags):
        return bad(_AREA, what, "the key is revoked", "publish the record that `easd dkim show` prints")
    return bad(_AREA, what, "there is no key: signatures fail", "publish the record that `easd dkim show` prints")


def _tags(text: str) -> list[tuple[str, str]]:
    pairs = (part.partition("=") for part in text.split(";"))
    return [(name.strip().lower(), "".join(value.split())) for name, _, value in pairs]


async def doors(exchanger: str, host: str, context: Context, ports: Doors) -> AsyncIterator[Finding]:
    """Knock at the exchanger as other servers do, and at the host as people's programs do."""
    yield await door(exchanger, ports.servers, context, "other servers bring mail")
    for port, tls in ((ports.submission, False), (ports.submissions, True)):
        yield await door(host, port, context, "programs send mail", people=True, tls=tls)


async def door(
    host: str, port: int, context: Context, purpose: str, *, people: bool = False, tls: bool = False
) -> Finding:
    """Knock at one door: for the programs of `people`, which sign in there, or for other servers; `tls`: from the first
    byte.
    """
    what = f"SMTP {host}:{port}"
    client = SMTP(hostname=host, port=port, use_tls=tls, start_tls=False, tls_context=context(), timeout=_SECONDS)
    try:
        await client.connect()
        return await _looked_at(client, what, context, people=people, tls=tls)
    except ssl.SSLCertVerificationError as error:
        return _untrusted(what, error.verify_message, people=people)
    except (OSError, TimeoutError, SMTPException) as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            return _untrusted(what, error.__cause__.verify_message, people=people)
        said = " ".join(str(error).split()) or type(error).__name__
        if people:  # phones send by ActiveSync: only other programs come here
            return note(_AREA, what, f"no answer: {said}", f"if {purpose}: smtp.submission, smtp.submissions")
        return bad(_AREA, what, f"no answer: {said}", f"{purpose} here: smtp.listen, and port {port} open to all")
    finally:
        client.close()


async def _looked_at(client: SMTP, what: str, context: Context, *, people: bool, tls: bool) -> Finding:
    await client.ehlo()
    if not tls:
        if people and client.supports_extension("auth"):
            return bad(_AREA, what, "asks for passwords before TLS", "offer AUTH after STARTTLS alone")
        if not client.supports_extension("starttls"):
            advice = "give it a certificate: tls.certificate, tls.key"
            return (bad if people else note)(_AREA, what, "no STARTTLS: everything is in the clear", advice)
        await client.starttls(tls_context=context())
        await client.ehlo()
    if people and not client.supports_extension("auth"):
        return bad(_AREA, what, "nobody can sign in", "is this port another server's?")
    return judged(_AREA, what, client.get_transport_info("ssl_object"))


def _untrusted(what: str, why: str, *, people: bool) -> Finding:
    """Servers take whatever certificate there is, programs of people do not."""
    advice = "a certificate for this name, with its chain"
    return (bad if people else note)(_AREA, what, why, advice)
