"""The proof of the engine: in any history, devices end up with what the server has, and engines with one thing broken
do not.

The Hypothesis profile says how many batches of histories the true engine has to stand: HYPOTHESIS_PROFILE=thorough
takes some ten minutes.
"""

import random
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, seed, settings, strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.support.sync_driver import Engine
from tests.support.sync_mutants import MUTANTS, RARE, REFUSALS_UNTOLD
from tests.support.sync_world import World

BATCHES = max(settings().max_examples // 100, 1)
BATCH = 100
STEPS = 50
CHOICES = st.integers(0, 2**24)

WEIGHTS = {
    World.server_add: 4,
    World.server_reply: 3,
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

    What a rule chooses comes from one number: far faster than to draw each choice, and the steps still shrink.
    """

    class Histories(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.world = World(engine)

        @initialize(choice=CHOICES)
        def populate(self, choice: int) -> None:
            self.world.populate(random.Random(choice).randrange)

        def teardown(self) -> None:
            self.world.settle()

    for happening, weight in WEIGHTS.items():
        for number in range(weight):
            setattr(Histories, f"{happening.__name__}_{number}", _rule(happening))
    return Histories


def _rule(happening: Callable[..., None]) -> Any:
    def step(self: Any, choice: int) -> None:
        happening(self.world, random.Random(choice).randrange)

    step.__name__ = happening.__name__
    return rule(choice=CHOICES)(step)


def run(engine: Engine, batch: int, **more: Any) -> None:
    """Let the engine go through a batch of histories, the same ones for the same number. AssertionError at the first
    wrong one.

    Hypothesis mixes numbers into its choices that it finds in the modules that happen to be loaded. Without them a
    batch is the same whatever else is tested with it.
    """
    limits = settings(
        max_examples=BATCH,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **more,
    )
    with patch.object(HypothesisProvider, "_maybe_draw_constant", lambda *_, **__: None):
        run_state_machine_as_test(seed(batch)(machine(engine)), settings=limits)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_devices_end_up_with_what_the_server_has(batch: int) -> None:
    run(Engine(), batch)


HAPPENINGS = [happening for happening, weight in WEIGHTS.items() for _ in range(weight)]


def go_through(engine: Engine, numbers: range, refusals: int = 0) -> None:
    """The histories of these numbers, without Hypothesis, which takes five times as long. AssertionError at a wrong
    one. `refusals`: of so many requests one comes when the client may only read.
    """
    for number in numbers:
        chance = random.Random(number)
        world = World(engine, refusals=refusals)
        world.populate(chance.randrange)
        for _ in range(STEPS):
            chance.choice(HAPPENINGS)(world, chance.randrange)
        world.settle()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_engine_is_found_out(name: str) -> None:
    """All but the rarest faults show in the first hundred histories; for those the search starts where they do."""
    start = RARE.get(name, 0)
    with pytest.raises(AssertionError):
        go_through(MUTANTS[name], range(start, start + 4000))


def test_many_more_devices_end_up_with_what_the_server_has() -> None:
    go_through(Engine(), range(400))


def test_devices_that_may_only_read_now_and_then_end_up_with_what_the_server_has() -> None:
    go_through(Engine(), range(150), refusals=2)
    with pytest.raises(AssertionError):
        go_through(REFUSALS_UNTOLD, range(150), refusals=2)
