"""The usual proxies: how each is known, and what it needs so that requests may wait and answers flow."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proxy:
    """A product: words of its Server or Via header, and the settings that let a request wait and an answer flow."""

    name: str
    words: tuple[str, ...]
    waiting: str
    flowing: str


PROXIES = (
    Proxy(
        "nginx",
        ("nginx", "openresty", "tengine"),
        "proxy_read_timeout 3700s; proxy_send_timeout 3700s;",
        "proxy_buffering off; proxy_request_buffering off;",
    ),
    Proxy(
        "Caddy",
        ("caddy",),
        "reverse_proxy easd:8080 { transport http { read_timeout 0 } } (none is the default)",
        "reverse_proxy easd:8080 { flush_interval -1 }",
    ),
    Proxy(
        "HAProxy",
        ("haproxy",),
        "timeout server 3700s and timeout client 3700s in the frontend and backend",
        "no option http-buffer-request; filters that wait for whole bodies are to go",
    ),
    Proxy(
        "Traefik",
        ("traefik",),
        "serversTransport.forwardingTimeouts.responseHeaderTimeout=0s and idleTimeout=3700s; "
        "entryPoints.NAME.transport.respondingTimeouts.readTimeout=0s",
        "no buffering middleware on the router",
    ),
)


def known(headers: Mapping[str, str]) -> Proxy | None:
    """The proxy that an answer came through, as far as it says so (HAProxy and Traefik keep silent)."""
    said = f"{headers.get('server', '')} {headers.get('via', '')}".lower()
    return next((proxy for proxy in PROXIES if any(word in said for word in proxy.words)), None)


def advice(proxy: Proxy | None, *, flowing: bool = False) -> str:
    """What to change in that proxy; for an unknown one, what it would be in each."""
    chosen = PROXIES if proxy is None else (proxy,)
    return "; or ".join(f"{one.name}: {one.flowing if flowing else one.waiting}" for one in chosen)
