"""Items that are nothing but typed content, as tests write and read them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from easd.eas.commands.sync import AddResult, ClientAdd
from easd.eas.status import SyncStatus
from easd.model.folder import FolderType
from easd.wbxml import Element, Writer, tag
from tests.support.world import Phone, World, child, text

C = TypeVar("C")

Content = str | bytes | None | Sequence[tuple[str, "Content"]]
"""What an element holds: a text, opaque data, nothing, or elements with their names."""


def written(elements: Mapping[str, Content]) -> bytes:
    """ApplicationData with these elements, by the names that stand on the wire and not by any table."""
    writer = Writer()
    _write(writer, tuple(elements.items()))
    return writer.fragment()


def root(name: str, elements: Mapping[str, Content]) -> bytes:
    """A document whose root is of that name."""
    writer = Writer()
    _write(writer, ((name, tuple(elements.items())),))
    return writer.document()


def _write(writer: Writer, elements: Sequence[tuple[str, Content]]) -> None:
    for name, content in elements:
        if content is None:
            writer.empty(tag(name))
        elif isinstance(content, str):
            writer.text(tag(name), content)
        elif isinstance(content, bytes):
            writer.opaque(tag(name), content)
        else:
            writer.start(tag(name))
            _write(writer, content)
            writer.end()


def shown(element: Element) -> Content:
    """What stands in an element, as it is written."""
    content = element.content
    if isinstance(content, list):
        return tuple((one.name, shown(one)) for one in content)
    return content


def found(item: Element, name: str) -> Content:
    """What the only element of that name in an item holds."""
    (one,) = (each for each in item.children if each.name == name)
    return shown(one)


def named(name: str, content: str = "") -> bytes:
    """ApplicationData with one element."""
    writer = Writer()
    writer.text(tag(name), content)
    return writer.fragment()


def synced(phone: Phone, type_: FolderType) -> str:
    """A folder of the phone's, synchronised to the end."""
    folder = phone.folder(type_)
    phone.sync_all(folder)
    return folder


def added(phone: Phone, folder: str, data: bytes, **fields: Any) -> str:
    """Add an item, and give its ServerId."""
    (result,) = phone.sync(folder, ClientAdd("c1", data), **fields).responses
    assert isinstance(result, AddResult)
    assert result.status == SyncStatus.SUCCESS
    assert result.server_id is not None
    return result.server_id


def kept(world: World, server_id: str, type_: type[C]) -> C:
    """The item as the server keeps it."""
    content = world.items(server_id.partition(":")[0])[server_id].content
    assert isinstance(content, type_)
    return content


def notes_of(phone: Phone, server_id: str) -> str:
    """The text that the phone holds as the item's notes."""
    item = phone.held(server_id.partition(":")[0]).items[server_id]
    body = child(item, "AirSyncBase:Body")
    if body is not None:
        return text(body, "AirSyncBase:Data")
    return next((str(c.content) for c in item.children if c.name.partition(":")[2] == "Body"), "")


def repeated(element: Element) -> Iterator[str]:
    """The elements that stand more than once in one element, anywhere inside."""
    counts = Counter(one.name for one in element.children)
    yield from (name for name, number in counts.items() if number > 1)
    for one in element.children:
        yield from repeated(one)
