"""The strict replica: what it holds after each answer, and which answers it does not take."""

from collections.abc import Sequence
from typing import Any

import pytest

from easd.client.errors import ProtocolViolation
from easd.client.replica import CollectionReplica, Replica, element_of, merged
from easd.eas.commands.move_items import Move, MoveResult
from easd.eas.commands.sync import (
    AddResult,
    ChangeResult,
    ClientAdd,
    ClientChange,
    ClientCommand,
    ClientDelete,
    ClientFetch,
    DeleteResult,
    FetchResult,
    ServerAdd,
    ServerChange,
    ServerDelete,
    ServerSoftDelete,
    SyncCollectionResult,
)
from easd.wbxml import Element, Writer, tag

SENT: Sequence[ClientCommand] = ()


def item(subject: str = "s", read: str = "0") -> Element:
    return Element(
        tag("AirSync:ApplicationData"), [Element(tag("Email:Subject"), subject), Element(tag("Email:Read"), read)]
    )


def state(read: str) -> Element:
    return Element(tag("AirSync:ApplicationData"), [Element(tag("Email:Read"), read)])


def result(key: str | None, *commands: Any, status: int = 1, **more: Any) -> SyncCollectionResult:
    return SyncCollectionResult("34", status, key, commands=commands, **more)


def held(*server_ids: str) -> CollectionReplica:
    """A replica at key 1 that holds these items."""
    return CollectionReplica("34", "1", {server_id: item() for server_id in server_ids})


def test_a_new_collection_starts_with_key_0_and_nothing() -> None:
    replica = Replica()
    assert (replica["34"].sync_key, replica["34"].items) == ("0", {})
    assert replica["34"] is replica["34"]


def test_commands_are_applied_in_their_order() -> None:
    replica = held("a", "b", "c")
    replica.apply(
        "1",
        SENT,
        result(
            "2",
            ServerDelete("a"),
            ServerSoftDelete("b"),
            ServerChange("c", state("1")),
            ServerAdd("a", item("again")),
            more_available=True,
        ),
    )
    assert list(replica.items) == ["c", "a"]
    assert replica.items["c"] == item(read="1")
    assert (replica.sync_key, replica.more_available) == ("2", True)


@pytest.mark.parametrize(
    "command, what",
    [
        (ServerAdd("a", item()), "Add of a, which is held already"),
        (ServerChange("x", item()), "Change of x, which is not held"),
        (ServerDelete("x"), "Delete of x, which is not held"),
        (ServerSoftDelete("x"), "SoftDelete of x, which is not held"),
    ],
)
def test_command_that_does_not_fit_is_a_violation(command: object, what: str) -> None:
    with pytest.raises(ProtocolViolation, match=f"collection 34: {what}"):
        held("a").apply("1", SENT, result("2", command))


@pytest.mark.parametrize(
    "answer, what",
    [
        (result("1", more_available=True), "without a new SyncKey"),
        (result("1", ServerDelete("a")), "without a new SyncKey"),
        (result("2", more_available=True), "MoreAvailable without progress"),
        (result(None), "no usable SyncKey"),
        (result("0"), "no usable SyncKey"),
        (result(None, ServerDelete("a"), status=5), "commands beside status 5"),
        (SyncCollectionResult("35", 1, "2"), "collection 35, not 34"),
    ],
)
def test_key_and_progress_are_required(answer: SyncCollectionResult, what: str) -> None:
    with pytest.raises(ProtocolViolation, match=what):
        held("a").apply("1", SENT, answer)


def test_same_key_is_right_when_nothing_changed() -> None:
    replica = held("a")
    replica.apply("1", SENT, result("1"))
    assert (replica.sync_key, list(replica.items)) == ("1", ["a"])


def test_status_3_empties_the_replica_R4427() -> None:
    replica = held("a")
    replica.apply("1", SENT, result(None, status=3))
    assert (replica.sync_key, replica.items) == ("0", {})


def test_other_failures_leave_it_as_it_is() -> None:
    replica = held("a")
    replica.apply("1", SENT, result(None, status=5))
    assert (replica.sync_key, list(replica.items)) == ("1", ["a"])


def test_first_answer_to_key_0_forgets_what_was_held() -> None:
    replica = held("a")
    replica.apply("0", SENT, result("1", more_available=True))
    assert (replica.sync_key, replica.items, replica.more_available) == ("1", {}, True)


def test_own_commands_take_effect_when_they_succeed() -> None:
    replica = held("a", "b", "c")
    sent: list[ClientCommand] = [
        ClientChange("a", state("1")),
        ClientDelete("b"),
        ClientAdd("n", item("new")),
        ClientFetch("c"),
        ClientChange("a"),
        ClientChange("unknown", state("1")),
    ]
    responses = (AddResult("n", 1, "d"), FetchResult("c", 1, item("whole")))
    replica.apply("1", sent, result("2", responses=responses))
    assert list(replica.items) == ["a", "c", "d"]
    assert (replica.items["a"], replica.items["c"]) == (item(read="1"), item("whole"))


def test_own_commands_that_failed_take_none() -> None:
    replica = held("a", "b", "c")
    sent: list[ClientCommand] = [
        ClientChange("a", state("1")),
        ClientDelete("b"),
        ClientAdd("n", item("new")),
        ClientFetch("c"),
    ]
    responses = (ChangeResult("a", 7), DeleteResult("b", 8), AddResult("n", 6), FetchResult("c", 8))
    replica.apply("1", sent, result("2", responses=responses))
    assert {server_id: element == item() for server_id, element in replica.items.items()} == {
        "a": True, "b": True, "c": True,
    }  # fmt: skip


def test_success_may_be_said_of_changes_too() -> None:
    replica = held("a")
    replica.apply("1", [ClientChange("a", state("1"))], result("2", responses=(ChangeResult("a", 1),)))
    assert replica.items["a"] == item(read="1")


def test_delete_of_what_we_deleted_ourselves_is_a_violation() -> None:
    with pytest.raises(ProtocolViolation, match="Delete of a, which is not held"):
        held("a").apply("1", [ClientDelete("a")], result("2", ServerDelete("a")))


@pytest.mark.parametrize(
    "sent, responses, what",
    [
        ([], (ChangeResult("a", 7),), "an answer to nothing that was asked"),
        ([ClientDelete("a")], (ChangeResult("a", 7),), "an answer to nothing that was asked"),
        ([ClientAdd("n", item())], (), "no answer to ClientAdd"),
        ([ClientFetch("a")], (), "no answer to ClientFetch"),
        ([ClientAdd("n", item())], (AddResult("n", 1),), "no ServerId for the added item n"),
        ([ClientAdd("n", item())], (AddResult("n", 1, "a"),), "ServerId a given to a second item"),
        ([ClientFetch("a")], (FetchResult("a", 1),), "succeeded without data"),
    ],
)
def test_answers_must_fit_what_was_asked(sent: Sequence[ClientCommand], responses: Any, what: str) -> None:
    with pytest.raises(ProtocolViolation, match=what):
        held("a").apply("1", sent, result("2", responses=responses))


def test_change_replaces_what_it_names_and_keeps_the_rest() -> None:
    assert merged(item("s", "0"), state("1")) == item("s", "1")


def test_data_is_an_element_whichever_way_it_is_held() -> None:
    writer = Writer()
    writer.text(tag("Email:Read"), "1")
    assert element_of(writer.fragment()) == state("1")
    assert element_of(state("1")) == state("1")


MOVE = Move("1:7", "1", "34")


@pytest.mark.parametrize(
    "note",
    [
        pytest.param(lambda replica: replica.unheard([MOVE]), id="the answer was lost"),
        pytest.param(lambda replica: replica.moved([MOVE], [MoveResult("1:7", 1)]), id="it came twice"),
    ],
)
def test_an_item_moved_here_under_an_unheard_id_may_go_without_having_come_R289(note: Any) -> None:
    replica = Replica()
    replica["34"].sync_key = "1"
    with pytest.raises(ProtocolViolation, match="Delete of 34:2, which is not held"):
        replica["34"].apply("1", SENT, result("2", ServerDelete("34:2")))
    note(replica)
    replica["34"].apply("2", SENT, result("3", ServerDelete("34:2")))
    with pytest.raises(ProtocolViolation, match="Change of 34:2, which is not held"):
        replica["34"].apply("3", SENT, result("4", ServerChange("34:2", item())))
