"""The recordings of voice messages (MS-ASEMAIL UmAttOrder, UmAttDuration)."""

import pytest

from tests.unit.mime.messages import multipart, read


def _sound(name: str) -> str:
    return f'Content-Type: audio/wav\nContent-Disposition: attachment; filename="{name}"\n\nx'


TEXT = "Content-Type: text/plain\n\nYou have a message."
PICTURE = 'Content-Type: image/png\nContent-Disposition: attachment; filename="face.png"\n\nx'


def recordings(
    *fields: str, sounds: tuple[str, ...] = ("one.wav", "two.wav")
) -> dict[str, tuple[int | None, int | None]]:
    """Order and seconds of each attachment, by its name."""
    raw = multipart("mixed", TEXT, PICTURE, *map(_sound, sounds), head=fields)
    return {one.name: (one.voice_order, one.voice_seconds) for one in read(raw).email.attachments}


@pytest.mark.parametrize("kind", ["voice", "voice-ca", "missedcall"])
def test_the_latest_recording_is_1_and_has_the_duration_R799_R802_R809_R810_R811_R81011(kind: str) -> None:
    found = recordings(f"Content-Class: {kind}", "X-VoiceMessageDuration: 17", "X-AttachmentOrder: two.wav; ONE.wav")
    assert found == {"face.png": (None, None), "one.wav": (1, 17), "two.wav": (2, None)}


def test_without_an_order_the_last_part_is_the_latest() -> None:
    assert recordings("Content-Class: voice") == {
        "face.png": (None, None),
        "one.wav": (2, None),
        "two.wav": (1, None),
    }


@pytest.mark.parametrize("order", ["", ";;", "gone.wav", "one.wav;gone.wav", "one.wav;" * 5000])
def test_an_order_that_does_not_name_them_all_does_not_count(order: str) -> None:
    found = recordings("Content-Class: voice", f"X-AttachmentOrder: {order}")
    assert (found["one.wav"], found["two.wav"]) == ((2, None), (1, None))


@pytest.mark.parametrize(
    "duration, seconds", [("x", None), ("-1", None), ("9" * 30, None), ("99999999", 86400), (" 0 ", 0)]
)
def test_a_duration_is_whole_seconds_and_bounded(duration: str, seconds: int | None) -> None:
    found = recordings("Content-Class: voice", f"X-VoiceMessageDuration: {duration}", sounds=("one.wav",))
    assert found["one.wav"] == (1, seconds)


def test_sounds_of_other_messages_are_no_recordings_R811() -> None:
    found = recordings("X-VoiceMessageDuration: 17", "X-AttachmentOrder: one.wav;two.wav")
    assert set(found.values()) == {(None, None)}
