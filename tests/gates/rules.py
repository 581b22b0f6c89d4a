"""The house rules as functions from a syntax tree (or a text) to findings. Each finding is `(line, what)`."""

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

REPOSITORY: Final = Path(__file__).resolve().parents[2]

PURE: Final[dict[str, frozenset[str]]] = {
    # package: the libraries it may use beside the standard one
    "wbxml": frozenset(),
    "eas": frozenset(),
    "model": frozenset(),
    "mime": frozenset({"icalendar", "nh3"}),
    "sync": frozenset(),
}
# One module may use more than its package, for a stated reason.
PURE_EXTRA: Final[dict[str, frozenset[str]]] = {
    "easd/mime/certificates.py": frozenset({"cryptography"}),
    "easd/sync/state.py": frozenset({"msgspec"}),  # read and written in every Sync, in a fifth of the time of json
    "easd/wbxml/readable.py": frozenset({"lxml"}),  # traces for people, never on the path of a request
}
WORLDLY: Final = frozenset(
    {"asyncio", "concurrent", "ctypes", "fcntl", "http", "logging", "multiprocessing", "os", "queue", "random", "sched"}
    | {"secrets", "select", "selectors", "shutil", "signal", "smtplib", "socket", "socketserver", "sqlite3", "ssl"}
    | {"subprocess", "sys", "tempfile", "threading", "time", "warnings"}
)
_CLOCKS: Final = frozenset({"now", "utcnow", "today"})
_IDS: Final = frozenset({"uuid1", "uuid4", "getnode"})

VERSION_TABLES: Final = ("easd/eas/versions.py", "easd/eas/schema/")
_VERSION_NAMES: Final = frozenset({"version", "protocol_version", "eas_version"})
_MEMBER: Final = re.compile(r"V\d+_\d+")

QUIRK_TABLES: Final = ("easd/eas/quirks",)
_CLIENT: Final = re.compile(
    r"iphone|ipad|ipod|apple|\bios\b|android|outlook|samsung|sam-|touchdown|nine-|gmail|windows|blackberry|nokia|moto",
    re.IGNORECASE,
)
_TEXT_TESTS: Final = frozenset(
    {"count", "endswith", "find", "fullmatch", "index", "match", "removeprefix", "search", "startswith"}
)

_EMPTY_CLASS_NAME: Final = re.compile(r"(Utils?|Utilities|Helpers?|Manager|Base)$|^(Base|Util)(?=[A-Z]|$)")
_EMPTY_MODULE_NAMES: Final = frozenset(
    {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utilities", "utils"}
)

# A letter in brackets matches as it is and keeps this file from breaking its own rule.
_LEAKS: Final = re.compile(
    # paths of one machine
    r"/wor[k]/\w|/far[m][-/]\w|/opt/pyp[i]|/root/\.pyen[v]"
    # hosts of package registries
    r"|pyp[i]\.org|pythonhoste[d]|registry\.npmj[s]|npmj[s]\.(?:com|org)|crate[s]\.io|proxy\.golan[g]\.org"
    # how the project was made
    r"|\bsub-?agen[t]s?\b|\bcoding agen[t]|\bhelper sessio[n]|\bthe brie[f] (?:says|asks|names|wants)",
    re.IGNORECASE,
)

Finding = tuple[int, str]


class Source(NamedTuple):
    """One Python file: its path from the top of the checkout (with slashes), its text and its tree."""

    path: str
    text: str
    tree: ast.Module


def sources(*folders: str) -> Iterator[Source]:
    """Every Python file under the folders of the checkout, in order."""
    for folder in folders:
        yield from map(_source, sorted((REPOSITORY / folder).rglob("*.py")))


@cache
def _source(file: Path) -> Source:
    text = file.read_text(encoding="utf-8")
    return Source(file.relative_to(REPOSITORY).as_posix(), text, ast.parse(text))


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The dotted names of all imported modules, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def impure_imports(path: str, tree: ast.Module, standard: frozenset[str]) -> list[Finding]:
    """Imports that a file of a pure package may not have; `standard` names the standard library's modules."""
    allowed = PURE[path.split("/")[1]] | PURE_EXTRA.get(path, frozenset())
    roots = ((line, name, name.split(".")[0]) for line, name in imports(tree))
    return [
        (line, f"imports {name}")
        for line, name, root in roots
        if root != "easd" and (root in WORLDLY or (root not in standard and root not in allowed))
    ]


def worldly_calls(tree: ast.Module) -> list[Finding]:
    """Reads of the clock, new random identifiers, and opened files."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [(call.lineno, f"calls {ast.unparse(call.func)}()") for call in calls if _is_worldly(call.func)]


def _is_worldly(function: ast.expr) -> bool:
    if isinstance(function, ast.Name):
        return function.id in {"open", "input", "print"} or function.id in _IDS
    if not isinstance(function, ast.Attribute):
        return False
    if function.attr in _CLOCKS:
        return ast.unparse(function.value).split(".")[-1] in {"datetime", "date", "dt"}
    return function.attr in _IDS


def version_comparisons(tree: ast.Module) -> list[Finding]:
    """Comparisons and match cases that ask which protocol version it is, or whether it is older or newer.

    Whether two versions are the same one, and whether a table holds a version, may be asked anywhere.
    """
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            asked = _asks_version(node)
        elif isinstance(node, ast.MatchValue):
            asked = _is_member(node.value)
        else:
            continue
        if asked:
            found.append((node.lineno, ast.unparse(node)))
    return found


def _asks_version(node: ast.Compare) -> bool:
    parts = [part for side in (node.left, *node.comparators) for part in _parts(side)]
    ordered = any(isinstance(operator, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for operator in node.ops)
    return any(_is_member(part) or (ordered and _is_version(part)) for part in parts)


def _parts(side: ast.expr) -> Iterable[ast.expr]:
    return side.elts if isinstance(side, ast.Tuple | ast.Set | ast.List) else (side,)


def _is_version(node: ast.expr) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in _VERSION_NAMES


def _is_member(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return "Version" in ast.unparse(node.value).split(".") or _MEMBER.fullmatch(node.attr) is not None
    return isinstance(node, ast.Name) and _MEMBER.fullmatch(node.id) is not None


def client_sniffing(tree: ast.Module) -> list[Finding]:
    """Comparisons, searches and match cases on the name of a client."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            asked: list[ast.expr] = [node.left, *node.comparators]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _TEXT_TESTS:
            asked = list(node.args)
        elif isinstance(node, ast.MatchValue):
            asked = [node.value]
        else:
            continue
        if any(_names_client(part) for side in asked for part in _parts(side)):
            found.append((node.lineno, ast.unparse(node)))
    return found


def _names_client(node: ast.expr) -> bool:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str | bytes):
        return False
    text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
    return _CLIENT.search(text) is not None


def empty_names(path: str, tree: ast.Module) -> list[Finding]:
    """Modules, packages and classes named for nothing that they do."""
    parts = path.removesuffix(".py").split("/")
    modules = [(1, f"module {part}") for part in parts if part.lower().strip("_") in _EMPTY_MODULE_NAMES]
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return modules + [(node.lineno, f"class {node.name}") for node in classes if _EMPTY_CLASS_NAME.search(node.name)]


def leaks(text: str) -> list[Finding]:
    """Paths of one machine, hosts of package registries, and words about how the project was made."""
    lines = enumerate(text.splitlines(), 1)
    return [(number, match.group(0)) for number, line in lines for match in _LEAKS.finditer(line)]


class Function(NamedTuple):
    """A function's place, its qualified name and its length in lines, from `def` to its last line."""

    path: str
    line: int
    name: str
    lines: int


def functions(path: str, tree: ast.AST, prefix: str = "") -> Iterator[Function]:
    """Every function and method of a tree, nested ones too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr):
            continue  # which holds no definition
        name = prefix
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{prefix}{node.name}."
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(path, node.lineno, name[:-1], (node.end_lineno or node.lineno) - node.lineno + 1)
        yield from functions(path, node, name)
