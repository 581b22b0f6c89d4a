"""Searching and finding as a phone does it."""

from typing import Any

from easd.eas.commands import find as find_tables, search as search_tables
from easd.eas.commands.find import (
    ExecuteSearch,
    FindOptions,
    FindQuery,
    FindRequest,
    FindResponse,
    FindResults,
    GalCriterion,
    MailBoxCriterion,
)
from easd.eas.commands.search import (
    GAL,
    MAILBOX,
    And,
    FreeText,
    Part,
    SearchOptions,
    SearchRequest,
    SearchStore,
    StoreResult,
)
from easd.eas.request import Command
from easd.wbxml import Element
from tests.support.world import Phone, text


def ask(phone: Phone, *stores: SearchStore) -> search_tables.SearchResponse:
    """One Search."""
    if phone.policy_key == 0:
        phone.provision()
    return phone.ask(Command.SEARCH, search_tables.REQUEST, SearchRequest(stores), search_tables.RESPONSE)


def searched(phone: Phone, store: SearchStore) -> StoreResult:
    """What is said of the store; the command succeeds."""
    answer = ask(phone, store)
    assert answer.status == 1
    assert answer.response is not None
    return answer.response.store


def mailbox(phone: Phone, *parts: Part | str, **options: Any) -> StoreResult:
    """A search in the mailbox with one And of these parts; a text is FreeText."""
    made = tuple(FreeText(part) if isinstance(part, str) else part for part in parts)
    return searched(phone, SearchStore(MAILBOX, (And(made),), SearchOptions(**options)))


def people(phone: Phone, query: str, **options: Any) -> StoreResult:
    """A search in the GAL."""
    return searched(phone, SearchStore(GAL, query, SearchOptions(**options)))


def subjects(found: StoreResult) -> list[str]:
    """Of the messages that were found."""
    return [text(element(result), "Email:Subject") for result in found.results if result.properties is not None]


def names(found: StoreResult) -> list[str]:
    """Of the people that were found."""
    return [text(element(result), "GAL:DisplayName") for result in found.results]


def element(result: search_tables.SearchResult) -> Element:
    assert isinstance(result.properties, Element)
    return result.properties


def ask_find(phone: Phone, execute: ExecuteSearch, search_id: str = "1") -> FindResponse:
    """One Find."""
    if phone.policy_key == 0:
        phone.provision()
    request = FindRequest(search_id, execute)
    return phone.ask(Command.FIND, find_tables.REQUEST, request, find_tables.RESPONSE)


def find(phone: Phone, free_text: str | None, folder: str | None = None, **options: Any) -> FindResults:
    """Find in the mailbox; the command succeeds, or says like its response that the request is invalid."""
    criterion = MailBoxCriterion(FindQuery(free_text, "Email", folder), FindOptions(**options))
    return _found(ask_find(phone, ExecuteSearch(criterion)))


def find_people(phone: Phone, query: str, **options: Any) -> FindResults:
    """The same in the GAL."""
    return _found(ask_find(phone, ExecuteSearch(gal=GalCriterion(query, FindOptions(**options)))))


def _found(answer: FindResponse) -> FindResults:
    assert answer.response is not None
    assert answer.status == (2 if answer.response.status == 2 else 1)
    return answer.response


def found_subjects(found: FindResults) -> list[str | None]:
    return [result.properties.subject for result in found.results]
