"""A server at the other end of the wire that says what it was told to say, one answer a request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from easd.client import Device, TraceEntry
from easd.eas import query
from easd.eas.commands import provision
from easd.eas.commands.provision import POLICY_WBXML, PolicyGiven, ProvisionResponse
from easd.eas.headers import WBXML
from easd.eas.request import EasRequest
from easd.eas.schema import Document
from easd.eas.versions import V14_1, Version
from easd.model.policy import PolicyDocument
from easd.wbxml import decode

URL = "https://mail.example.test"


def told(document: Document[Any], value: Any, version: Version = V14_1) -> httpx.Response:
    """An answer with a document."""
    return httpx.Response(200, content=document.encode(value, version), headers={"Content-Type": WBXML})


def empty() -> httpx.Response:
    """An answer without a body."""
    return httpx.Response(200)


def policy(key: str, data: PolicyDocument | None = None) -> httpx.Response:
    """A Provision answer with a key, and in the first phase a document."""
    return told(provision.RESPONSE, ProvisionResponse(1, policies=(PolicyGiven(POLICY_WBXML, 1, key, data),)))


def provisioned() -> list[httpx.Response]:
    """Both phases, ending with key 77."""
    return [policy("5", PolicyDocument()), policy("77")]


@dataclass(slots=True)
class Script:
    """The answers, in order, and what was asked. Every answer has to be used, none twice."""

    answers: list[httpx.Response]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0)

    def asked(self, index: int = -1) -> EasRequest:
        """A request as a server parses it."""
        request = self.requests[index]
        headers = {name.lower(): value for name, value in request.headers.items()}
        return query.parse(request.url.query, headers)

    def value(self, document: Document[Any], index: int = -1, version: Version = V14_1) -> Any:
        """The typed value of a request's body."""
        return document.load(decode(self.requests[index].content), version)

    @property
    def names(self) -> list[str]:
        """The commands that were asked, in order."""
        return [request.url.params.get("Cmd", request.method) for request in self.requests]


@contextmanager
def device(
    *answers: httpx.Response, version: Version | None = V14_1, trace: list[TraceEntry] | None = None, **more: Any
) -> Iterator[tuple[Device, Script]]:
    """A device before a script. At the end, all answers must have been asked for."""
    script = Script(list(answers))
    made = Device(
        URL,
        "alice@example.test",
        "secret",
        "DEV1",
        "phone",
        version,
        transport=httpx.MockTransport(script),
        trace=None if trace is None else trace.append,
        **more,
    )
    yield made, script
    assert not script.answers, "the device did not ask for all answers"
