"""Folders of one user on another's phones, for tests."""

from easd.model.account import User
from easd.model.folder import FolderType
from easd.model.organisation import Permission
from easd.model.share import Chosen, Rights
from easd.store import Grants, Shares
from tests.support.world import Phone, World


def permit(world: World, owner: User, grantee: User) -> None:
    """Let somebody open a mailbox."""
    Grants(world.sql).grant(owner.id, grantee.address, [Permission.FULL_ACCESS])


def forbid(world: World, owner: User, grantee: User) -> None:
    """Let them open it no longer."""
    Grants(world.sql).revoke(owner.id, grantee.address, [Permission.FULL_ACCESS])


def share(
    world: World,
    reader: str = "bob",
    owner: str = "alice",
    *chosen: Chosen,
    writable: bool = True,
    private: bool = False,
    folder_id: int | None = None,
    device: int | None = None,
) -> None:
    """Put folders of the owner (the Inbox, if nothing is said) on the reader's phones, with permission to it."""
    giver, taker = world.user(owner), world.user(reader)
    permit(world, giver, taker)
    for one in chosen or (Chosen.INBOX,):
        Shares(world.sql).add(taker.id, giver.id, one, Rights(writable, private), folder_id=folder_id, device=device)


def unshare(world: World, reader: str = "bob") -> None:
    """Take all shares of somebody back."""
    shares, number = Shares(world.sql), world.user(reader).id
    shares.remove(number, [one.id for one in shares.of(number)])


def number(world: World, type_: FolderType = FolderType.INBOX, name: str = "alice") -> str:
    """The ServerId of somebody's folder."""
    return str(world.folder(type_, name).id)


def agrees(phone: Phone, folder: str, owner: str = "alice") -> None:
    """The phone holds what is in the owner's folder of mail."""
    phone.agrees(folder, owner)
