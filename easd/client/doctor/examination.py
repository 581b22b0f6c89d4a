"""All checks, in the order in which one needs the other."""

import ssl
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from easd.client.device import Device
from easd.client.discover import Kind, Seeker, Step, Trial
from easd.client.doctor import certificate, mail, waiting
from easd.client.doctor.finding import Finding, bad, good, note
from easd.client.doctor.names import Names, Resolver
from easd.client.doctor.orders import orders
from easd.client.doctor.proxies import Proxy, known
from easd.client.transport import PATH

_DEVICE_ID = "EASDDOCTOR0000000000000000000001"
_NEEDED = ("14.1", "16.1")


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at: the server's address, an account on it, and for how many seconds a request is to wait (0: that
    is not tried). `transport` and `names` stand for the network. `doors` are the ports of mail (None: mail is not
    looked at), `selectors` name the keys with which the domain's mail is signed.
    """

    url: str
    address: str
    password: str = field(repr=False)
    hold: int = 0
    login: str = ""
    transport: httpx.AsyncBaseTransport | None = None
    names: Names = field(default_factory=Resolver)
    context: certificate.Context = ssl.create_default_context
    doors: mail.Doors | None = None
    selectors: Sequence[str] = ()


async def examine(patient: Patient) -> AsyncIterator[Finding]:
    """The findings, each as soon as it is there."""
    parts = urlsplit(patient.url)
    host, port = parts.hostname or "", parts.port or 443
    async for found in _dns(patient, host):
        yield found
    if parts.scheme == "https":
        yield await certificate.look(host, port, patient.context)
    else:
        yield bad("TLS", host, "the address is not https", "phones speak to https addresses alone")
    async for found in _discovery(patient):
        yield found
    endpoint, proxy = await _endpoint(patient)
    yield endpoint
    yield await waiting.flow(patient.url, patient.transport, proxy)
    if patient.doors is not None:
        async for found in _mail(patient, patient.doors, host):
            yield found
    if patient.hold:
        async with _device(patient) as device:
            yield await waiting.survival(device, patient.hold, proxy)


async def _mail(patient: Patient, ports: mail.Doors, host: str) -> AsyncIterator[Finding]:
    domain = patient.address.rpartition("@")[2]
    async for found in mail.records(patient.names, domain, host, patient.selectors):
        yield found
    exchangers = await patient.names.exchangers(domain)
    async for found in mail.doors(next(iter(exchangers), host), host, patient.context, ports):
        yield found


def _device(patient: Patient) -> Device:
    login = patient.login or patient.address
    return Device(patient.url, login, patient.password, _DEVICE_ID, "easddoctor", transport=patient.transport)


async def _dns(patient: Patient, host: str) -> AsyncIterator[Finding]:
    domain = patient.address.rpartition("@")[2]
    found = await patient.names.addresses(host)
    if found:
        yield good("DNS", host, ", ".join(found[:4]))
    else:
        yield bad("DNS", host, "there is no such host", "an A or AAAA record for it")
    auto = f"autodiscover.{domain}"
    there = await patient.names.addresses(auto)
    services = await patient.names.services(f"_autodiscover._tcp.{domain}")
    if there:
        yield good("DNS", auto, ", ".join(there[:4]))
    elif services:
        yield note("DNS", auto, f"only SRV to {services[0].host}", f"Android heeds no SRV: a CNAME of {auto} to {host}")
    else:
        yield bad("DNS", auto, "there is no such host", f"a CNAME of {auto} to {host}")


async def _discovery(patient: Patient) -> AsyncIterator[Finding]:
    """Each client's order; a step that several of them take is taken once."""
    domain = patient.address.rpartition("@")[2]
    services = await patient.names.services(f"_autodiscover._tcp.{domain}")
    seeker = Seeker(patient.address, patient.login or patient.address, patient.password, patient.transport)
    seen: dict[Step, Trial] = {}
    for client, steps in orders(patient.address, services).items():
        for step in steps:
            if step not in seen:
                seen[step] = await seeker.attempt(step)
            if seen[step].url:
                break
        yield _verdict(patient, client, [seen[step] for step in steps if step in seen])


def _verdict(patient: Patient, client: str, trials: list[Trial]) -> Finding:
    hit = next((trial for trial in trials if trial.url), None)
    what = f"{client} finds the server"
    if hit is None:
        last = "; ".join(f"{trial.step.url}: {trial.outcome}" for trial in trials)
        return bad("Autodiscover", what, last, "answer one of these addresses, with a certificate for its host")
    where = f"{hit.url} (by {hit.step.url})"
    if urlsplit(hit.url).netloc != urlsplit(patient.url).netloc:
        return bad("Autodiscover", what, where, f"server.public_url = {patient.url}")
    late = [
        trial for trial in trials[: trials.index(hit)] if "HTTP 401" in trial.outcome and trial.step.kind is Kind.POX
    ]
    if late:
        return note("Autodiscover", what, where, f"{late[0].step.url} refuses the password: let it answer 404")
    return good("Autodiscover", what, where)


async def _endpoint(patient: Patient) -> tuple[Finding, Proxy | None]:
    """OPTIONS with the account: versions, and who stands between."""
    parts = urlsplit(patient.url)
    url = patient.url if parts.path not in ("", "/") else patient.url.rstrip("/") + PATH
    what = "the EAS address"
    async with httpx.AsyncClient(transport=patient.transport, timeout=15.0) as client:
        try:
            answer = await client.options(url, auth=(patient.login or patient.address, patient.password))
        except httpx.HTTPError as error:
            return bad("EAS", what, f"no answer ({type(error).__name__})", "the server must run and be reachable"), None
    proxy = known(answer.headers)
    return _judged(what, answer, f", behind {proxy.name}" if proxy else ""), proxy


def _judged(what: str, answer: httpx.Response, behind: str) -> Finding:
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        advice = "check the password, and that the proxy hands Authorization on"
        return bad("EAS", what, f"the login is refused{behind}", advice)
    versions = answer.headers.get("MS-ASProtocolVersions", "")
    if answer.status_code != httpx.codes.OK or not versions:
        found = f"HTTP {answer.status_code}, versions {versions or 'not told'}{behind}"
        return bad("EAS", what, found, f"send OPTIONS and POST of {PATH} on to easd, headers included")
    missing = [one for one in _NEEDED if one not in versions.split(",")]
    if missing:
        return note("EAS", what, f"speaks {versions}{behind}", f"no {', '.join(missing)}")
    return good("EAS", what, f"speaks {versions}{behind}")
