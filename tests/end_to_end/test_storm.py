"""After any loss, repetition, reordering and death each device has what the server has: nothing twice, nothing lost.

Several devices of several people, of different versions, do what phones do, at the same time, over a network that
loses, cuts, doubles and holds up requests, against servers that are killed; then all comes to rest. What is drawn comes
from a seed; what happens at the same time does not. `EASD_STORMS` is the number of longer storms to go through as well.
"""

import os
from pathlib import Path

import pytest

from easd.eas.versions import V2_5, V14_1, V16_1
from tests.support.storm import ROSTER, Storm

_STORMS = int(os.environ.get("EASD_STORMS", "0"))
_FEW = (("alice", V16_1), ("alice", V2_5), ("bob", V14_1), ("bob", V16_1))


def _processes(url: str) -> int:
    return 1 if url.startswith("sqlite:") else 2


@pytest.mark.timeout(180)
async def test_each_device_ends_with_what_the_server_has(people: str, tmp_path: Path) -> None:
    storm = Storm(people, tmp_path, seed=1, processes=_processes(people), lives=1)
    assert await storm.run(8, _FEW) == []


@pytest.mark.skipif(not _STORMS, reason="EASD_STORMS is the number of storms")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2, 2 + _STORMS))
async def test_so_it_does_after_longer_storms(people: str, tmp_path: Path, seed: int) -> None:
    storm = Storm(people, tmp_path, seed=seed, processes=_processes(people), lives=10)
    assert await storm.run(40, ROSTER) == []
