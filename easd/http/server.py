"""The process that serves: sockets, signals, limits of the system, memory."""

import asyncio
import contextlib
import gc
import signal
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

import uvicorn
from prometheus_client import start_http_server

from easd import config
from easd.http.app import Application
from easd.http.gateway import Gateway
from easd.http.protocol import bounded
from easd.http.tls import Renewal

_FILES_RESERVED = 256
"""Files that are no connections: databases, logs, listening sockets."""

_BODY_MARGIN_SECONDS = 10.0
"""The endpoint's own time limit comes first, because it answers; the connection's is for bodies that nobody reads."""


class Server(uvicorn.Server):
    """A uvicorn server that ends held requests, each with an answer, before it stops."""

    def __init__(
        self, settings: uvicorn.Config, closing: Callable[[], None], started: Callable[[], None] | None = None
    ) -> None:
        super().__init__(settings)
        self._closing = closing
        self._on_start = started
        self._renewing: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.config.ssl is not None:
            renewal = Renewal(self.config.ssl, str(self.config.ssl_certfile), str(self.config.ssl_keyfile))
            self._renewing = asyncio.create_task(renewal.watch())
        if self._on_start is not None:
            self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing()
        if self._renewing is not None:
            self._renewing.cancel()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT, and do not die of them afterwards, as the parent class would."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def listen(settings: config.Server) -> socket.socket:
    """The socket to serve on. OSError if the address or port cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server(
        (settings.host, settings.port),
        family=family,
        backlog=settings.backlog,
        reuse_port=settings.reuse_port,
        dualstack_ipv6=settings.host == "::" and socket.has_dualstack_ipv6(),
    )


def server(
    app: Application,
    settings: config.Server,
    closing: Callable[[], None],
    started: Callable[[], None] | None = None,
    client_ca: str = "",
) -> Server:
    """A server that is not running yet. `closing` ends held requests, `started` is called when it listens. `client_ca`:
    the authorities of clients' certificates, which are then asked for, and need not be there.
    """
    uvicorn_settings = uvicorn.Config(
        app,
        http=bounded(settings.head_seconds, settings.body_seconds + _BODY_MARGIN_SECONDS),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=settings.backlog,
        limit_concurrency=settings.connections_max or _connections_possible(),
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        ssl_certfile=settings.tls_cert or None,
        ssl_keyfile=settings.tls_key or None,
        ssl_ca_certs=client_ca or None,
        ssl_cert_reqs=ssl.CERT_OPTIONAL if client_ca else ssl.CERT_NONE,
    )
    return Server(uvicorn_settings, closing, started)


def run(gateway: Gateway, settings: config.Settings) -> None:
    """Serve until SIGTERM or SIGINT. OSError if the port cannot be had."""
    raise_file_limit()
    with contextlib.ExitStack() as stack:
        stack.callback(gateway.close)
        listening = stack.enter_context(listen(settings.server))
        if settings.metrics.enabled and settings.metrics.port:
            _offer_figures(gateway, settings.metrics, stack)
        client_ca = "" if settings.auth.client_certificates == "off" else settings.auth.client_ca
        server(gateway.app, settings.server, gateway.hub.close, spare_collector, client_ca).run([listening])


def _offer_figures(gateway: Gateway, metrics: config.Metrics, stack: contextlib.ExitStack) -> None:
    try:
        exporter, thread = start_http_server(metrics.port, metrics.host, gateway.figures.registry)
    except OSError as error:
        place = f"metrics.port, {metrics.host}:{metrics.port}"
        raise OSError(error.errno, f"{error.strerror} (while attempting to bind on {place})") from error
    stack.callback(thread.join)
    stack.callback(exporter.server_close)
    stack.callback(exporter.shutdown)


def spare_collector() -> None:
    """What is there at the start stays: the collector need not look at it again, nor run for every few objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def raise_file_limit() -> int:
    """Let the process open as many files as the system allows; answers that number, 0 where there is no limit."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):  # macOS says "unlimited" and means less
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
    return soft


def _connections_possible() -> int | None:
    files = raise_file_limit()
    return files - _FILES_RESERVED if files > 2 * _FILES_RESERVED else None
