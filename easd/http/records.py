"""What is kept of each request: one log line, and figures for Prometheus. Never a password, a body or Authorization."""

import time
from dataclasses import dataclass, field

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from easd.eas.request import EasRequest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_HELD_SECONDS = (1, 10, 60, 120, 300, 600, 900, 1800, 3600)


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as far as they are known; `place` is the address of the user in whose place a program
    says that it acts. Times in seconds of the monotonic clock.
    """

    trace: str
    method: str
    address: str = ""
    certificate: bytes | None = field(default=None, repr=False)
    started: float = field(default_factory=time.monotonic)
    user: str = ""
    place: str = ""
    request: EasRequest | None = None
    gzip: bool = False
    bytes_in: int = 0
    bytes_out: int = 0
    held: float = 0.0
    status: int = 0
    notes: tuple[str, ...] = ()
    cause: str = ""

    @property
    def command(self) -> str:
        """The command's name, or the method where there is none."""
        return self.request.command.wire_name if self.request else self.method


class Figures:
    """The metrics of the edge, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("easd_requests", "Requests answered", ("command", "status"), registry=self.registry)
        self.seconds = Histogram(
            "easd_request_seconds",
            "Time of work on a request, without the time it was held",
            ("command",),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.held_seconds = Histogram(
            "easd_held_seconds", "Time a request was held", ("command",), registry=self.registry, buckets=_HELD_SECONDS
        )
        self.holds = Gauge("easd_holds", "Requests held now", registry=self.registry)
        self.pokes = Counter("easd_hub_pokes", "Changes that woke a held request", registry=self.registry)
        self.bytes = Counter("easd_body_bytes", "Bytes of bodies", ("direction",), registry=self.registry)
        self.auth_failures = Counter("easd_auth_failures", "Refused credentials", ("reason",), registry=self.registry)
        self.errors = Counter("easd_errors", "Answers 500: faults of the server", registry=self.registry)
        self.gone = Counter("easd_disconnects", "Clients gone before their answer", registry=self.registry)
        self._counters: dict[tuple[str, int], Counter] = {}
        self._histograms: dict[str, Histogram] = {}
        self._bytes_in = self.bytes.labels("in")
        self._bytes_out = self.bytes.labels("out")

    def auth_failed(self, reason: str) -> None:
        self.auth_failures.labels(reason).inc()

    def answered(self, exchange: Exchange, seconds: float) -> None:
        command = exchange.command
        self._counter(command, exchange.status).inc()
        self._histogram(command).observe(seconds)
        if exchange.held:
            self.held_seconds.labels(command).observe(exchange.held)
        self._bytes_in.inc(exchange.bytes_in)
        self._bytes_out.inc(exchange.bytes_out)

    def _counter(self, command: str, status: int) -> Counter:
        found = self._counters.get((command, status))
        if found is None:
            found = self._counters[command, status] = self.requests.labels(command, str(status))
        return found

    def _histogram(self, command: str) -> Histogram:
        found = self._histograms.get(command)
        if found is None:
            found = self._histograms[command] = self.seconds.labels(command)
        return found


class Recorder:
    """Writes the log line and counts, when a request is over."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self._bound: structlog.typing.FilteringBoundLogger | None = None

    @property
    def _log(self) -> structlog.typing.FilteringBoundLogger:
        """Bound at the first line, when logging is configured: to bind for each would take 20 us."""
        if self._bound is None:
            self._bound = structlog.get_logger("easd.http").bind()
        return self._bound

    def over(self, exchange: Exchange) -> None:
        """The answer has been sent, or nobody was there to take it (status 0)."""
        worked = time.monotonic() - exchange.started - exchange.held
        if exchange.status:
            self.figures.answered(exchange, worked)
        else:
            self.figures.gone.inc()
        request = exchange.request
        self._log.info(
            "request",
            trace=exchange.trace,
            address=exchange.address,
            user=exchange.user,
            query_user=request.user if request else "",
            device_id=request.device_id if request else "",
            device_type=request.device_type if request else "",
            command=exchange.command,
            version=request.version.text if request else "",
            status=exchange.status,
            notes=list(exchange.notes),
            cause=exchange.cause,
            ms=round(worked * 1000, 1),
            held=round(exchange.held, 1),
            bytes_in=exchange.bytes_in,
            bytes_out=exchange.bytes_out,
        )

    def failed(self, exchange: Exchange, error: BaseException) -> None:
        """A fault of ours: the traceback goes to the log under the trace id that the client is told."""
        self.figures.errors.inc()
        self._log.error("fault", trace=exchange.trace, command=exchange.command, exc_info=error)
