"""Whose address counts."""

import pytest

from easd.http.address import Proxies, neighbourhood

_TRUSTING = Proxies(["10.0.0.0/8", "::1", "2001:db8::/32"])


@pytest.mark.parametrize(
    "peer, forwarded, client",
    [
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7", "203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        ("10.0.0.1", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ("10.0.0.1", ["203.0.113.9, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("::1", ["[2a00::1]"], "2a00::1"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("", ["203.0.113.9"], ""),
        ("10.0.0.1", [",".join(["10.0.0.2"] * 500)], "10.0.0.2"),
    ],
)
def test_only_what_trusted_proxies_wrote_is_believed(peer: str, forwarded: list[str], client: str) -> None:
    assert _TRUSTING.client(peer, forwarded) == client


def test_without_proxies_nobody_is_believed() -> None:
    assert Proxies([]).client("10.0.0.1", ["203.0.113.9"]) == "10.0.0.1"


@pytest.mark.parametrize(
    "address, place", [("192.0.2.1", "192.0.2.1"), ("2001:db8::7", "2001:db8::/64"), ("", ""), ("unix", "unix")]
)
def test_a_neighbourhood_is_what_one_subscriber_has(address: str, place: str) -> None:
    assert neighbourhood(address) == place
