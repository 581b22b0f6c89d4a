"""The proof of the engine: in any history, devices end up with what the server has, and engines with one thing broken
do not.

The profile says how many histories the true engine has to stand: HYPOTHESIS_PROFILE=thorough takes minutes.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.support.sync_driver import Engine
from tests.support.sync_mutants import MUTANTS
from tests.support.sync_world import World

HISTORIES = 5 * settings().max_examples
STEPS = 50
BUDGET = 500
SEEDS = st.integers(0, 2**24)

WEIGHTS = {
    World.server_add: 4,
    World.server_write: 4,
    World.server_remove: 2,
    World.server_move: 1,
    World.prune: 1,
    World.client_add: 2,
    World.client_edit_add: 3,
    World.client_drop_add: 1,
    World.client_change: 4,
    World.client_undo: 1,
    World.client_delete: 2,
    World.client_filter: 1,
    World.client_restart: 1,
    World.client_move: 2,
    World.sync: 10,
    World.sync_at_a_bad_moment: 3,
    World.come_to_rest: 3,
    World.deliver: 2,
    World.replay: 1,
    World.check_ping: 3,
}


def machine(engine: Engine) -> type[RuleBasedStateMachine]:
    """The state machine of a world around this engine: rules for all that can happen, the frequent ones several times.

    What a rule chooses comes from one seed: ten times faster than to draw each choice, and steps still shrink.
    """

    class Histories(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = World(engine)

        @initialize(seed=SEEDS)
        def populate(self, seed: int) -> None:
            self.world.populate(random.Random(seed).randrange)

        def teardown(self) -> None:
            self.world.settle()

    for happening, weight in WEIGHTS.items():
        for number in range(weight):
            setattr(Histories, f"{happening.__name__}_{number}", _rule(happening))
    return Histories


def _rule(happening: Callable[..., None]) -> Any:
    def step(self: Any, seed: int) -> None:
        happening(self.world, random.Random(seed).randrange)

    step.__name__ = happening.__name__
    return rule(seed=SEEDS)(step)


def run(engine: Engine, histories: int, **more: Any) -> None:
    """Let the engine go through so many histories. AssertionError at the first wrong one."""
    limits = settings(
        max_examples=histories,
        stateful_step_count=STEPS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
    run_state_machine_as_test(machine(engine), settings=limits)


@pytest.mark.timeout(300 if HISTORIES <= 500 else 0)
def test_devices_end_up_with_what_the_server_has() -> None:
    run(Engine(), HISTORIES)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_engine_is_found_out(name: str) -> None:
    with pytest.raises(AssertionError):
        run(MUTANTS[name], BUDGET, phases=[Phase.generate], report_multiple_bugs=False)
