"""What can be found out about a message from outside: SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 7489).

Each check is a library's, behind one function here. What they find is written on top of the message; what follows from
it is decided elsewhere. Nothing here raises: a check that cannot be made says so.
"""

import asyncio
import ipaddress
import logging
import re
from collections.abc import Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Final

import structlog

from easd.mime.addresses import address_field
from easd.mime.headers import Headers
from easd.mime.trace import Finding, authentication_results
from easd.model.frozen import dataclass
from easd.model.verdict import Demand, Verdict
from easd.smtp.desk import Run, Stranger
from easd.smtp.names import Names, Unanswered

if TYPE_CHECKING:
    import dkim
    from publicsuffixlist import PublicSuffixList

logging.getLogger("dkimpy").setLevel(logging.CRITICAL)  # it writes down what is wrong with strangers' signatures
_log = structlog.get_logger("easd.smtp")
_SIGNATURES_MAX: Final = 5
_AUTHORS_MAX: Final = 4
_KEY_BITS_MIN: Final = 1024
_TAG: Final = re.compile(r"(?:^|;)\s*([a-z]{1,3})\s*=\s*([^;]*)")
_REVOKED: Final = re.compile(rb"(?:^|;)\s*p\s*=\s*(?:;|$)")
"""A key that counts no more (RFC 6376 section 3.6.1)."""

_STRICTER: Final = tuple(Demand)


@dataclass(frozen=True, slots=True)
class _Signature:
    """A DKIM-Signature, and what became of it."""

    domain: str
    selector: str
    result: str = "none"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What DMARC says of one domain of the author."""

    finding: Finding
    demand: Demand = Demand.NONE
    domain: str = ""


class Verifier:
    """`host` is what this server calls itself. Clients in `trusted` networks are other doors of one's own, which have
    checked already. `seconds`: for all checks of a message.
    """

    def __init__(self, host: str, names: Names, run: Run, *, trusted: Sequence[str] = (), seconds: float = 20) -> None:
        self._host, self._names, self._run, self._seconds = host, names, run, seconds
        self._trusted = [ipaddress.ip_network(one, strict=False) for one in trusted]

    async def verify(self, stranger: Stranger, raw: bytes) -> Verdict:
        """The verdict on a message."""
        if self._trusts(stranger.address):
            return Verdict()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._verdict(stranger, raw)
        except Exception as error:  # noqa: BLE001 - a check that fails must not stop mail
            if not isinstance(error, TimeoutError):
                _log.error("verification_failed", exc_info=error)
            findings = [Finding(method, "temperror") for method in ("spf", "dkim", "dmarc")]
            return Verdict(authentication_results(self._host, findings))

    async def _verdict(self, stranger: Stranger, raw: bytes) -> Verdict:
        headers, _ = Headers.parse(raw, 0, len(raw), [])
        (spf, spf_domain), signatures = await asyncio.gather(self._spf(stranger), self._dkim(headers, raw))
        authors = {one.address.rpartition("@")[2].lower().rstrip(".") for one in address_field(headers, "from")}
        domains = sorted(filter(None, authors))[:_AUTHORS_MAX]
        judged = [await self._dmarc(domain, spf.result, spf_domain, signatures) for domain in domains]
        found = [spf, *map(_dkim_finding, signatures), *(one.finding for one in judged)]
        if not signatures:
            found.insert(1, Finding("dkim", "none"))
        worst = max(judged, key=lambda one: _STRICTER.index(one.demand), default=None)
        header = authentication_results(self._host, found)
        return Verdict(header, worst.demand, worst.domain) if worst else Verdict(header)

    def _trusts(self, address: str) -> bool:
        try:
            where = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        where = getattr(where, "ipv4_mapped", None) or where
        return any(where in network for network in self._trusted if network.version == where.version)

    # ------------------------------------------------------------ SPF

    async def _spf(self, stranger: Stranger) -> tuple[Finding, str]:
        """The finding, and the domain that it is about: the reverse-path's, or what the client called itself."""
        from spftrace import BaseResolver, acheck

        ask = self._names.ask

        class Resolver(BaseResolver):
            async def _lookup(self, name: str, rtype: str) -> tuple[str, list[str]]:
                try:
                    found = await ask(name, rtype)
                except Unanswered:
                    return "TIMEOUT", []
                return ("NXDOMAIN", []) if found is None else ("NOERROR", found)

        helo = stranger.helo.strip("[]")
        sender = stranger.sender or f"postmaster@{helo}"
        name = ("smtp.mailfrom", stranger.sender.rpartition("@")[2]) if stranger.sender else ("smtp.helo", helo)
        result = await acheck(stranger.address, sender, helo, resolver=Resolver(), receiver=self._host)
        return Finding("spf", str(result.verdict), (name,)), name[1].lower()

    # ------------------------------------------------------------ DKIM

    async def _dkim(self, headers: Headers, raw: bytes) -> Sequence[_Signature]:
        signatures = [_signature(text) for text in headers.every("dkim-signature")][:_SIGNATURES_MAX]
        keys = dict(zip(signatures, await asyncio.gather(*map(self._key, signatures)), strict=True))
        if not signatures:
            return ()
        return await self._run(partial(_signed, raw, signatures, keys))

    async def _key(self, signature: _Signature) -> bytes | None:
        """The text of a key; empty: there is none; None: nobody knows now."""
        if not signature.domain or not signature.selector:
            return b""
        try:
            found = await self._names.ask(f"{signature.selector}._domainkey.{signature.domain}", "TXT")
        except Unanswered:
            return None
        return found[0].encode() if found else b""

    # ------------------------------------------------------------ DMARC

    async def _dmarc(self, domain: str, spf: str, spf_domain: str, signatures: Sequence[_Signature]) -> _Judged:
        about = (("header.from", domain),)
        try:
            record, owner = await self._policy(domain)
        except Unanswered:
            return _Judged(Finding("dmarc", "temperror", about))
        if not record:
            return _Judged(Finding("dmarc", "none", about))
        return _judged(domain, record, owner, (spf, spf_domain), signatures)

    async def _policy(self, domain: str) -> tuple[str, str]:
        """The policy's record, and the organisational domain if the record is that one's; empty where there is none."""
        if record := await self._record(domain):
            return record, ""
        owner = _organisational(domain)
        return (await self._record(owner), owner) if owner != domain else ("", "")

    async def _record(self, domain: str) -> str:
        found = await self._names.ask(f"_dmarc.{domain}", "TXT") or []
        records = [text for text in found if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]
        return records[0] if len(records) == 1 else ""  # RFC 7489 section 6.6.3: of several, none counts


def _signature(text: str) -> _Signature:
    tags: Mapping[str, str] = {name: "".join(value.split()) for name, value in _TAG.findall(text)}
    return _Signature(tags.get("d", "").lower(), tags.get("s", ""))


def _signed(raw: bytes, signatures: Sequence[_Signature], keys: Mapping[_Signature, bytes | None]) -> list[_Signature]:
    """Each signature with its result; slow."""
    import dkim

    verifier = dkim.DKIM(raw, minkey=_KEY_BITS_MIN)
    return [_checked(verifier, number, each, keys[each]) for number, each in enumerate(signatures)]


def _checked(verifier: "dkim.DKIM", number: int, signature: _Signature, key: bytes | None) -> _Signature:
    import dkim

    domain, selector = signature.domain, signature.selector
    if not key or _REVOKED.search(key):
        return _Signature(domain, selector, "temperror" if key is None else "permerror", "no key")
    try:
        passed = verifier.verify(idx=number, dnsfunc=lambda *_, **__: key)
    except dkim.DKIMException as error:
        altered = "hash mismatch" in str(error)  # the library has no exception of its own for it
        return _Signature(domain, selector, "fail" if altered else "permerror", str(error))
    except Exception:  # noqa: BLE001 - whatever a stranger's signature makes of the library
        return _Signature(domain, selector, "permerror", "the signature cannot be read")
    return _Signature(domain, selector, "pass" if passed else "fail")


def _dkim_finding(signature: _Signature) -> Finding:
    about = (("header.d", signature.domain), ("header.s", signature.selector))
    return Finding("dkim", signature.result, about, signature.reason)


def _judged(domain: str, record: str, owner: str, spf: tuple[str, str], signatures: Sequence[_Signature]) -> _Judged:
    import dmarc

    about = (("header.from", domain),)
    judge = dmarc.DMARC(_Suffixes())
    try:
        policy = judge.parse_record(record, domain, org_domain=owner or None, strict=False)
    except dmarc.Error:
        return _Judged(Finding("dmarc", "permerror", about))
    results = dmarc.AuthResults(
        spf=dmarc.SPFAuthResult(spf[1], dmarc.SPFResult(spf[0])) if spf[1] else None,
        dkim=[dmarc.DKIMAuthResult(one.domain, dmarc.DKIMResult(one.result)) for one in signatures if one.domain],
    )
    found = judge.get_result(policy, auth_results=results, allow_policy_test_mode=True)
    if found.result is dmarc.DMARCResult.PASS:
        return _Judged(Finding("dmarc", "pass", about))
    demand = _weakened(Demand(found.disposition.value or "none"), policy.pct, tested=found.reason is not None)
    return _Judged(Finding("dmarc", "fail", (*about, ("policy.dmarc", demand.value))), demand, domain)


def _weakened(demand: Demand, percent: int, *, tested: bool) -> Demand:
    """`pct=0` asks for the next weaker action, as `t=y` does, which the library knows. Any other percentage is all."""
    if percent or tested:
        return demand
    return Demand.QUARANTINE if demand is Demand.REJECT else Demand.NONE


class _Suffixes:
    """What the library asks of a list of public suffixes."""

    def get_public_suffix(self, domain: str) -> str:
        return _organisational(domain)


def _organisational(domain: str) -> str:
    """The domain that somebody has registered: one label more than a public suffix (RFC 7489 section 3.2)."""
    return _suffixes().privatesuffix(domain) or domain


@cache
def _suffixes() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()
