"""Where folders from elsewhere go."""

import pytest

from easd.admin.moving.places import Listed, Places


def told(*names: str, **attributes: str) -> dict[str, str]:
    listed = [
        Listed(name, tuple(name.split("/")), frozenset({attributes[name]} if name in attributes else ()))
        for name in names
    ]
    places = Places.of(listed)
    return {name: places.told(tuple(name.split("/"))) for name in names}


@pytest.mark.parametrize(
    "name, role",
    [
        ("inbox", "Inbox"),
        ("Entwürfe", "Drafts"),
        ("Sent Messages", "Sent Items"),
        ("Éléments envoyés", "Sent Items"),
        ("送信済みアイテム", "Sent Items"),
        ("Gelöschte Elemente", "Deleted Items"),
        ("Корзина", "Deleted Items"),
        ("Junk E-mail", "Junk Email"),
        ("Bulk Mail", "Junk Email"),
        ("Archivo", "Archive"),
        ("Projects", "Projects"),
    ],
)
def test_special_folders_are_known_by_their_names_in_many_languages(name: str, role: str) -> None:
    assert told(name) == {name: role}


def test_attributes_of_rfc_6154_count_before_names() -> None:
    assert told("Sent", "Mine", Mine="\\sent") == {"Sent": "Sent", "Mine": "Sent Items"}


def test_what_is_inside_a_special_folder_stays_inside_it() -> None:
    assert told("Gesendet", "Gesendet/2024") == {"Gesendet": "Sent Items", "Gesendet/2024": "Sent Items/2024"}
    assert told("A/Trash") == {"A/Trash": "A/Trash"}
    assert told("INBOX", "INBOX/Sent") == {"INBOX": "Inbox", "INBOX/Sent": "Inbox/Sent"}


def test_a_second_folder_with_a_special_name_keeps_it() -> None:
    assert told("Trash", "Papierkorb") == {"Trash": "Deleted Items", "Papierkorb": "Papierkorb"}
