"""Every cell of the decision table (MS-ASCMD)."""

from itertools import product

import pytest

from easd.sync.conflict import Action, Claim, Op, Policy, Standing, decide, standing
from easd.sync.ports import Change

BOTH = tuple(Policy)
HERE = (Standing.SAME, Standing.OWN, Standing.FOREIGN)
AWAY = (Standing.ABSENT, Standing.GONE)

# operation, claim, standings, policies: action
TABLE = {
    # An Add that nobody has seen is made, whatever else there is.
    (Op.ADD, Claim.NONE, (*HERE, *AWAY), BOTH): Action.CREATE,
    # An edited one replaces what the earlier try made, unless somebody has changed that, or removed it.
    (Op.ADD, Claim.EDITED, (Standing.SAME, Standing.OWN), BOTH): Action.WRITE,
    (Op.ADD, Claim.EDITED, (Standing.FOREIGN,), (Policy.CLIENT_WINS,)): Action.WRITE,
    (Op.ADD, Claim.EDITED, (Standing.FOREIGN,), (Policy.SERVER_WINS,)): Action.KEEP,
    (Op.ADD, Claim.EDITED, AWAY, BOTH): Action.CREATE,
    # A Change meets a Change: R2067, R2068, R2069.
    (Op.CHANGE, Claim.NONE, (Standing.SAME, Standing.OWN), BOTH): Action.WRITE,
    (Op.CHANGE, Claim.NONE, (Standing.FOREIGN,), (Policy.CLIENT_WINS,)): Action.WRITE,
    (Op.CHANGE, Claim.NONE, (Standing.FOREIGN,), (Policy.SERVER_WINS,)): Action.CONFLICT,
    # A Change meets a Delete: R2076, R5846.
    (Op.CHANGE, Claim.NONE, AWAY, BOTH): Action.MISSING,
    # A Delete meets a Change: R2076.
    (Op.DELETE, Claim.NONE, HERE, BOTH): Action.REMOVE,
    (Op.DELETE, Claim.NONE, (Standing.GONE,), BOTH): Action.ALREADY,
    (Op.DELETE, Claim.NONE, (Standing.ABSENT,), BOTH): Action.MISSING,
    # What an earlier try did is answered.
    (Op.ADD, Claim.SAME, (*HERE, *AWAY), BOTH): Action.REPEAT,
    (Op.CHANGE, Claim.SAME, (*HERE, *AWAY), BOTH): Action.REPEAT,
    (Op.DELETE, Claim.SAME, (*HERE, *AWAY), BOTH): Action.REPEAT,
    # EDITED is said of Adds only; for the others it is as if there were no claim.
    (Op.CHANGE, Claim.EDITED, (Standing.SAME, Standing.OWN), BOTH): Action.WRITE,
    (Op.CHANGE, Claim.EDITED, (Standing.FOREIGN,), (Policy.CLIENT_WINS,)): Action.WRITE,
    (Op.CHANGE, Claim.EDITED, (Standing.FOREIGN,), (Policy.SERVER_WINS,)): Action.CONFLICT,
    (Op.CHANGE, Claim.EDITED, AWAY, BOTH): Action.MISSING,
    (Op.DELETE, Claim.EDITED, HERE, BOTH): Action.REMOVE,
    (Op.DELETE, Claim.EDITED, (Standing.GONE,), BOTH): Action.ALREADY,
    (Op.DELETE, Claim.EDITED, (Standing.ABSENT,), BOTH): Action.MISSING,
}
CELLS = {
    (op, there, claim, policy): action
    for (op, claim, standings, policies), action in TABLE.items()
    for there in standings
    for policy in policies
}


def test_the_table_is_whole() -> None:
    assert set(CELLS) == set(product(Op, Standing, Claim, Policy))
    assert len(CELLS) == sum(len(standings) * len(policies) for _, _, standings, policies in TABLE)


@pytest.mark.parametrize("cell, action", CELLS.items())
def test_cell(cell: tuple[Op, Standing, Claim, Policy], action: Action) -> None:
    assert decide(*cell) is action


def test_statuses_R4444_R4447() -> None:
    assert {action.status for action in Action if action is not Action.CONFLICT and action is not Action.MISSING} == {1}
    assert Action.CONFLICT.status == 7
    assert Action.MISSING.status == 8


def test_what_asks_for_a_write() -> None:
    assert {action for action in Action if action.writes} == {Action.CREATE, Action.WRITE, Action.REMOVE}


@pytest.mark.parametrize(
    "server, expected",
    [
        (None, Standing.ABSENT),
        (Change(1, 20, None), Standing.GONE),
        (Change(1, 10, 0), Standing.SAME),
        (Change(1, 11, 0), Standing.OWN),
        (Change(1, 12, 0), Standing.FOREIGN),
    ],
)
def test_standing(server: Change | None, expected: Standing) -> None:
    assert standing(server, 10, {11}) is expected
