"""The committed mail of the demonstration: complete, what its index says it is, and made by its generator."""

import re
import subprocess
import tomllib
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from fnmatch import fnmatch
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from easd.demo.mail import COLUMNS, INDEX, messages
from easd.model.email import FlagStatus
from fixtures.generator.catalogue import FIXTURES, MAIL, catalogue, files, placed
from tests.unit.demo.cms import verify
from tests.unit.demo.required import REQUIRED
from tests.unit.demo.sample import Sample

ROOT = FIXTURES.parent
ALICE = "alice@example.test"
DAY = timedelta(days=1)


@cache
def rows() -> list[dict[str, str]]:
    """The lines of the index."""
    _, *lines = (MAIL / INDEX).read_text("utf-8").splitlines()
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines]


@cache
def sample(name: str) -> Sample:
    """A message by its file."""
    return Sample((MAIL / name).read_bytes())


@cache
def claims() -> dict[str, list[str]]:
    """Feature to the files that claim it."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows():
        for feature in filter(None, row["features"].split(",")):
            found[feature].append(row["file"])
    return found


def test_every_claimed_feature_has_a_check() -> None:
    assert set(claims()) - set(REQUIRED) == set()


@pytest.mark.parametrize("feature", sorted(REQUIRED))
def test_a_required_feature_is_in_the_bytes(feature: str) -> None:
    check = REQUIRED[feature]

    assert claims()[feature], f"no message shows {feature}"
    assert [name for name in claims()[feature] if not check(sample(name))] == []


@pytest.mark.parametrize("feature", sorted(REQUIRED))
def test_a_check_refuses_messages_that_lack_the_feature(feature: str) -> None:
    """A check that everything passes would prove nothing."""
    ordinary = ("sent-wim", "order-q41000-1", "bob-1", "thread-lost-glove-03", "people-german", "one-word", "bounce")
    chosen = [row["file"] for row in rows() if re.fullmatch(rf".*/\d{{4}}-({'|'.join(ordinary)})\.eml", row["file"])]

    assert len(chosen) == len(ordinary)
    assert not all(REQUIRED[feature](sample(name)) for name in chosen)


# ---------------------------------------------------------------- amounts


def test_alice_has_at_least_520_messages_and_the_others_a_few() -> None:
    amounts = Counter(row["mailbox"] for row in rows())

    assert amounts[ALICE] >= 520
    assert amounts["bob@example.test"] >= 10
    assert amounts["carol@example.test"] >= 10
    assert len(amounts) == 3


def test_every_mail_folder_of_alice_holds_something() -> None:
    folders = {message.folder_name for message in messages(MAIL) if message.recipient == ALICE}

    assert folders == {"Inbox", "Sent Items", "Drafts", "Archive", "Deleted Items", "Junk Email"}


def test_every_filter_of_the_inbox_shows_more_than_the_one_before() -> None:
    """MS-ASCMD FilterType: one day, three days, one week, two weeks, one month, and all."""
    ages = [message.age for message in messages(MAIL) if (message.recipient, message.folder_name) == (ALICE, "Inbox")]
    amounts = [sum(age < limit * DAY for age in ages) for limit in (1, 3, 7, 14, 30, 90, 10_000)]

    assert amounts[0] >= 15
    assert all(later - earlier >= 15 for earlier, later in pairwise(amounts))


def test_mail_reaches_back_for_half_a_year_and_more() -> None:
    ages = [message.age for message in messages(MAIL) if message.recipient == ALICE]

    assert sum(age > 180 * DAY for age in ages) >= 10
    assert max(ages) > 300 * DAY


def test_nothing_leaves_a_filter_in_the_first_ten_minutes() -> None:
    """What a freshly loaded demonstration shows does not depend on how long the loading took."""
    cuts = [limit * DAY for limit in (1, 3, 7, 14, 30)]
    near = [
        row["file"] for row in rows() if any(timedelta(0) <= cut - _age(row) < timedelta(minutes=10) for cut in cuts)
    ]

    assert near == []


def _age(row: dict[str, str]) -> timedelta:
    return timedelta(minutes=int(row["age_minutes"]))


def test_states_differ() -> None:
    found = [message for message in messages(MAIL) if message.recipient == ALICE]

    assert sum(not message.read for message in found) >= 40
    assert {message.flag for message in found} == set(FlagStatus)
    assert sum(bool(message.categories) for message in found) >= 30
    assert any(len(message.categories) > 1 for message in found)


def test_the_files_are_small_enough_for_the_repository() -> None:
    sizes = [path.stat().st_size for path in MAIL.rglob("*") if path.is_file()]

    assert sum(sizes) <= 6_000_000
    assert max(sizes) <= 700_000


# ---------------------------------------------------------------- content


def test_threads_hold_together() -> None:
    """At least twenty threads of 3 to 12 messages in which each answers one that is there."""
    parents: dict[str, str] = {}
    for name in {row["file"] for row in rows() if "thread-" in row["file"]}:
        parents[sample(name).field("Message-ID")] = sample(name).field("In-Reply-To")
    dangling = [answer for answer, parent in parents.items() if parent and parent not in parents]
    sizes = Counter(_root(identity, parents) for identity in parents)

    assert dangling == []
    assert sum(3 <= size <= 12 for size in sizes.values()) >= 20
    assert max(sizes.values()) >= 8


def _root(identity: str, parents: dict[str, str]) -> str:
    while parents[identity]:
        identity = parents[identity]
    return identity


def test_an_answer_is_younger_than_what_it_answers() -> None:
    ages = {
        sample(row["file"]).field("Message-ID"): int(row["age_minutes"]) for row in rows() if "thread-" in row["file"]
    }
    wrong = [
        row["file"]
        for row in rows()
        if "thread-" in row["file"]
        and (parent := sample(row["file"]).field("In-Reply-To"))
        and ages[parent] <= int(row["age_minutes"])
    ]

    assert wrong == []


def test_message_ids_are_unique_where_a_message_has_one() -> None:
    names = {row["file"] for row in rows() if "headers-twice" not in row["file"]}
    identities = Counter(str(sample(name).parsed["Message-ID"]) for name in names if sample(name).parsed["Message-ID"])
    often = {identity for identity, amount in identities.items() if amount > 1}

    assert often == set()


def _named(slug: str) -> str:
    (name,) = {row["file"] for row in rows() if row["file"].endswith(f"-{slug}.eml")}
    return name


def test_no_two_bodies_of_ordinary_mail_are_alike() -> None:
    daily = {row["file"] for row in rows() if row["file"].startswith("daily/")}

    assert len({sample(name).body for name in daily}) == len(daily)


def test_every_address_belongs_to_a_reserved_domain() -> None:
    """RFC 2606 and RFC 6761: no real person and no real host is named."""
    reserved = re.compile(r"(^|\.)(example|test)$|(^|\.)example\.(com|org|net)$")
    random_or_broken = {_named("random-bytes"), _named("address-broken"), _named("message-id-missing-bits")}
    found: set[str] = set()
    for name in {row["file"] for row in rows()} - random_or_broken:
        for part in sample(name).parts:
            for header in ("From", "To", "Cc", "Bcc", "Reply-To", "Sender", "Message-ID"):
                for value in part.get_all(header, []):
                    found.update(re.findall(r"@([A-Za-z0-9.-]+)", str(value)))

    assert {domain for domain in found if not reserved.search(domain.rstrip("."))} == set()


# ---------------------------------------------------------------- signatures


@pytest.fixture(scope="module")
def authority() -> x509.Certificate:
    return x509.load_pem_x509_certificate((MAIL / "example-ca.pem").read_bytes())


def _signed(slug: str) -> tuple[bytes, bytes]:
    """The signature and the first part's bytes of a clear-signed message."""
    found = sample(_named(slug))
    boundary = f"--{found.parsed.get_boundary()}\r\n".encode()
    return found.data("application/pkcs7-signature"), found.body.split(boundary)[1].removesuffix(b"\r\n")


@pytest.mark.parametrize("slug", ["smime-signed", "smime-signed-attachment"])
def test_a_clear_signature_is_right_and_of_the_sender(slug: str, authority: x509.Certificate) -> None:
    signature, content = _signed(slug)

    _, signer = verify(signature, content, authority)

    names = signer.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.RFC822Name) == ["bob@example.test"]
    assert "<bob@example.test>" in sample(_named(slug)).field("From")


def test_a_changed_content_breaks_the_signature(authority: x509.Certificate) -> None:
    signature, content = _signed("smime-signed")

    with pytest.raises(AssertionError, match="not the one that was signed"):
        verify(signature, content.replace(b"account", b"acc0unt"), authority)


def test_a_changed_signature_is_refused(authority: x509.Certificate) -> None:
    signature, content = _signed("smime-signed")

    with pytest.raises(InvalidSignature):
        verify(signature[:-1] + bytes([signature[-1] ^ 1]), content, authority)


def test_an_opaque_signature_carries_its_content(authority: x509.Certificate) -> None:
    content, _ = verify(sample(_named("smime-opaque")).data("application/pkcs7-mime"), None, authority)

    assert content.startswith(b"Content-Type: multipart/mixed;")
    assert b"agreement.pdf" in content


# ---------------------------------------------------------------- the generator and the package


def test_the_generator_writes_the_committed_files_byte_for_byte() -> None:
    made = files(catalogue())
    different = [name for name, content in made.items() if (MAIL / name).read_bytes() != content]

    assert different == []


def test_no_file_is_there_that_the_generator_does_not_know() -> None:
    there = {path.relative_to(MAIL).as_posix() for path in MAIL.rglob("*") if path.is_file()}

    assert there == {name for name, _ in catalogue()} | {INDEX, "example-ca.pem"}


def test_a_message_with_another_messages_name_is_refused() -> None:
    first = catalogue()[0][1]
    with pytest.raises(ValueError, match=f"two messages are called {first.slug}"):
        placed("special", [first, replace(first, raw=b"other")])


def test_git_leaves_the_bytes_of_messages_alone() -> None:
    names = [f"fixtures/mail/{_named(slug)}" for slug in ("bare-lf", "bare-cr", "one-word")]
    told = subprocess.run(
        ["git", "check-attr", "text", *names], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert told.count("text: unset") == len(names)


def test_the_wheel_takes_neither_messages_nor_their_generator() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    packages = settings["packages"]["find"]["include"]
    names = ["fixtures", "fixtures.generator", *(path.name for path in Path(FIXTURES).iterdir())]

    assert [name for name in names if any(fnmatch(name, pattern) for pattern in packages)] == []
    assert [pattern for pattern in settings["package-data"]["easd"] if "eml" in pattern or "fixtures" in pattern] == []
