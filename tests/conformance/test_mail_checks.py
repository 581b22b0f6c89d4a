"""SPF, DKIM and DMARC of mail from outside, over a real socket and with a real name server; and what follows."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from easd.model.flow import Direction, FlowAction, FlowRule
from easd.model.verdict import Verdict
from easd.smtp.desk import Stranger
from easd.smtp.names import Names, server_of
from easd.smtp.verifying import Verifier
from easd.store.flow import FlowRules
from tests.conformance.test_mail_in import ALICE, LETTER, ZOE, code, mails, raw_of, send
from tests.support.mail_in import HOST, Port, mail_in
from tests.support.name_server import FAILS, SILENT, NameServer, name_server
from tests.support.world import World

HERE, AWAY = "v=spf1 ip4:127.0.0.0/8 -all", "v=spf1 ip4:192.0.2.0/24 -all"


@dataclass
class Letters:
    """The records of elsewhere.test, and a letter from there."""

    spf: str = AWAY
    dmarc: str = ""
    signed: str = ""
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def zone(self) -> dict[str, Sequence[str]]:
        records: dict[str, Sequence[str]] = {"elsewhere.test TXT": ["hello", self.spf]}
        if self.dmarc:
            records["_dmarc.elsewhere.test TXT"] = [self.dmarc]
        for domain in ("elsewhere.test", "third.test", "news.elsewhere.test"):
            records[f"one._domainkey.{domain} TXT"] = [public_key()]
        return {**records, **self.extra}

    def raw(self) -> bytes:
        return signature(self.signed) + LETTER if self.signed else LETTER


@cache
def _key() -> RSAPrivateKey:
    return generate_private_key(65537, 1024)


def public_key() -> str:
    der = _key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(der).decode()}"


def signature(domain: str, raw: bytes = LETTER) -> bytes:
    pem = _key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    made: bytes = dkim.sign(raw, b"one", domain.encode(), pem, include_headers=[b"from", b"subject"])
    return made


@pytest.fixture
def names() -> Iterator[NameServer]:
    with name_server({}) as made:
        yield made


def verdict(names: NameServer, letters: Letters, *, sender: str = ZOE, raw: bytes = b"", **more: object) -> Verdict:
    names.zone = letters.zone()
    verifier = Verifier(HOST, Names([names.address], 0.3), asyncio.to_thread, **more)  # type: ignore[arg-type]
    stranger = Stranger("127.0.0.1", "client.elsewhere.test", sender)
    return asyncio.run(verifier.verify(stranger, raw or letters.raw()))


def results(found: Verdict) -> dict[str, str]:
    """Method and result; a method that stands more than once has its last result."""
    text = found.header.decode().replace("\r\n\t", " ")
    assert text.startswith(f"Authentication-Results: {HOST}; ")
    words = (part.split()[0].partition("=") for part in text.rstrip("\r\n").split("; ")[1:])
    return {method: result for method, _, result in words}


# ---------------------------------------------------------------- each check


@pytest.mark.parametrize(
    "record, expected",
    [
        (HERE, "pass"),
        (AWAY, "fail"),
        (AWAY.replace("-", "~"), "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1 nonsense -all", "permerror"),
        ("v=spf1 include:a.test include:b.test include:c.test include:d.test -all", "permerror"),
        ("nothing", "none"),
    ],
)
def test_spf_is_evaluated_for_the_reverse_path(names: NameServer, record: str, expected: str) -> None:
    found = verdict(names, Letters(spf=record))
    assert results(found)["spf"] == expected
    assert b" smtp.mailfrom=elsewhere.test" in found.header


def test_spf_of_mail_without_a_reverse_path_is_that_of_the_greeting(names: NameServer) -> None:
    """RFC 7208 section 2.4."""
    found = verdict(names, Letters(extra={"client.elsewhere.test TXT": [HERE]}), sender="")
    assert results(found)["spf"] == "pass"
    assert b" smtp.helo=client.elsewhere.test" in found.header


def test_spf_asks_through_includes_and_for_hosts(names: NameServer) -> None:
    extra = {
        "inner.test TXT": ["v=spf1 mx:mail.test -all"],
        "mail.test MX": ["10 mx.test."],
        "mx.test A": ["127.0.0.1"],
    }
    assert results(verdict(names, Letters(spf="v=spf1 include:inner.test -all", extra=extra)))["spf"] == "pass"


@pytest.mark.parametrize("answer", [FAILS, SILENT])
def test_where_names_are_not_answered_the_checks_say_so_and_nothing_follows(
    names: NameServer, answer: Sequence[str]
) -> None:
    extra = dict.fromkeys(("elsewhere.test TXT", "_dmarc.elsewhere.test TXT"), answer)
    found = verdict(
        names, Letters(signed="elsewhere.test", extra=extra | {"one._domainkey.elsewhere.test TXT": answer})
    )
    assert results(found) == {"spf": "temperror", "dkim": "temperror", "dmarc": "temperror"}
    assert found.demand == "none"


def test_all_checks_together_take_no_longer_than_they_may(names: NameServer) -> None:
    extra = {"elsewhere.test TXT": SILENT}
    found = verdict(names, Letters(extra=extra), seconds=0.05)
    assert set(results(found).values()) == {"temperror"}


def test_a_signature_is_verified_and_what_was_altered_fails(names: NameServer) -> None:
    good = Letters(signed="elsewhere.test")
    assert results(verdict(names, good))["dkim"] == "pass"
    assert results(verdict(names, good, raw=good.raw().replace(b"Hello", b"Help")))["dkim"] == "fail"
    assert results(verdict(names, good, raw=good.raw().replace(b"Subject: News", b"Subject: x")))["dkim"] == "fail"
    assert results(verdict(names, Letters()))["dkim"] == "none"
    lost = {"one._domainkey.elsewhere.test TXT": ["v=DKIM1; k=rsa; p="]}
    assert results(verdict(names, Letters(signed="elsewhere.test", extra=lost)))["dkim"] == "permerror"


@pytest.mark.parametrize(
    "junk",
    [
        b"DKIM-Signature: \r\n",
        b"DKIM-Signature: v=1; d=; s=\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; d=elsewhere.test; s=one; b=!; bh=!; h=from\r\n",
        b"DKIM-Signature: v=1; d=\xff\xfe; s=" + b"x" * 300 + b"\r\n",
        b"DKIM-Signature: v=1; d=elsewhere.test; s=../..\r\n",
    ],
)
def test_a_signature_that_is_none_stops_nothing(names: NameServer, junk: bytes) -> None:
    assert results(verdict(names, Letters(spf=HERE), raw=junk + LETTER))["dkim"] in ("permerror", "fail")


def test_signatures_that_are_looked_at_have_a_bound(names: NameServer) -> None:
    raw = b"".join(signature(f"d{number}.test") for number in range(9)) + LETTER
    found = verdict(names, Letters(), raw=raw)
    assert found.header.count(b"dkim=") == 5
    assert sum("_domainkey" in one for one in names.asked) == 5


@pytest.mark.parametrize(
    "letters, expected",
    [
        (Letters(dmarc="", spf=HERE), ("none", "none")),
        (Letters(dmarc="v=DMARC1; p=reject", spf=HERE), ("pass", "none")),
        (Letters(dmarc="v=DMARC1; p=reject", signed="elsewhere.test"), ("pass", "none")),
        (Letters(dmarc="v=DMARC1; p=reject", signed="news.elsewhere.test"), ("pass", "none")),
        (Letters(dmarc="v=DMARC1; p=reject; adkim=s", signed="news.elsewhere.test"), ("fail", "reject")),
        (Letters(dmarc="v=DMARC1; p=reject", signed="third.test"), ("fail", "reject")),
        (Letters(dmarc="v=DMARC1; p=quarantine"), ("fail", "quarantine")),
        (Letters(dmarc="v=DMARC1; p=none"), ("fail", "none")),
        (Letters(dmarc="v=DMARC1; p=reject; pct=0"), ("fail", "quarantine")),
        (Letters(dmarc="v=DMARC1; p=reject; t=y"), ("fail", "quarantine")),
        (Letters(dmarc="v=DMARC1; p=quarantine; t=y"), ("fail", "none")),
        (Letters(dmarc="v=DMARC1; p=nonsense"), ("permerror", "none")),
        (Letters(extra={"_dmarc.elsewhere.test TXT": ["v=DMARC1; p=reject", "v=DMARC1; p=none"]}), ("none", "none")),
    ],
)
def test_dmarc_says_what_the_authors_domain_demands(
    names: NameServer, letters: Letters, expected: tuple[str, str]
) -> None:
    """RFC 7489 sections 3.1 and 6.6: alignment, the published policy, and its weaker forms."""
    found = verdict(names, letters)
    assert (results(found)["dmarc"], found.demand.value) == expected


def test_a_subdomain_is_under_the_policy_of_its_organisation(names: NameServer) -> None:
    raw = LETTER.replace(b"zoe@elsewhere.test", b"zoe@a-b.elsewhere.test")
    found = verdict(names, Letters(dmarc="v=DMARC1; p=none; sp=reject"), raw=raw)
    assert (results(found)["dmarc"], found.demand.value, found.domain) == ("fail", "reject", "a-b.elsewhere.test")


def test_of_several_authors_the_strictest_demand_counts(names: NameServer) -> None:
    """So that nobody hides a domain with a policy behind one without."""
    raw = LETTER.replace(b"From: Zoe", b"From: x@free.test, Zoe")
    assert verdict(names, Letters(dmarc="v=DMARC1; p=reject"), raw=raw).demand.value == "reject"


def test_what_comes_from_filters_of_ones_own_is_not_checked_again(names: NameServer) -> None:
    for network in ("127.0.0.0/8", "127.0.0.1"):
        assert verdict(names, Letters(), trusted=(network,)) == Verdict()
    assert names.asked == []
    assert verdict(names, Letters(), trusted=("10.0.0.0/8", "::1/128")).header


@pytest.mark.parametrize(
    "text, expected",
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_name_servers_are_written_with_or_without_a_port(text: str, expected: tuple[str, int]) -> None:
    assert server_of(text) == expected


# ---------------------------------------------------------------- what follows


@pytest.fixture
def port(world: World, names: NameServer) -> Iterator[Port]:
    names.zone = Letters(dmarc="v=DMARC1; p=quarantine").zone()
    verifier = Verifier(HOST, Names([names.address], 0.3), asyncio.to_thread)
    with mail_in(world, verify=verifier.verify) as made:
        yield made


def test_results_stand_on_top_and_forged_ones_are_gone(world: World, port: Port) -> None:
    """RFC 8601 section 5: a field that claims to be of this server, and is not, is taken away."""
    forged = (
        b"Authentication-Results: MX.example.test; dmarc=pass\r\n",
        b"authentication-results : (hello)\r\n mx.example.test/1; spf=pass\r\n",
        b'Authentication-Results: "mx.example.test" 1; dkim=pass\r\n',
    )
    other = b"Authentication-Results: filter.elsewhere.test; spf=pass\r\n"
    send(port, raw=b"".join(forged) + other + LETTER)
    [raw] = raw_of(world, "alice", "Junk Email")
    assert raw.count(b"uthentication-") == 2
    assert raw.endswith(other + LETTER)
    assert (
        raw.index(b"Received: ")
        < raw.index(b"Authentication-Results: mx.example.test;\r\n\tspf=fail")
        < raw.index(other)
    )


def test_quarantine_means_junk_and_a_rule_that_says_never_wins(world: World, port: Port) -> None:
    send(port)
    assert (len(mails(world, "alice")), len(mails(world, "alice", "Junk Email"))) == (0, 1)
    never = FlowRule(0, "never", Direction.INBOUND, FlowAction.NEVER_JUNK, ("elsewhere.test",))
    rules = FlowRules(world.sql.database)
    rules.add(world.organization, never)
    send(port, raw=LETTER.replace(b"<1@", b"<2@"))
    assert (len(mails(world, "alice")), len(mails(world, "alice", "Junk Email"))) == (1, 1)


def test_reject_means_a_refusal_whatever_a_rule_says(world: World, port: Port, names: NameServer) -> None:
    names.zone = Letters(dmarc="v=DMARC1; p=reject").zone()
    never = FlowRule(0, "never", Direction.INBOUND, FlowAction.NEVER_JUNK, ("elsewhere.test",))
    FlowRules(world.sql.database).add(world.organization, never)
    assert code(port) == (550, "5.7.1")
    names.zone = Letters(dmarc="v=DMARC1; p=reject", spf=HERE).zone()
    assert send(port) == {}
    assert len(mails(world, "alice")) == 1


def test_where_policies_are_only_recorded_nothing_follows(world: World, port: Port, names: NameServer) -> None:
    FlowRules(world.sql.database).enforce_dmarc(world.organization, False)
    for number, policy in enumerate(("quarantine", "reject")):
        names.zone = Letters(dmarc=f"v=DMARC1; p={policy}").zone()
        send(port, ALICE, raw=LETTER.replace(b"<1@", f"<{number}@".encode()))
    assert len(mails(world, "alice")) == 2
    assert all(b"dmarc=fail" in raw for raw in raw_of(world, "alice"))
