"""In whose name mail is sent: what others have granted (SEND_AS, SEND_ON_BEHALF); and who is told of a blind copy."""

import pytest

from easd.eas.commands.sync import ClientAdd
from easd.eas.items.body import BodyData
from easd.eas.items.draft import DraftChange, dump_draft
from easd.eas.versions import V14_0, V16_0, Version, since
from easd.model.email import BodyType, Email
from easd.model.folder import FolderType
from easd.model.organisation import Permission
from easd.model.outgoing import Envelope
from easd.store.grants import Grants
from easd.store.groups import Groups
from tests.conformance.test_send_mail import letter, sent
from tests.support.versions import at
from tests.support.world import NOW, World, child, emails, text

AS, ON_BEHALF = Permission.SEND_AS, Permission.SEND_ON_BEHALF


@pytest.fixture
def office(world: World) -> World:
    """Alice, Bob, Carol with an alias, and the group staff with Bob in it."""
    world.admin.create_user("carol@example.test", "Carol", "")
    world.admin.add_alias(world.user("carol").id, "boss@example.test")
    groups = Groups(world.sql)
    staff = groups.create("staff@example.test", "Staff")
    groups.add_member(staff.id, "bob@example.test")
    return world


def grant(world: World, permission: Permission, owner: str = "carol", grantee: str = "alice@example.test") -> None:
    Grants(world.sql).grant(world.user(owner).id, grantee, [permission])


def got(world: World, name: str = "bob") -> Email:
    """The only message in somebody's Inbox."""
    (email,) = emails(world, str(world.folder(name=name).id), name).values()
    return email


def people(email: Email) -> tuple[list[str], str | None]:
    """From, and Sender."""
    return [each.address for each in email.from_], email.sender.address if email.sender else None


@pytest.mark.parametrize("author", ["carol@example.test", "Carol <BOSS@example.test>"])
def test_who_may_send_as_another_is_not_seen_R448(office: World, version: Version, author: str) -> None:
    grant(office, AS)
    sent(office.phone(version=version), letter(f"From: {author}"))
    found, sender = people(got(office))
    assert (author.lower().endswith(f"{found[0].lower()}>") or author == found[0], sender) == (True, None)
    (copy,) = emails(office, str(office.folder(FolderType.SENT_ITEMS).id)).values()
    assert people(copy) == (found, None)


def test_who_sends_on_behalf_of_another_is_named_as_the_sender_R448_R726(office: World, version: Version) -> None:
    grant(office, ON_BEHALF)
    sent(office.phone(version=version), letter("From: Carol <boss@example.test>", "Sender: other@example.test"))
    assert people(got(office)) == (["boss@example.test"], "alice@example.test")
    phone = office.phone("bob", version=version)
    inbox = phone.folder()
    phone.sync_all(inbox)
    (item,) = phone.held(inbox).items.values()
    told = '"Alice" <alice@example.test>' if version in since(V14_0) else ""
    assert text(item, "Email2:Sender") == told


def test_a_right_of_a_group_is_one_of_its_members(office: World, version: Version) -> None:
    groups = Groups(office.sql)
    groups.add_member(groups.group("staff@example.test").id, "alice@example.test")
    grant(office, AS, grantee="staff@example.test")
    sent(office.phone(version=version), letter("From: carol@example.test"))
    assert people(got(office)) == (["carol@example.test"], None)


@pytest.mark.parametrize("others", [(), (Permission.FULL_ACCESS,)])
def test_without_the_right_the_message_is_from_its_user_R448(
    office: World, version: Version, others: tuple[Permission, ...]
) -> None:
    for permission in others:
        grant(office, permission)
    sent(office.phone(version=version), letter("From: carol@example.test"))
    assert people(got(office)) == (["alice@example.test"], None)


def test_a_right_that_was_taken_back_counts_no_more(office: World) -> None:
    grant(office, AS)
    Grants(office.sql).revoke(office.user("carol").id, "alice@example.test", [AS])
    sent(office.phone(), letter("From: carol@example.test"))
    assert people(got(office)) == (["alice@example.test"], None)


def test_a_message_from_a_represented_and_a_foreign_address_is_from_its_user(office: World) -> None:
    grant(office, ON_BEHALF)
    sent(office.phone(), letter("From: carol@example.test, eve@other.test"))
    assert people(got(office)) == (["alice@example.test"], None)


@at(since(V16_0))
def test_a_draft_is_sent_in_the_name_of_who_wrote_it(office: World, version: Version) -> None:
    """A draft of iOS is MIME, with the From that its user chose."""
    grant(office, ON_BEHALF)
    phone = office.phone(version=version)
    drafts = phone.folder(FolderType.DRAFTS)
    phone.sync_all(drafts)
    mime = BodyData(BodyType.MIME, data=letter("From: carol@example.test"))
    command = ClientAdd("d1", dump_draft(DraftChange(body=mime), version), send=True)
    assert [response.status for response in phone.sync(drafts, command).responses] == [1]
    assert people(got(office)) == (["carol@example.test"], "alice@example.test")


# ------------------------------------------------------------ blind copies


def test_who_is_named_nowhere_is_told_of_a_blind_copy_R644_R649(office: World, version: Version) -> None:
    sent(office.phone(), letter("To: bob@example.test", "Bcc: carol@example.test"))
    assert (got(office, "carol").received_as_bcc, got(office).received_as_bcc) == (True, False)
    for name in ("carol", "bob"):
        phone = office.phone(name, version=version)
        inbox = phone.folder()
        phone.sync_all(inbox)
        (item,) = phone.held(inbox).items.values()
        told = version in since(V14_0)
        assert text(item, "Email2:ReceivedAsBcc") == ("1" if name == "carol" and told else "")
        assert (child(item, "Email2:ReceivedAsBcc") is not None) == (name == "carol" and told)


@pytest.mark.parametrize("field", ["To", "Cc"])
def test_who_is_named_by_an_alias_got_no_blind_copy(office: World, field: str) -> None:
    sent(office.phone(), letter("To: bob@example.test", f"{field}: Boss <BOSS@example.test>"))
    assert not got(office, "carol").received_as_bcc


def test_a_message_to_nobody_but_blind_copies_is_one_for_all(office: World) -> None:
    sent(office.phone(), letter("Bcc: bob@example.test, carol@example.test"))
    assert (got(office).received_as_bcc, got(office, "carol").received_as_bcc) == (True, True)


@pytest.mark.parametrize(
    "lines",
    [
        ("To: staff@example.test",),
        ("To: alice@example.test", "Cc: Crew <crew@example.test>"),
        ("To: news@lists.test", "List-Id: <news.lists.test>"),
    ],
)
def test_who_is_reached_through_a_list_got_no_blind_copy(office: World, lines: tuple[str, ...]) -> None:
    groups = Groups(office.sql)
    office.admin.add_alias(groups.group("staff@example.test").id, "crew@example.test")
    with office.writing() as box:
        box.queue(Envelope.of("alice@example.test", ["bob@example.test"]), letter(*lines), NOW)
    sent(office.phone(), letter("To: carol@example.test"))  # which settles the queue
    assert not got(office).received_as_bcc
