"""Hundreds of awkward messages, at each version that brought a form of body, in every form: all are shown, and none
stops the others.
"""

import pytest

from easd.eas.commands.options import Options
from easd.eas.versions import V2_5, V12_0, V12_1, V14_0, V14_1, V16_1, Version
from easd.model.body import BodyPreference
from easd.model.email import BodyType
from easd.service.delivery import new_mail
from easd.wbxml import Element
from tests.support.awkward import messages
from tests.support.world import World, child, text

PLAIN, HTML, RTF, MIME = BodyType
CORPUS = dict(messages())
WISHES = {
    "nothing": Options(),
    "plain": Options(body_preferences=(BodyPreference(PLAIN),)),
    "plain-cut": Options(body_preferences=(BodyPreference(PLAIN, 33),)),
    "html": Options(body_preferences=(BodyPreference(HTML),)),
    "html-cut": Options(body_preferences=(BodyPreference(HTML, 333, preview=80), BodyPreference(PLAIN, 333))),
    "html-all-or-none": Options(body_preferences=(BodyPreference(HTML, 100, all_or_none=True, preview=255),)),
    "rtf": Options(body_preferences=(BodyPreference(RTF),)),
    "rtf-cut": Options(body_preferences=(BodyPreference(RTF, 400),)),
    "mime": Options(mime_support=2, body_preferences=(BodyPreference(MIME),)),
    "mime-cut": Options(mime_support=2, mime_truncation=1, body_preferences=(BodyPreference(MIME, 700),)),
    "part": Options(body_part_preferences=(BodyPreference(HTML, 200, preview=50),)),
    "both": Options(
        body_preferences=(BodyPreference(PLAIN, 500),), body_part_preferences=(BodyPreference(HTML),)
    ),
    "old-cut": Options(truncation=1),
    "old-mime": Options(truncation=9, mime_support=2),
}  # fmt: skip


def _known(options: Options, version: Version) -> bool:
    """Whether a client of that version can ask so."""
    preview = any(each.preview for each in options.body_preferences)
    fits = not (preview and version < V14_0) and not (options.body_part_preferences and version < V14_1)
    old = version < V12_0
    return fits and not (options.body_preferences if old else options.truncation)


def test_there_are_at_least_300() -> None:
    assert len(CORPUS) >= 300
    assert len(CORPUS) == sum(1 for _ in messages())  # each has a name of its own
    assert len(set(CORPUS.values())) >= 300


@pytest.fixture
def full(world: World) -> World:
    """A world in which all of them have arrived."""
    with world.writing() as box:
        inbox = world.folder().id
        for raw in CORPUS.values():
            box.add_mail(inbox, new_mail(raw, world.now))
    return world


@pytest.mark.parametrize("version", [V2_5, V12_1, V14_1, V16_1], ids=lambda version: version.text)
def test_every_awkward_message_is_shown_in_every_form(full: World, version: Version) -> None:
    for name, options in WISHES.items():
        if not _known(options, version):
            continue
        phone = full.phone(version=version)
        inbox = phone.folder()
        results = phone.sync_all(inbox, options=(options,), window_size=512)  # each answer is held against the schemas
        assert results
        assert "reduced" not in phone.notes, (name, phone.notes)
        held = phone.held(inbox).items
        assert len(held) == len(CORPUS), name
        for item in held.values():
            (_check if version >= V12_0 else _check_old)(item, name)


def _check(item: Element, name: str) -> None:
    body, part = (child(item, f"AirSyncBase:{tag}") for tag in ("Body", "BodyPart"))
    assert (body is None) is (name == "part")  # MS-ASCON R245-R248
    assert (part is None) is (name not in ("part", "both"))
    for shown in filter(None, (body, part)):
        data, size = child(shown, "AirSyncBase:Data"), int(text(shown, "AirSyncBase:EstimatedDataSize") or 0)
        length = (
            len(data.content if isinstance(data.content, bytes) else str(data.content or "").encode()) if data else 0
        )
        cut = text(shown, "AirSyncBase:Truncated") == "1"  # 0 is said of a whole body that is signed (MS-ASCMD R3409)
        assert length < size if cut else length <= size


def _check_old(item: Element, name: str) -> None:
    """A body of 2.5: elements of the class's own (MS-ASEMAIL R1136)."""
    kind = "MIME" if name == "old-mime" else "Body"
    data = child(item, f"Email:{kind}Data" if kind == "MIME" else "Email:Body")
    length = len(data.content if isinstance(data.content, bytes) else data.text.encode()) if data else 0
    size = int(text(item, f"Email:{kind}Size") or 0)
    assert length < size if text(item, f"Email:{kind}Truncated") == "1" else length <= size
