"""Where each client looks for its server, in its order."""

from collections.abc import Mapping, Sequence

from easd.client.discover import Step, json, pox, redirect
from easd.client.doctor.names import Service


def orders(address: str, services: Sequence[Service]) -> Mapping[str, tuple[Step, ...]]:
    """The steps of each client for an address; `services` are the SRV records that some of them heed.

    iOS asks version 2 first, then as Exchange's own clients do. Android (AOSP and what came of it) knows the two hosts
    and nothing else. Outlook heeds the redirect and SRV.
    """
    domain = address.rpartition("@")[2].lower()
    hosts = (pox(domain), pox(f"autodiscover.{domain}"))
    by_service = tuple(pox(one.host if one.port == 443 else f"{one.host}:{one.port}") for one in services[:1])
    version_2 = (json(domain, address), json(f"autodiscover.{domain}", address))
    return {
        "iOS": (*version_2, *hosts, redirect(domain)),
        "Android": hosts,
        "Outlook": (*hosts, redirect(domain), *by_service, *version_2),
    }
