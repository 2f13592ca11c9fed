"""The rules of the house that no linter knows: sizes, cycles, what a module may touch, what may not be written."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
PACKAGES = ("portal", "intacct_sandbox")
MOST_LINES = 400
MOST_TEMPLATE_LINES = 150
NO_REQUEST = ("services", "queries", "sync", "models", "problems")
REQUEST_NAMES = {"request", "session", "g", "flash", "redirect", "url_for", "render_template", "abort"}


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that is committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=TOP, capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    return tuple(TOP / name for name in listed.stdout.splitlines() if (TOP / name).is_file())


@cache
def modules() -> dict[str, Path]:
    """Our modules by their dotted names."""
    found = {}
    for package in PACKAGES:
        for path in (TOP / package).rglob("*.py"):
            parts = path.relative_to(TOP).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    """The parsed module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(name: str) -> set[str]:
    """Our modules that a module imports anywhere, lazily or not; imports for type checkers alone are left out."""
    path = modules()[name]
    ignored = {
        child
        for node in ast.walk(tree(path))
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for child in ast.walk(node)
    }
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    wanted: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import) and node not in ignored:
            wanted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node not in ignored:
            wanted |= _from_import(node, package)
    return {ours for name_ in wanted if (ours := _ours(name_)) and ours != name}


def _from_import(node: ast.ImportFrom, package: str) -> set[str]:
    parts = package.split(".")
    base = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
    base = ".".join(part for part in (base, node.module or "") if part)
    return {f"{base}.{alias.name}" for alias in node.names}


def _ours(name: str) -> str:
    while name and name not in modules():
        name = name.rpartition(".")[0]
    return name


def test_no_source_file_is_longer_than_a_reader_keeps_in_mind() -> None:
    long = {
        str(path.relative_to(TOP)): lines
        for path in kept_files()
        if path.suffix == ".py"
        and path.parent.name != "versions"  # a migration is written once, by the tool, and not edited
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long, f"at most {MOST_LINES} lines: {long}"


def test_no_template_is_longer_than_a_screen_or_three() -> None:
    long = {
        str(path.relative_to(TOP)): lines
        for path in (TOP / "portal" / "templates").rglob("*.*")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_TEMPLATE_LINES
    }
    assert not long, f"at most {MOST_TEMPLATE_LINES} lines: {long}"


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {name: imports_of(name) for name in modules()}
    done: set[str] = set()

    def walk(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"import cycle: {' > '.join((*path[path.index(name) :], name))}"
        if name in done:
            return
        for other in graph[name]:
            walk(other, (*path, name))
        done.add(name)

    for name in graph:
        walk(name, ())


def test_rules_and_reads_touch_no_web_request() -> None:
    touching = [
        f"{name}: {alias.name}"
        for name, path in modules().items()
        if name.startswith(tuple(f"portal.{layer}" for layer in NO_REQUEST))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom) and node.module == "flask"
        for alias in node.names
        if alias.name in REQUEST_NAMES
    ]
    assert not touching


RUN_KEEPERS = {"context", "runs", "due", "engine", "lease"}
"""The modules of the sync that plan, claim, open and end runs; all others are steps of a run."""


def test_steps_of_a_run_commit_through_its_context_alone() -> None:
    """So that one place decides whether anything is kept at all."""
    committing = [
        f"{name}:{node.lineno}"
        for name, path in modules().items()
        if name.startswith(("portal.sync.", "portal.imports.")) and name.rpartition(".")[2] not in RUN_KEEPERS
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "commit" and ast.unparse(node) == "db.session.commit"
    ]
    assert not committing, "use ctx.commit(), ctx.save() or ctx.checkpoint()"


def test_areas_of_pages_do_not_import_each_other() -> None:
    areas = {path.parent.name for path in (TOP / "portal" / "blueprints").glob("*/__init__.py")}
    crossing = [
        f"{name} imports {other}"
        for name in modules()
        for area in areas
        if name.startswith(f"portal.blueprints.{area}")
        for other in imports_of(name)
        if other.startswith("portal.blueprints.") and other.split(".")[2] in areas - {name.split(".")[2]}
    ]
    assert not crossing


def test_files_name_no_place_of_a_workbench() -> None:
    places = re.compile(r"(?<![\w.])/(?:work|tmp/team)/|pypi\.org|registry\.npmjs|files\.pythonhosted")
    naming = []
    for path in kept_files():
        if path == Path(__file__) or path.suffix in {".png", ".ico", ".woff2"}:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        naming += [f"{path.relative_to(TOP)}: {match[0]}" for match in places.finditer(text)]
    assert not naming


def test_the_lock_names_no_index_and_hashes_everything() -> None:
    lock = (TOP / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in lock
    assert "--index-url" not in lock
    assert "--find-links" not in lock
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    unhashed = [block.split(" ")[0] for block in blocks if "==" in block and "--hash=sha256:" not in block]
    assert not unhashed


def test_the_lock_pins_every_declared_requirement() -> None:
    setup = (TOP / "setup.cfg").read_text(encoding="utf-8")
    lock = (TOP / "requirements.lock").read_text(encoding="utf-8")
    declared = re.findall(r"^    ([a-z][a-z0-9-]+)(?:\[\w+\])?>=", setup, re.M)
    pinned = set(re.findall(r"^([a-z0-9-]+)(?:\[\w+\])?==", lock, re.M))
    assert declared
    assert not set(declared) - pinned


def test_no_two_test_files_have_the_same_name() -> None:
    """pytest imports them by their bare names and refuses the second."""
    names = [path.name for path in kept_files() if path.name.startswith("test_") and path.suffix == ".py"]
    assert sorted({name for name in names if names.count(name) > 1}) == []
