"""The guards of the house, over any tree: each gives what is wrong in it, with the remedy.

`test_guards.py` runs them over this tree, and over copies of it into which somebody planted a fault.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

CLOUD: Final = ("store", "ingest", "analytics", "notices", "projects", "web", "plumbline")
_ALL_BUT_ROOTS: Final = tuple(package for package in CLOUD if package != "plumbline")
#: Where statements over tables of firms are made.
_TENANCY: Final = "store/records/tenancy.py"
#: What of the web serves all firms, and so asks the registry without an access.
_SERVES_ALL: Final = frozenset({"web/customer/project.py", "web/live/stored.py"})
#: Repositories whose questions take a firm as any string: rooms and programs ask `records.seen_by(access)`.
_OF_REGISTRY: Final = frozenset(
    {"sites", "projects", "customers", "rooms", "agents", "devices", "links", "firms", "changes", "imports"}
)
#: What is asked before there is an access, by a secret that only its holder has.
_BEFORE_ACCESS: Final = frozenset({"by_digest", "opened"})
#: Comparisons of firms by which nobody reads.
_NO_READING: Final = {
    # A provider settles roles in its own firm alone, whoever it says has signed in.
    "web/access/oidc.py": ("account.firm != provider.firm",),
}
_SCHEMAS: Final = frozenset({"store.records.schema", "store.records.schema_access"})
_SQL: Final = frozenset({"sqlalchemy", "alembic", "psycopg", "sqlite3"})
_STATEMENTS: Final = frozenset({"select", "update", "delete", "text", "union", "union_all", "exists", "join"})
#: Who may ask for the rows of every firm, and why.
ACROSS_FIRMS: Final = {
    "all_sites": "backup and doctor keep the whole",
    "everywhere": "ingest and the web's pages serve all firms",
    "present_by_site": "ingest serves all firms",
    "retired_by_site": "ingest serves all firms",
    "begun": "ingest serves all firms",
    "_firms": "the list of firms",
    "by_login": "who signs in, is what is asked",
    "firm_name": "which firm it is, is what is asked",
    "add_firm": "whether another firm has the id",
    "by_identity": "who another provider says it is, is what is asked",
    "by_digest": "whose session it is, is what is asked",
    "totp_secrets": "what seals them serves all firms",
    "keeps_an_owner": "locks the firm's own row",
    "has_owner": "whether anybody at all can begin",
    "look": "what a one-time pass opens, is what is asked",
    "_feed": "who hands on what has changed looks whose it is",
    "_taken_ids": "whether a site's id is taken",
    "_is_taken": "whether a link's token is taken",
}
#: Who may make a `SiteRef` of a string: what enters sites into the registry.
_NAMES_SITES: Final = frozenset({_TENANCY, "plumbline/registration.py"})


def sql_outside_the_stores(root: Path) -> list[str]:
    """Every import of a database library outside `store` and the agent's spool."""
    return [
        f"{name}:{at}: {library}: put the query into store/ behind its contract"
        for name, tree in _modules(root, (*CLOUD, "edge_agent", "wire", "simulator"))
        for at, library in _imports(tree)
        if library in _SQL and not name.startswith("store/")
        if not (library == "sqlite3" and name.startswith("edge_agent/spool"))
    ]


def statements_without_a_firm(root: Path, tables_of_firms: frozenset[str]) -> list[str]:
    """Modules of `store` that name a table of firms and make a statement of their own; and whoever asks
    across firms without being listed."""
    constants = {name.upper() for name in tables_of_firms}
    found = []
    for name, tree in _modules(root, ("store",)):
        if (
            name in {_TENANCY, *(f"{schema.replace('.', '/')}.py" for schema in _SCHEMAS)}
            or "/migrations/" in name
        ):
            continue
        if (constants | {"METADATA"}) & _schema_names(tree):
            found += [f"{name}:{at}: {what}: ask tenancy for it" for at, what in _statements(tree, constants)]
        found += [
            f"{name}:{at}: {function} asks across firms: rows_of, or ACROSS_FIRMS with the reason"
            for at, function in _callers(tree, "across_firms")
            if function not in ACROSS_FIRMS
        ]
    return found


def filters_of_firms(root: Path) -> list[str]:
    """Comparisons with a firm outside the place for that."""
    return [
        f"{name}:{at}: a filter of its own: tenancy.rows_of, tenancy.seen_rows"
        for name, tree in _modules(root, _ALL_BUT_ROOTS)
        for at, node in _nodes(tree)
        if _filters(node) and name != _TENANCY and ast.unparse(node) not in _NO_READING.get(name, ())
    ]


def questions_without_access(root: Path) -> list[str]:
    """Whatever of the web asks or changes the registry with a firm instead of an access."""
    return [
        f"{name}:{at}: {what}: ask records.seen_by(access), which knows the firm and how far a right reaches"
        for name, tree in _modules(root, ("web",))
        if name not in _SERVES_ALL
        for at, what in _asked_of_registry(tree)
    ]


def makers_of_site_refs(root: Path) -> list[str]:
    """Whoever makes a `SiteRef` (or the registry's `Site`) of a string, outside the registry."""
    return [
        f"{name}:{at}: takes any string for a site: ask the registry"
        for name, tree in _modules(root, CLOUD)
        for at, node in _nodes(tree)
        if name not in _NAMES_SITES and _makes_site_ref(name, node)
    ]


def _modules(root: Path, packages: tuple[str, ...]) -> Iterator[tuple[str, ast.Module]]:
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            yield path.relative_to(root).as_posix(), _parsed(path.read_text(encoding="utf-8"))


@cache
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _nodes(tree: ast.Module) -> Iterator[tuple[int, ast.expr]]:
    """Expressions, each with its line."""
    return ((node.lineno, node) for node in ast.walk(tree) if isinstance(node, ast.expr))


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and root of each module that is imported, also by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module.split(".")[0]
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            yield from ((node.lineno, name.split(".")[0]) for name in _texts(node.args))


def _texts(nodes: list[ast.expr]) -> list[str]:
    values = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return [value for value in values if isinstance(value, str)]


def _schema_names(tree: ast.Module) -> set[str]:
    """What of the schema a module can reach: what it imports, or all where it imports the module."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in _SCHEMAS:
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "store.records":
            names |= {"METADATA" for alias in node.names if alias.name.startswith("schema")}
        elif isinstance(node, ast.Import):
            names |= {"METADATA" for alias in node.names if alias.name.startswith("store.records.schema")}
    return names


def _statements(tree: ast.Module, constants: set[str]) -> Iterator[tuple[int, str]]:
    """SQLAlchemy's makers of statements that are imported, and those that are methods of a table."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy":
            yield from ((node.lineno, alias.name) for alias in node.names if alias.name in _STATEMENTS)
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names if alias.name.split(".")[0] == "sqlalchemy"]
            yield from ((node.lineno, name) for name in names)
        elif isinstance(node, ast.Attribute) and node.attr in _STATEMENTS:
            owner = ast.unparse(node.value)
            yield from [(node.lineno, f"{owner}.{node.attr}")] if owner in constants else []


def _callers(tree: ast.Module, function: str) -> Iterator[tuple[int, str]]:
    """The line and name of each function in which it is called."""
    for outer in ast.walk(tree):
        if not isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if any(_called(node) == function for node in ast.walk(outer)):
            yield outer.lineno, outer.name


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _filters(node: ast.expr) -> bool:
    if isinstance(node, ast.Compare) and not _asks_for_none(node):
        return any(_is_firm(one) for one in (node.left, *node.comparators))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"in_", "is_", "like"} and _is_firm(node.func.value)
    return False


def _asks_for_none(node: ast.Compare) -> bool:
    """`… is None`, `… is not None`: whether there is a firm, not which."""
    return all(isinstance(one, ast.Constant) and one.value is None for one in node.comparators)


def _is_firm(node: ast.expr) -> bool:
    """`….firm`, `….c["firm"]`."""
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return node.slice.value == "firm"
    return isinstance(node, ast.Attribute) and node.attr == "firm"


def _asked_of_registry(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Repositories of the registry that records or a transaction give, also to be handed over."""
    transactions = {
        item.optional_vars.id
        for node in ast.walk(tree)
        if isinstance(node, ast.With | ast.AsyncWith)
        for item in node.items
        if isinstance(item.optional_vars, ast.Name) and _called(item.context_expr) in {"begin", "trial"}
    }
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    before = {id(node.value) for node in attributes if node.attr in _BEFORE_ACCESS}
    for node in attributes:
        owner = ast.unparse(node.value)
        reached = owner in transactions or owner.split(".")[-1] in {"records", "_records", "store", "_store"}
        if reached and node.attr in _OF_REGISTRY and id(node) not in before:
            yield node.lineno, ast.unparse(node)


def _makes_site_ref(name: str, node: ast.expr) -> bool:
    called = _called(node)
    if called == "Site":
        return not name.startswith("store/records/")
    return called in {"SiteRef", "site_ref"} or (called == "cast" and "SiteRef" in ast.unparse(node))
