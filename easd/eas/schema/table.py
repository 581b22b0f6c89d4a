"""The table of an element's children, and what is derived from it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Generic, TypeVar

from easd.eas.schema.kinds import DIGITS, Boolean, Enumeration, Integer, Kind, Text, children_of, local_name
from easd.eas.schema.malformed import Malformed
from easd.eas.versions import EVERY, Version, Versions
from easd.model.frozen import dataclass
from easd.wbxml import NAMES, Element, Tag, Writer, tag

T = TypeVar("T")

_Write = Callable[[Writer, Any], None]


@dataclass(frozen=True, slots=True)
class Prop:
    """One row: the element `tag` holds the attribute `attr` as `kind` says, in `versions`.

    `many`: the element repeats, and the attribute is a tuple. `ghosted`: left as it is when a Change omits it (MS-ASCMD
    Supported). `always`: the element is written for None too, as its kind says. `holds`: several repeating rows fill
    one attribute in the order of the document; each row stands for the values of one type. `after`: the element may not
    come before the one of that attribute; all others come in any order. `last_counts`: to repeat the element is no
    fault. `distinct`: of a repeating element, the attribute in which no two may agree. `anywhere`: it has no place in
    the order of a Schema that is `ordered`. `ref` names document and element.
    """

    tag: str
    attr: str
    kind: Kind
    ref: str = ""
    versions: Versions = EVERY
    required: bool = False
    many: bool = False
    ghosted: bool = False
    always: bool = False
    holds: type | None = None
    after: str | None = None
    last_counts: bool = False
    distinct: str | None = None
    anywhere: bool = False


class Schema(Generic[T]):
    """What one element holds: the rows in the order in which they are written, and the dataclass that they fill. If
    `ordered`, they must come in this order, too.

    A row whose attribute the dataclass does not have, or whose tag is unknown, fails at import. It is itself a kind, so
    that tables nest.
    """

    def __init__(self, type_: type[T], props: Sequence[Prop], *, ordered: bool = False) -> None:
        self.type = type_
        self.ordered = ordered
        self.props = tuple(props)
        names = {f.name for f in fields(type_)}  # type: ignore[arg-type]
        for prop in self.props:
            if prop.attr not in names:
                raise TypeError(f"{type_.__name__} has no attribute {prop.attr!r} ({prop.tag})")
        self._views = {version: _View(self.props, version) for version in Version}

    def load(self, element: Element, version: Version) -> T:
        """The value that the element's children say. Malformed for what the rows do not allow in this version."""
        view = self._views[version]
        values = self.read(element, version)
        for prop in view.required:
            if prop.attr not in values:
                raise Malformed(f"{prop.tag} is missing")
        return self.type(**values)

    def read(self, element: Element, version: Version) -> dict[str, Any]:
        """The attributes that the element's children speak of, whether or not they make a whole value. Malformed
        likewise.
        """
        view = self._views[version]
        values: dict[str, Any] = {}
        if self.ordered:
            view.check_order(children_of(element))
        for child in children_of(element):
            prop = view.by_tag.get(child.tag)
            if prop is None:
                raise Malformed(f"unexpected element {NAMES[child.tag]}")
            if prop.after is not None and prop.after not in values:
                raise Malformed(f"{prop.tag} comes too early")
            value = _load(prop, child, version)
            if prop.many:
                _check_distinct(prop, values.get(prop.attr, ()), value)
                values[prop.attr] = (*values.get(prop.attr, ()), value)
            elif prop.attr in values and not prop.last_counts:
                raise Malformed(f"more than one {prop.tag}")
            else:
                values[prop.attr] = value
        return values

    def knows(self, tag: Tag, version: Version) -> bool:
        """Whether a row stands for this child in this version."""
        return tag in self._views[version].by_tag

    def dump(self, writer: Writer, tag: Tag, value: T, version: Version) -> None:
        """Write the element `tag` with what the value holds."""
        writer.start(tag)
        self.dump_children(writer, value, version)
        writer.end()

    def dump_children(self, writer: Writer, value: T, version: Version) -> None:
        """Write only the children; absent values (None, False of a presence, an empty tuple) leave nothing behind."""
        for write in self._views[version].writers:
            write(writer, value)


def _load(prop: Prop, child: Element, version: Version) -> Any:
    try:
        return prop.kind.load(child, version)
    except Malformed as fault:
        raise fault.inside(local_name(child.tag)) from None


def _check_distinct(prop: Prop, before: Sequence[Any], value: Any) -> None:
    if prop.distinct is not None and getattr(value, prop.distinct) in [getattr(each, prop.distinct) for each in before]:
        raise Malformed(f"two {prop.tag} of the same {prop.distinct}")


class _View:
    """The rows of one version, made ready."""

    __slots__ = ("by_tag", "places", "required", "writers")

    def __init__(self, props: Sequence[Prop], version: Version) -> None:
        rows = [prop for prop in props if version in prop.versions]
        self.by_tag = {tag(prop.tag): prop for prop in rows}
        self.places = {tag(prop.tag): place for place, prop in enumerate(rows) if not prop.anywhere}
        self.required = tuple(prop for prop in rows if prop.required)
        if len(self.by_tag) != len(rows):
            raise TypeError(f"two rows for one tag in {version.text}: {[prop.tag for prop in rows]}")
        self.writers = tuple(_writers(rows, version))

    def check_order(self, children: Sequence[Element]) -> None:
        """Malformed unless the children that there are rows for come in their order."""
        places = [self.places[child.tag] for child in children if child.tag in self.places]
        if places != sorted(places):
            raise Malformed(f"not in the order {', '.join(map(local_name, self.places))}")


def _writers(rows: Sequence[Prop], version: Version) -> Iterator[_Write]:
    shared: dict[str, dict[type, tuple[Tag, Kind]]] = {}
    for prop in rows:
        if prop.holds is None:
            yield _writer(prop, version)
            continue
        if prop.attr not in shared:
            shared[prop.attr] = {}
            yield _mixed_writer(prop.attr, shared[prop.attr], version)
        shared[prop.attr][prop.holds] = (tag(prop.tag), prop.kind)


def _mixed_writer(attr: str, rows: dict[type, tuple[Tag, Kind]], version: Version) -> _Write:
    get = attrgetter(attr)

    def mixed(writer: Writer, value: Any) -> None:
        for held in get(value):
            number, kind = rows[type(held)]
            kind.dump(writer, number, held, version)

    return mixed


def _writer(prop: Prop, version: Version) -> _Write:
    """Most rows are texts and small numbers, and most of the time of a Sync goes into writing them: those go straight
    to the writer. All other kinds write for themselves.
    """
    if prop.many:
        return _many_writer(prop, version)
    if type(prop.kind) is Text and not prop.always:
        return _text_writer(prop)
    if type(prop.kind) in (Integer, Enumeration, Boolean) and not prop.always:
        return _number_writer(prop)
    return _one_writer(prop, version)


def _text_writer(prop: Prop) -> _Write:
    get, number = attrgetter(prop.attr), tag(prop.tag)

    def text(writer: Writer, value: Any) -> None:
        held = get(value)
        if held is not None:
            writer.text(number, held)

    return text


def _number_writer(prop: Prop) -> _Write:
    get, number = attrgetter(prop.attr), tag(prop.tag)

    def digits(writer: Writer, value: Any) -> None:
        held = get(value)
        if held is not None:
            writer.utf8(number, DIGITS[held] if 0 <= held < 256 else b"%d" % held)

    return digits


def _one_writer(prop: Prop, version: Version) -> _Write:
    get, dump, number, always = attrgetter(prop.attr), prop.kind.dump, tag(prop.tag), prop.always

    def one(writer: Writer, value: Any) -> None:
        held = get(value)
        if held is not None or always:
            dump(writer, number, held, version)

    return one


def _many_writer(prop: Prop, version: Version) -> _Write:
    get, dump, number = attrgetter(prop.attr), prop.kind.dump, tag(prop.tag)

    def many(writer: Writer, value: Any) -> None:
        for held in get(value):
            dump(writer, number, held, version)

    return many


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """A whole message: its root element and the table of what the root holds."""

    root: str
    schema: Schema[T]

    def load(self, element: Element, version: Version) -> T:
        """The typed value of a decoded document; Malformed if the root is another element."""
        name = NAMES[element.tag]
        if name != self.root:
            raise Malformed(f"the root is {name}, not {self.root}")
        try:
            return self.schema.load(element, version)
        except Malformed as fault:
            raise fault.inside(local_name(element.tag)) from None

    def encode(self, value: T, version: Version) -> bytes:
        """The WBXML document of a value."""
        writer = Writer()
        self.schema.dump(writer, tag(self.root), value, version)
        return writer.document()

    def segments(self, value: T, version: Version) -> list[bytes | object]:
        """The document in segments, between which stand those contents of the value that are too large for it."""
        writer = Writer()
        self.schema.dump(writer, tag(self.root), value, version)
        return writer.segments()
