"""Commands: verdicts and receipts over several tries of one request (MS-ASCMD)."""

from dataclasses import replace
from functools import cached_property

import pytest

from easd.sync.apply import Commands, Verdict
from easd.sync.conflict import Action, Policy
from easd.sync.diff import plan
from easd.sync.ranges import UidSet
from easd.sync.state import Receipt, Snapshot
from tests.support.sync_memory import MemoryMailbox


class Try:
    """One request with the same key as the other tries; the answers are lost. Items 1, 2 and 3 are held."""

    def __init__(self, before: "Try | None" = None, policy: Policy = Policy.SERVER_WINS) -> None:
        self.box: MemoryMailbox = MemoryMailbox(1) if before is None else before.box
        if before is None:
            for number in (1, 2, 3):
                self.box.add(1, number, {})
            self.base = plan(Snapshot(1, 3), self.box.view(1), 0, 10).take(10).after
        else:
            self.base = replace(before.base, receipts=before.commands.receipts)
        self.policy = policy

    @cached_property
    def commands(self) -> Commands:
        """They begin when the request comes: after what the test did to the box, before what the request does."""
        return Commands(self.base, self.box.view(1), self.policy)

    def add(self, client_id: str, digest: str) -> Verdict:
        verdict = self.commands.add(client_id, digest)
        if verdict.action.writes:
            fields = {"d": digest}
            item = self.box.add(1, 9, fields) if verdict.uid is None else self.box.write(1, verdict.uid, 9, fields)
            self.commands.done(verdict, item.uid, item.mod_seq)
        return verdict

    def change(self, uid: int, digest: str) -> Verdict:
        verdict = self.commands.change(uid, digest)
        if verdict.action.writes:
            self.commands.done(verdict, uid, self.box.write(1, uid, None, {digest: "1"}).mod_seq)
        return verdict

    def delete(self, uid: int) -> Verdict:
        verdict = self.commands.delete(uid)
        if verdict.action.writes:
            self.commands.done(verdict, uid, self.box.remove(1, uid))
        return verdict

    def told(self) -> list[tuple[str, int]]:
        todo = plan(self.commands.after, self.box.view(1), 0, 100)
        return [(command.kind.value, command.uid) for command in todo.commands]


def test_commands_that_go_through_are_not_told_back() -> None:
    first = Try()
    assert first.add("a", "x").action is Action.CREATE
    assert first.change(1, "x") == Verdict(Action.WRITE, 1, Receipt(None, "x", 1, 0, over=1))
    assert first.delete(2).action is Action.REMOVE
    assert first.told() == []
    assert first.commands.after.known == UidSet.parse("1,3:4")
    assert first.commands.any


def test_no_commands() -> None:
    first = Try()
    assert not first.commands.any
    assert first.commands.after == first.base


def test_a_second_try_is_answered_and_not_carried_out() -> None:
    first = Try()
    first.add("a", "x")
    first.change(1, "x")
    first.delete(2)
    again = Try(first)
    assert again.add("a", "x") == Verdict(Action.REPEAT, 4)
    assert again.change(1, "x") == Verdict(Action.REPEAT, 1)
    assert again.delete(2).action is Action.ALREADY
    assert again.told() == []
    assert again.box.modseq == 6
    assert again.commands.receipts == first.commands.receipts


def test_what_a_second_try_does_not_repeat_is_told() -> None:
    first = Try()
    first.add("a", "x")
    first.change(1, "x")
    first.delete(2)
    assert Try(first).told() == [("Add", 4), ("Change", 1), ("Delete", 2)]


def test_what_happened_since_the_first_try_is_told() -> None:
    first = Try()
    first.add("a", "x")
    first.change(1, "x")
    again = Try(first)
    again.box.write(1, 1, None, {"b": "2"})
    again.box.remove(1, 4)
    again.add("a", "x")
    again.change(1, "x")
    assert again.told() == [("Change", 1), ("Delete", 4)]


def test_an_edited_add_replaces_the_unacknowledged_item() -> None:
    first = Try()
    first.add("a", "x")
    again = Try(first)
    assert again.add("a", "y").action is Action.WRITE
    assert again.told() == []
    assert again.box.folders[1].items[4].fields == {"d": "y"}


def test_an_old_try_that_comes_late_does_not_undo_the_edit() -> None:
    first = Try()
    first.add("a", "x")
    second = Try(first)
    second.add("a", "y")
    late = Try(second)
    assert late.add("a", "x") == Verdict(Action.REPEAT, 4)
    assert late.told() == [("Change", 4)]


def test_an_edited_add_loses_against_a_change_of_somebody_else_R2066() -> None:
    first = Try()
    first.add("a", "x")
    first.box.write(1, 4, None, {"b": "2"})
    again = Try(first)
    assert again.add("a", "y") == Verdict(Action.KEEP, 4)
    assert again.told() == [("Change", 4)]
    late = Try(again)
    late.box.remove(1, 4)
    assert late.add("a", "y") == Verdict(Action.REPEAT, 4)
    assert late.told() == [("Delete", 4)]


def test_an_edited_add_wins_where_the_client_wins_R2067() -> None:
    first = Try()
    first.add("a", "x")
    first.box.write(1, 4, None, {"b": "2"})
    again = Try(first, Policy.CLIENT_WINS)
    assert again.add("a", "y").action is Action.WRITE
    assert again.told() == []


def test_an_edited_add_of_a_removed_item_is_made_anew() -> None:
    first = Try()
    first.add("a", "x")
    first.box.remove(1, 4)
    again = Try(first)
    assert again.add("a", "y").action is Action.CREATE
    assert again.told() == []
    third = Try(again)
    assert third.add("a", "z").uid == 5


def test_one_client_id_twice_in_a_request_R961() -> None:
    first = Try()
    made = [first.add("a", "x"), first.add("a", "x"), first.add("a", "y")]
    assert [verdict.action for verdict in made] == [Action.CREATE, Action.REPEAT, Action.CREATE]
    assert made[1].uid == 4
    again = Try(first)
    answers = [again.add("a", "x"), again.add("a", "x"), again.add("a", "y")]
    assert [(verdict.action, verdict.uid) for verdict in answers] == [
        (Action.REPEAT, 4),
        (Action.REPEAT, 4),
        (Action.REPEAT, 5),
    ]
    assert again.told() == []


def test_an_edit_does_not_take_an_item_that_another_add_stands_for_R961() -> None:
    first = Try()
    first.add("a", "x")
    again = Try(first)
    assert again.add("a", "y").uid == 4
    assert again.add("a", "x").action is Action.CREATE
    assert again.told() == []


def test_a_failed_write_is_tried_again() -> None:
    first = Try()
    assert first.commands.add("a", "x").action is Action.CREATE
    assert first.commands.change(1, "x").action is Action.WRITE
    assert first.commands.delete(2).action is Action.REMOVE
    assert first.commands.receipts == ()
    assert first.commands.after.known == first.base.known
    assert Try(first).add("a", "x").action is Action.CREATE


def test_conflict_R2069() -> None:
    first = Try()
    first.box.write(1, 1, None, {"b": "2"})
    assert first.change(1, "x") == Verdict(Action.CONFLICT, 1)
    assert first.told() == [("Change", 1)]
    again = Try(first)
    assert again.change(1, "x").action is Action.CONFLICT


def test_a_client_that_wins_gets_the_mixture_R2067() -> None:
    first = Try(policy=Policy.CLIENT_WINS)
    first.box.write(1, 1, None, {"b": "2"})
    assert first.change(1, "x").action is Action.WRITE
    assert first.change(1, "y").action is Action.WRITE
    assert first.told() == [("Change", 1)]
    again = Try(first, Policy.CLIENT_WINS)
    again.change(1, "x")
    again.change(1, "y")
    assert again.told() == [("Change", 1)]


def test_a_change_over_what_this_try_does_not_repeat_gives_a_mixture() -> None:
    first = Try()
    first.change(1, "x")
    again = Try(first)
    assert again.change(1, "y").action is Action.WRITE
    assert again.told() == [("Change", 1)]
    late = Try(again)
    assert late.change(1, "y").action is Action.REPEAT
    assert late.told() == [("Change", 1)]


def test_a_mixture_that_is_not_told_yet_is_no_conflict() -> None:
    first = Try()
    first.change(1, "x")
    again = Try(first)
    again.change(1, "y")
    todo = plan(again.commands.after, again.box.view(1), 0, 0)
    following = Commands(todo.take(0).after, again.box.view(1))
    assert following.change(1, "z").action is Action.WRITE


def test_two_changes_of_one_item_are_answered_in_their_order() -> None:
    first = Try()
    first.change(1, "x")
    first.change(1, "y")
    again = Try(first)
    assert [again.change(1, d).action for d in "xy"] == [Action.REPEAT, Action.REPEAT]
    assert again.told() == []
    turned = Try(first)
    assert [turned.change(1, d).action for d in "yx"] == [Action.REPEAT, Action.WRITE]
    assert turned.told() == [("Change", 1)]
    half = Try(turned)
    assert half.change(1, "x").action is Action.REPEAT
    assert half.told() == [("Change", 1)]


def test_a_repeated_change_of_an_unknown_item_does_not_make_it_held() -> None:
    first = Try()
    first.box.add(1, 5, {})
    first.box.write(1, 4, None, {"b": "2"})
    lone = replace(first.base, known=UidSet.parse("1:3"))
    commands = Commands(lone, first.box.view(1), Policy.CLIENT_WINS)
    commands.done(commands.change(4, "x"), 4, first.box.write(1, 4, None, {"x": "1"}).mod_seq)
    assert not commands.after.unsure
    first.box.remove(1, 4)
    assert not plan(commands.after, first.box.view(1), 0, 10).steps


def test_a_change_of_a_removed_item_R5846_R2076() -> None:
    first = Try()
    first.box.remove(1, 1)
    assert first.change(1, "x") == Verdict(Action.MISSING, 1)
    assert first.told() == [("Delete", 1)]
    assert first.change(99, "x").action is Action.MISSING


def test_a_delete_takes_precedence_R2076() -> None:
    first = Try()
    first.box.write(1, 1, None, {"b": "2"})
    assert first.delete(1).action is Action.REMOVE
    assert first.told() == []


@pytest.mark.parametrize("uid, action", [(1, Action.ALREADY), (99, Action.MISSING)])
def test_a_delete_of_what_is_not_there(uid: int, action: Action) -> None:
    first = Try()
    first.box.remove(1, 1)
    assert first.delete(uid).action is action
    assert (1 in first.commands.after.known) is (uid != 1)


def test_commands_see_the_writes_before_them() -> None:
    first = Try()
    first.change(1, "x")
    assert first.change(1, "y").action is Action.WRITE
    first.delete(1)
    assert first.change(1, "z").action is Action.MISSING
    assert first.delete(1).action is Action.ALREADY


def test_an_item_that_its_own_Change_took_away_is_told_as_deleted_and_a_retry_is_answered() -> None:
    first = Try()
    verdict = first.commands.change(2, "send")
    first.commands.done(verdict, 2, first.box.remove(1, 2), gone=True)
    told = plan(first.commands.after, first.box.view(1), 0, 10).commands
    assert [(command.kind.value, command.uid) for command in told] == [("Delete", 2)]
    again = Try(first)
    assert again.commands.change(2, "send").action is Action.REPEAT
    assert again.commands.change(2, "other").action is Action.MISSING


def test_an_outcome_that_is_another_one_than_the_client_holds_is_told_again() -> None:
    first = Try()
    first.change(2, "x")
    first.commands.again(2)
    told = plan(first.commands.after, first.box.view(1), 0, 10).commands
    assert [(command.kind.value, command.uid) for command in told] == [("Change", 2)]


def test_a_verdict_knows_whether_the_client_holds_the_version_that_it_changes() -> None:
    first = Try(policy=Policy.CLIENT_WINS)
    assert first.change(1, "x").seen
    assert first.change(1, "y").seen
    first.commands.again(1)
    assert not first.commands.change(1, "z").seen
    second = Try(policy=Policy.CLIENT_WINS)
    second.box.write(1, 1, None, {"y": "1"})
    assert not second.commands.change(1, "z").seen


def test_another_outcome_is_told_also_by_the_answer_to_a_repeated_request() -> None:
    first = Try()
    first.change(2, "x")
    first.add("c1", "y")
    for uid in (2, 4):
        first.commands.again(uid)
    assert first.told() == [("Change", 2), ("Change", 4)]
    second = Try(first)
    assert not second.change(2, "x").action.writes
    assert second.add("c1", "y").uid == 4
    assert second.told() == [("Change", 2), ("Change", 4)]


def test_a_conflict_whose_outcome_is_told_again_leaves_no_receipt() -> None:
    first = Try()
    first.box.write(1, 2, None, {"other": "1"})
    first.change(2, "x")
    first.commands.again(2)
    assert first.commands.receipts == ()
    assert first.told() == [("Change", 2)]
