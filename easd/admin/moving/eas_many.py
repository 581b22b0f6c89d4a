"""Mailboxes over Exchange ActiveSync, several at once, each over a connection of its own."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock

from easd.admin.moving.eas_import import EasImport, EasTally, EasWishes
from easd.admin.moving.eas_source import EasLogin, EasSource
from easd.admin.moving.many import Move
from easd.admin.office import Office
from easd.admin.refused import Refused
from easd.model.account import User

Progress = Callable[[int, int | None], None]
"""Hears how many items are done."""


@dataclass(frozen=True, slots=True)
class EasMoves:
    """Which mailboxes come from where: `there` names no user yet."""

    there: EasLogin
    moves: Sequence[Move]
    wishes: EasWishes
    connections: int = 4

    def run(self, office: Office, progress: Progress) -> list[EasTally]:
        """Each mailbox. What goes wrong with one is its `fault`, and stops no other. Refused for an address that nobody
        here has: then nothing has begun.
        """
        users = [office.user(move.address) for move in self.moves]
        done, lock = [0] * len(users), Lock()

        def one(number: int) -> EasTally:
            def heard(count: int) -> None:
                with lock:
                    done[number] = count
                    progress(sum(done), None)

            move = self.moves[number]
            login = replace(self.there, user=move.login or users[number].address, password=move.secret)
            return asyncio.run(_import(office, users[number], login, self.wishes, heard))

        with ThreadPoolExecutor(max_workers=min(self.connections, max(1, len(users)))) as pool:
            return list(pool.map(one, range(len(users))))


async def _import(
    office: Office, user: User, login: EasLogin, wishes: EasWishes, progress: Callable[[int], None]
) -> EasTally:
    source = EasSource(login)
    work = EasImport(office, user, source, datetime.now(UTC), wishes)
    noted = nullcontext() if wishes.dry else office.desk.mailboxes.importing(user, login.account)
    try:
        with noted:
            await work.run(progress)
    except Refused as refused:
        work.tally.fault = str(refused)
    finally:
        await source.close()
    return work.tally
