"""Finding the server of a mail address, as phones do it (MS-ASCMD Autodiscover; MS-OXDSCLI)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import quote

import httpx
from lxml import etree

from easd.client.errors import ClientError

_SCHEMA = "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/%sschema/2006"
_PATH = "/autodiscover/autodiscover.xml"
_REDIRECTS_MAX = 5
_ANSWER_MAX = 256 * 1024
_SECONDS = 15.0


class NotFound(ClientError):
    """No attempt has led to a server; the text says what came of each."""


class Kind(Enum):
    """How a step asks."""

    POX = "post"
    """The XML document with the credentials, over HTTPS."""
    REDIRECT = "redirect"
    """A plain GET without credentials, to hear where HTTPS is; the document is sent there."""
    JSON = "json"
    """A GET without credentials (version 2)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One place where a client looks."""

    kind: Kind
    url: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a step: the EAS address (empty: none), the account's address, and words."""

    step: Step
    outcome: str
    url: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Seeker:
    """Somebody who looks for the server of an address."""

    address: str
    login: str
    password: str = field(repr=False)
    transport: httpx.AsyncBaseTransport | None = None

    async def attempt(self, step: Step) -> Trial:
        """One step; whatever goes wrong is an outcome."""
        client = httpx.AsyncClient(
            transport=self.transport, timeout=_SECONDS, headers={"User-Agent": "easd-client/1.0"}
        )
        try:
            async with client:
                if step.kind is Kind.JSON:
                    return await self._json(client, step)
                url = step.url if step.kind is Kind.POX else await _https_of(client, step.url)
                return await self._pox(client, step, url)
        except httpx.HTTPError as error:
            return Trial(step, f"no answer ({type(error).__name__}: {error})")
        except _Dead as error:
            return Trial(step, str(error))

    async def discover(self, steps: Iterable[Step] | None = None) -> Trial:
        """The first trial that has found the server. NotFound after the last."""
        seen: list[Trial] = []
        for step in steps or steps_of(self.address):
            trial = await self.attempt(step)
            if trial.url:
                return trial
            seen.append(trial)
        raise NotFound("; ".join(f"{trial.step.url}: {trial.outcome}" for trial in seen))

    async def _json(self, client: httpx.AsyncClient, step: Step) -> Trial:
        answer = await client.get(step.url)
        if answer.status_code != httpx.codes.OK:
            raise _Dead(f"HTTP {answer.status_code}")
        try:
            found = answer.json()
        except ValueError:
            raise _Dead("the answer is not JSON") from None
        url = found.get("Url") if isinstance(found, dict) else None
        if not isinstance(url, str) or not url.startswith("https://"):
            raise _Dead("the answer names no https address")
        return Trial(step, "found", url, self.address)

    async def _pox(self, client: httpx.AsyncClient, step: Step, url: str) -> Trial:
        """Post the document, and follow where it leads, over HTTPS alone: it carries the password."""
        address, login = self.address, self.login
        for _ in range(_REDIRECTS_MAX):
            if not url.startswith("https://"):
                raise _Dead(f"redirected to {url[:200]}, which is no https address")
            answer = await client.post(
                url, content=_document(address), auth=(login, self.password), headers={"Content-Type": "text/xml"}
            )
            if answer.is_redirect:
                url = str(answer.url.join(answer.headers["Location"]))
                continue
            if answer.status_code != httpx.codes.OK:
                raise _Dead(f"HTTP {answer.status_code}")
            told = _told(answer.content)
            if "Redirect" not in told:
                return _trial(step, told, address)
            address, login = told["Redirect"], told["Redirect"] if login == address else login
            url = _pox_url(f"autodiscover.{address.rpartition('@')[2]}")
        raise _Dead("redirected again and again")


class _Dead(Exception):
    """A step leads nowhere; the text says why."""


def steps_of(address: str) -> tuple[Step, ...]:
    """Where this client looks, in its order."""
    domain = address.rpartition("@")[2].lower()
    return (pox(domain), pox(f"autodiscover.{domain}"), redirect(domain), json(f"autodiscover.{domain}", address))


def pox(host: str) -> Step:
    """The document, posted to a host."""
    return Step(Kind.POX, _pox_url(host))


def redirect(domain: str) -> Step:
    """The plain GET at the domain's autodiscover host."""
    return Step(Kind.REDIRECT, f"http://autodiscover.{domain}{_PATH}")


def json(host: str, address: str) -> Step:
    """Version 2 at a host."""
    path = f"/autodiscover/autodiscover.json/v1.0/{quote(address)}?Protocol=ActiveSync"
    return Step(Kind.JSON, f"https://{host}{path}")


def _pox_url(host: str) -> str:
    return f"https://{host}{_PATH}"


async def _https_of(client: httpx.AsyncClient, url: str) -> str:
    answer = await client.get(url)
    if not answer.is_redirect:
        raise _Dead(f"HTTP {answer.status_code}, no redirect")
    return str(answer.url.join(answer.headers["Location"]))


def _document(address: str) -> bytes:
    root = etree.Element("Autodiscover", xmlns=_SCHEMA % "request")
    request = etree.SubElement(root, "Request")
    etree.SubElement(request, "EMailAddress").text = address
    etree.SubElement(request, "AcceptableResponseSchema").text = _SCHEMA % "response"
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _told(content: bytes) -> dict[str, str]:
    """The texts of an answer by the names of their elements, for the first server of each name."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content[:_ANSWER_MAX], parser)
    except (etree.XMLSyntaxError, ValueError):
        raise _Dead("the answer is not XML") from None
    found: dict[str, str] = {}
    for element in root.iter("{*}*"):
        found.setdefault(etree.QName(element).localname, (element.text or "").strip())
    return found


def _trial(step: Step, told: dict[str, str], address: str) -> Trial:
    url = told.get("Url", "")
    if url.startswith(("https://", "http://")):
        return Trial(step, "found", url, told.get("EMailAddress") or address)
    code = told.get("ErrorCode") or told.get("Status") or "none"
    raise _Dead(f"error {code}: {told.get('Message', 'no address in the answer')}")
