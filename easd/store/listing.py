"""The Global Address List: profiles of users, and the words by which they are found."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import delete, func, insert, select

from easd.model.account import Account, Kind, Listed, Listing, Profile
from easd.search.words import whole_address, words
from easd.store.content import encode
from easd.store.database import Database, Row, Session
from easd.store.prepared import Prepared, among, param, params
from easd.store.tables import listed_words, profiles, users

_word = listed_words.c
_user = users.c
_profile = profiles.c
_AFTER_ALL = "\U0010ffff"
"""Comes after every character that a word can have."""

_ORGANIZATION = Prepared(select(_user.organization_id).where(_user.id == param("user")))
_BEGINNING = Prepared(
    select(_word.user_id)
    .where(
        _word.organization_id == param("organization"),
        _word.word >= param("first"),
        _word.word < param("end"),
    )
    .distinct()
)
_ENTRIES = Prepared(
    select(_user.id, _user.address, _user.display_name, _user.kind, _profile.details, func.length(_profile.picture))
    .outerjoin(profiles, _profile.user_id == _user.id)
    .where(among(_user.id, "users"))
)
_NAMES = Prepared(select(_user.display_name, _user.id).where(among(_user.id, "users"), _user.enabled == param("yes")))
_GET = Prepared(select(_profile.details, _profile.hidden).where(_profile.user_id == param("user")))
_PROFILES = Prepared(select(_profile.user_id, _profile.details).where(among(_profile.user_id, "users")))
_PICTURE = Prepared(select(_profile.picture).where(_profile.user_id == param("user")))
_PUT = Prepared(
    lambda to: (new := to(profiles).values(params(profiles))).on_conflict_do_update(
        index_elements=["user_id"], set_={name: new.excluded[name] for name in ("details", "picture", "hidden")}
    )
)
DROP_PROFILE = Prepared(delete(profiles).where(_profile.user_id == param("user")))
DROP_WORDS = Prepared(delete(listed_words).where(_word.user_id == param("user")))
_ADD_WORD = Prepared(insert(listed_words).values(params(listed_words)))

_decode = msgspec.json.Decoder(Profile).decode


def find(database: Database, user_id: int, beginnings: Sequence[str], first: int, count: int) -> Listing:
    """Who of the user's organisation has, for each beginning, a word that begins so: a page by display name."""
    with database.read() as block:
        session = block.session
        organization = session.one(_ORGANIZATION, user=user_id)
        if organization is None:
            return Listing(0, ())
        found: set[int] | None = None
        for beginning in beginnings:
            values = {"first": beginning, "end": beginning + _AFTER_ALL}
            rows = session.all(_BEGINNING, organization=organization[0], **values)
            found = {row[0] for row in rows} if found is None else found & {row[0] for row in rows}
        names = session.all(_NAMES, users=session.integers(sorted(found or ())), yes=1)
        page = [number for _, number in sorted(names, key=_by_name)[first : first + count]]
        entries = {row[0]: _entry(row) for row in session.all(_ENTRIES, users=session.integers(page))}
    return Listing(len(names), tuple(entries[number] for number in page))


def _by_name(row: Row) -> tuple[str, int]:
    return row[0].casefold(), row[1]


def _entry(row: Row) -> Listed:
    number, address, name, kind, details, size = row
    known = _decode(details) if details else Profile()
    return Listed(number, address, name, known, size or 0, Kind(kind) if kind else Kind.USER)


def picture(session: Session, user_id: int) -> bytes | None:
    """None where there is none."""
    row = session.one(_PICTURE, user=user_id)
    return row[0] if row else None


def certificates(database: Database, user_ids: Sequence[int]) -> dict[int, tuple[bytes, ...]]:
    """The certificates in the profiles of these users."""
    with database.read() as block:
        rows = block.session.all(_PROFILES, users=block.session.integers(user_ids))
    return {number: _decode(details).certificates for number, details in rows}


def profile(session: Session, user_id: int) -> tuple[Profile, bool]:
    """What is known of a user, and whether the list hides it."""
    row = session.one(_GET, user=user_id)
    return (_decode(row[0]), bool(row[1])) if row else (Profile(), False)


def put(session: Session, user_id: int, known: Profile, image: bytes | None, *, hidden: bool) -> None:
    """Replace what is known; `index` comes after it."""
    session.run(_PUT, user_id=user_id, details=encode(known), picture=image, hidden=int(hidden))


def index(session: Session, account: Account) -> None:
    """Keep the words of a user anew (MS-ASCMD R425: display name, alias, first and last name, addresses; company)."""
    user = account.user
    session.run(DROP_WORDS, user=user.id)
    known, hidden = profile(session, user.id)
    if hidden:
        return
    organization = session.one(_ORGANIZATION, user=user.id)
    assert organization is not None
    names = (user.display_name, known.alias, known.first_name, known.last_name, known.company)
    addresses = (user.address, *user.aliases)
    found = {word for text in (*names, *addresses) for word in words(text)} | {*map(whole_address, addresses)}
    for word in sorted(found - {""}):
        session.run(_ADD_WORD, organization_id=organization[0], word=word, user_id=user.id)
