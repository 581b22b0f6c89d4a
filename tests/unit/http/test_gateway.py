"""How the edge is put together."""

import asyncio
import threading

from easd.config import Limits, Settings as AllSettings
from easd.http.gateway import limits
from easd.http.workers import Workers
from easd.notify.hub import Hub
from easd.service import context
from easd.service.context import HttpError
from tests.unit.http.conftest import QUICK, Start
from tests.unit.http.small import WAIT


def test_limits_of_the_services_come_from_the_settings() -> None:
    assert limits(Limits()) == context.Limits()
    assert limits(Limits(window_max=300)).window_max == 300


def test_background_tasks_run_as_long_as_the_server(start: Start) -> None:
    began, ended = threading.Event(), threading.Event()
    given: list[object] = []

    async def run() -> None:
        began.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    def background(hub: Hub, workers: Workers) -> list[object]:
        given.extend((hub, workers))
        return [run]

    live = start(AllSettings(server=QUICK), background=background)
    assert began.wait(WAIT)
    assert given == [live.gateway.hub, live.gateway.workers]
    assert not ended.is_set()
    live.stop()
    assert ended.wait(WAIT)


def test_a_user_who_changes_all_the_time_is_refused_in_the_end(start: Start) -> None:
    """The directory says otherwise each time it is asked: that ends after the second ticket."""
    live = start()
    plain = live.app.people.authenticate

    def authenticate(login: str, password: str) -> object:
        principal = plain(login, password)
        live.app.people.change("ann")
        return principal

    live.app.people.authenticate = authenticate  # type: ignore[method-assign, assignment]
    answer = live.post()
    assert (answer.status_code, answer.headers["www-authenticate"][:5]) == (401, "Basic")


def test_an_unknown_status_of_the_services_has_an_answer_too(start: Start) -> None:
    from easd.eas.request import Command

    live = start()
    live.app.answers[Command.SYNC] = HttpError(456, "blocked")
    answer = live.post("Sync")
    assert (answer.status_code, answer.text.splitlines()[0]) == (456, "456 Error")
