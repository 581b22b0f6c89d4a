"""Bodies of answers that are too large to hold: piece by piece, as fast as the client takes them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial

from easd.http.body import ClientGoneError, Receive, Send, gone
from easd.http.workers import Workers
from easd.model.pieces import Pieces


async def stream(pieces: Pieces, workers: Workers, receive: Receive, send: Send) -> AsyncIterator[int]:
    """Send all pieces and tell how many bytes each had. ClientGoneError if the client has disconnected.

    A piece is made in a worker thread once the connection has room for it. While the client is slow there is no thread,
    no transaction and no more than one piece beyond what the connection holds.
    """
    made = pieces.begin()
    async with _watched(receive) as watch:
        while (piece := await workers.run_admitted(partial(_next, made))) is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            if watch.done():
                raise ClientGoneError
            yield len(piece)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _next(made: Iterator[bytes]) -> bytes | None:
    return next(made, None)


@asynccontextmanager
async def _watched(receive: Receive) -> AsyncIterator["asyncio.Task[None]"]:
    watch = asyncio.get_running_loop().create_task(gone(receive))
    try:
        yield watch
    finally:
        watch.cancel()
