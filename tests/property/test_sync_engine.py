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
from hypothesis import HealthCheck, Phase, seed, settings, strategies as st
from hypothesis.internal.conjecture.providers import HypothesisProvider
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.support.sync_driver import Engine
from tests.support.sync_mutants import MUTANTS, REFUSALS_UNTOLD
from tests.support.sync_world import World

BATCHES = max(settings().max_examples // 100, 1)
BATCH = 500
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


def hunt(engine: Engine) -> None:
    """Look for the fault of an engine in several batches: the rarest ones show in one of three."""
    for batch in range(5):
        run(engine, batch, phases=[Phase.generate], report_multiple_bugs=False)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_engine_is_found_out(name: str) -> None:
    with pytest.raises(AssertionError):
        hunt(MUTANTS[name])


def restrict(engine: Engine, histories: int) -> None:
    """Histories in which every second request comes when the client may only read. AssertionError at a wrong one."""
    happenings = [happening for happening, weight in WEIGHTS.items() for _ in range(weight)]
    for number in range(histories):
        chance = random.Random(number)
        world = World(engine, refusals=2)
        world.populate(chance.randrange)
        for _ in range(STEPS):
            chance.choice(happenings)(world, chance.randrange)
        world.settle()


def test_devices_that_may_only_read_now_and_then_end_up_with_what_the_server_has() -> None:
    restrict(Engine(), 150)
    with pytest.raises(AssertionError):
        restrict(REFUSALS_UNTOLD, 150)
