"""The whole HTTP application: the EAS endpoint before everything else, and a few pages behind it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from easd.http.body import Receive, Scope, Send

PATHS = frozenset(
    {
        "/microsoft-server-activesync",
        "/microsoft-server-activesync/",
        "/microsoft-server-activesync/default.eas",
    }
)
"""Paths of the endpoint, in lower case (MS-ASHTTP R15, R237)."""

ANY_CASE = ("/autodiscover/", "/.well-known/autoconfig/", "/mail/config-", "/email.mobileconfig")
"""How the paths of pages begin that clients spell with any letter case."""

_SLOW_SECONDS = 1.0

Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Check = Callable[[], object]
Background = Callable[[], Awaitable[None]]


def application(eas: Application, pages: Application) -> Application:
    """Requests for the endpoint go to `eas` without a detour, all others to `pages`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].lower() if scope["type"] == "http" else ""
        if path in PATHS:
            await eas(scope, receive, send)
        elif path.startswith(ANY_CASE):  # clients write Autodiscover.xml, autodiscover.xml and more
            await pages({**scope, "path": path}, receive, send)
        else:
            await pages(scope, receive, send)

    return app


def site(
    *,
    checks: Mapping[str, Check],
    stopping: Callable[[], bool],
    metrics: tuple[str, CollectorRegistry] | None = None,
    routes: Sequence[BaseRoute] = (),
    background: Sequence[Background] = (),
) -> Application:
    """The pages: /healthz, /healthz/slow, /readyz, perhaps metrics (path and registry), and further `routes`.

    `checks` are named functions that raise when the server cannot do its work; they run in a thread. `stopping` tells
    whether the server is on its way out. `background` runs as long as the server does.
    """
    own: list[BaseRoute] = [
        Route("/healthz", _alive),
        Route("/healthz/slow", _slow),
        Route("/readyz", _readiness(checks, stopping)),
    ]
    if metrics is not None:
        own.append(Route(metrics[0], _metrics(metrics[1])))
    return Starlette(routes=[*own, *routes], lifespan=_lifespan(background))


async def _alive(_request: Request) -> Response:
    """The process runs and its loop turns."""
    return PlainTextResponse("ok\n")


async def _slow(_request: Request) -> Response:
    """An answer that begins at once and ends a second later: whoever gets its beginning late has a proxy between that
    holds answers back.
    """

    async def pieces() -> AsyncIterator[bytes]:
        yield b"begun\n"
        await asyncio.sleep(_SLOW_SECONDS)
        yield b"ended\n"

    return StreamingResponse(pieces(), media_type="text/plain", headers={"Cache-Control": "no-store"})


def _readiness(checks: Mapping[str, Check], stopping: Callable[[], bool]) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_request: Request) -> Response:
        failed = await run_in_threadpool(_failed, checks)
        if stopping():
            failed.append("stopping")
        return JSONResponse({"ready": not failed, "failed": failed}, 503 if failed else 200)

    return ready


def _failed(checks: Mapping[str, Check]) -> list[str]:
    """The names of the checks that raise. What they raise may hold secrets and stays here."""
    failed = []
    for name, check in checks.items():
        try:
            check()
        except Exception:  # noqa: BLE001 - any failure is a failure
            failed.append(name)
    return failed


def _metrics(registry: CollectorRegistry) -> Callable[[Request], Awaitable[Response]]:
    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return metrics


def _lifespan(background: Sequence[Background]) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.ensure_future(run()) for run in background]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return lifespan
