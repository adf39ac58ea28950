"""The house rules of DESIGN.md §3: who may import whom, checked in the source and at run time."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import CLOUD, PACKAGES, PROJECT, ROOT, modules

SOURCES = modules(*PACKAGES)


def imported_roots(path: Path) -> set[str]:
    roots: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            roots.add(node.module.split(".")[0])
    return roots


def users_of(*libraries: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in SOURCES if imported_roots(path) & set(libraries)}


def test_mqtt_is_spoken_in_one_module_of_each_side() -> None:
    allowed = {"edge_agent/link/uplink.py", "edge_agent/drivers/mqtt/subscriber.py", "ingest/receive.py"}
    assert users_of("aiomqtt", "paho") <= allowed, (
        "speak MQTT through the uplink, the subscriber or ingest.receive"
    )


def test_sql_is_spoken_only_in_the_stores_and_the_spool() -> None:
    strangers = {name for name in users_of("sqlite3") if not name.startswith(("store/", "edge_agent/spool"))}
    assert not strangers, "put the query into store/ behind its contract, or into the spool"


def test_blocking_work_of_the_cloud_names_its_threads() -> None:
    """asyncio's default pool is one for everything: what opens a page there delays a receipt."""
    shared = ("to_thread", "run_in_executor", "run_in_threadpool")
    cloud = [path for path in SOURCES if path.relative_to(ROOT).parts[0] in CLOUD]
    strangers = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in cloud
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in shared
    }
    assert not strangers, (
        "run it in the threads of its purpose, `await PAGES.run(work)`: the table is in store/threads.py"
    )


def test_nobody_imports_the_simulator_benchmarks_or_tests() -> None:
    strangers = {
        name for name in users_of("simulator", "benchmarks", "tests") if not name.startswith("simulator/")
    }
    assert not strangers, "the simulator is a process beside the product: start it, do not import it"


def test_the_edge_agent_runs_without_the_cloud() -> None:
    """Import all of it in a fresh interpreter and look at what came along."""
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "import pkgutil, importlib, edge_agent\n"
        "names = [m.name for m in pkgutil.walk_packages(edge_agent.__path__, 'edge_agent.')]\n"
        "[importlib.import_module(n) for n in names if not n.endswith('__main__')]\n"
        "print(len(names)); print(' '.join(sorted({n.split('.')[0] for n in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    count, roots = done.stdout.splitlines()
    assert int(count) > 10
    cloud = {
        "store",
        "ingest",
        "analytics",
        "web",
        "simulator",
        "plumbline",
        "fastapi",
        "jinja2",
        "uvicorn",
        "numpy",
    }
    assert not cloud & set(roots.split()), "the edge agent imports nothing of the cloud"


def test_every_name_in_an_import_contract_exists() -> None:
    """A contract about a module that is gone guards nothing."""
    for contract in PROJECT["tool"]["importlinter"]["contracts"]:
        for name in [*contract.get("source_modules", []), *contract.get("modules", [])]:
            path = ROOT / Path(*name.split("."))
            assert path.is_dir() or path.with_suffix(".py").is_file(), (
                f"{name} in contract {contract['name']!r}"
            )


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_says_what_it_owns_and_stays_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text)), "a module begins with a docstring that says what it owns"
    assert text.count("\n") <= 440, "split it: a file of this length owns more than one thing"
    assert path.stem not in {"utils", "util", "common", "helpers", "helper", "manager"}, (
        "name it by what it owns"
    )


def test_no_file_names_a_package_registry() -> None:
    hosts = re.compile(
        r"pypi\.o" + r"rg|pythonhosted\.o" + r"rg|registry\.npm" + r"js|deb\.debian\.o" + r"rg"
    )
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and path.stat().st_size < 2_000_000:
            assert not hosts.search(path.read_text(encoding="utf-8", errors="ignore")), name


def test_the_product_does_not_lean_on_what_users_do_not_have() -> None:
    for path in [*SOURCES, ROOT / "Makefile"]:
        assert "../" + "shared" not in path.read_text(encoding="utf-8"), path


def test_messages_of_the_wire_are_read_and_written_by_its_codecs_alone() -> None:
    """A second way to read a message is a second contract (a receipt was packed by one side and not unpacked
    by the other)."""
    spoken = re.compile(r"\b(Batch|Receipt|Status|Command|Result|Event)\.model_validate_json|model_dump_json")
    #: These have answers of their own, no message of the wire: `web` its JSON, `live` what `top` shows.
    others = {
        "web/api/readings.py",
        "web/api/windows.py",
        "web/http/problem_details.py",
        "edge_agent/host/local_socket.py",
    }
    strangers = {
        name
        for path in SOURCES
        if not (name := str(path.relative_to(ROOT))).startswith("wire/")
        and spoken.search(path.read_text("utf-8"))
    }
    assert strangers <= others, "use encode, decode or recall of wire.batch, receipt, status, command, result"


def test_records_of_the_log_are_read_by_its_decoder_alone() -> None:
    """So that a record nobody can read is set aside by every reader in one way, and ends none."""
    strangers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if "record.entry.payload" in path.read_text("utf-8") and path.name != "decoder.py"
    }
    assert not strangers, "use store.log.decoder.Decoder"
