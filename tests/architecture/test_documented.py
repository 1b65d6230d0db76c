"""What is built is written down where readers look for it, and the documents hold together.

Commands are checked in tests/unit/cli/test_app.py, settings in test_documents.py, the gateway's errors in
tests/golden/gateway/test_refusals.py.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from ingate.cli.upstream import PROFILES as CLI_PROFILES
from ingate.gateway.pipeline import ENDPOINTS
from ingate.management.app import create_management_app
from ingate.management.control_plane import ControlPlane
from ingate.management.upstream_bodies import PROFILES as MANAGEMENT_PROFILES
from ingate.upstreams.profiles.profile import PROFILE_NAMES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
MANAGEMENT = (DOCS / "reference" / "management-api.md").read_text(encoding="utf-8")

_LINK = re.compile(r"\]\(([^)#\s]+)[^)]*\)")
_FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_UNFINISHED = re.compile(r"\b(?:TODO|FIXME|TBD|XXX|lorem ipsum|under construction|coming soon)\b", re.IGNORECASE)


def read(document: Path) -> str:
    return document.read_text(encoding="utf-8")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def block(text: str, language: str) -> str:
    """The content of the only fenced block in that language."""
    [content] = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return content


def list_linked(document: Path) -> list[Path]:
    targets = [target for target in _LINK.findall(_FENCED.sub("", read(document))) if "://" not in target]
    return [(document.parent / target).resolve() for target in targets if not target.startswith("mailto:")]


# The management API


def list_routes() -> set[tuple[str, str]]:
    plane = cast(ControlPlane, SimpleNamespace(new_id=str))
    app: object = create_management_app(plane, admin_token="a token")
    while not isinstance(app, Starlette):  # through what stands in front of the routes
        app = cast("dict[str, object]", vars(app))["_app"]
    found: set[tuple[str, str]] = set()
    for route in cast("list[Route]", app.routes):
        methods = route.methods or set()
        # Starlette answers HEAD wherever there is a GET; only a route with an own HEAD is something to know of.
        own_head = route.path.endswith("/resourceGroups/{group}")
        found |= {(method, route.path) for method in methods if method != "HEAD" or own_head}
    return found


def list_documented_routes() -> set[tuple[str, str]]:
    short: dict[str, str] = {}
    for line in block(MANAGEMENT, "paths").splitlines():
        name, _, path = line.partition(" = ")
        short[name] = expand(path, short)
    rows = re.findall(r"^\| ([A-Z]+) \| `([^`]+)` \|", MANAGEMENT, re.MULTILINE)
    return {(method, expand(path, short)) for method, path in rows}


def expand(path: str, short: dict[str, str]) -> str:
    first, slash, rest = path.partition("/")
    return short[first] + slash + rest if first in short else path


def test_every_management_route_is_in_the_reference_and_no_other() -> None:
    assert list_documented_routes() == list_routes()


def test_every_code_of_the_management_api_is_in_the_reference_and_no_other() -> None:
    sources = [read(file) for file in (ROOT / "src" / "ingate" / "management").glob("render_*.py")]
    known = {code for source in sources for code in re.findall(r'code="(\w+)"', source)}
    rows = re.findall(r"^\| \d{3} \| (.*?) \|", MANAGEMENT, re.MULTILINE)
    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} == known


# The data plane


@pytest.mark.parametrize("path", [path.decode() for path in ENDPOINTS])
@pytest.mark.parametrize("document", ["README.md", "docs/fidelity.md"])
def test_every_gateway_endpoint_is_named(path: str, document: str) -> None:
    assert f"`POST {path}`" in read(ROOT / document)


def test_profiles_are_called_the_same_everywhere() -> None:
    page = read(DOCS / "reference" / "upstream-profiles.md")
    table = re.findall(r"^\| `([\w.]+)`", page.partition("\n## ")[0], re.MULTILINE)
    [row] = [line for line in MANAGEMENT.splitlines() if line.startswith("| `profile` |")]
    assert tuple(CLI_PROFILES) == PROFILE_NAMES
    assert tuple(MANAGEMENT_PROFILES) == PROFILE_NAMES
    assert tuple(table) == PROFILE_NAMES
    assert tuple(re.findall(r"`([\w.]+)`", row)[1:]) == PROFILE_NAMES


# Architecture


def test_the_layers_are_the_ones_that_are_checked() -> None:
    contracts = tomllib.loads(read(ROOT / "pyproject.toml"))["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract["type"] == "layers"]
    assert block(read(DOCS / "architecture.md"), "layers").splitlines() == layers


def test_every_room_has_its_paragraph() -> None:
    text = read(DOCS / "architecture.md")
    package = ROOT / "src" / "ingate"
    rooms = [path.parent.name for path in package.glob("*/__init__.py")]
    assert rooms
    assert [room for room in rooms if f"**`{room}/`**" not in text] == []


def test_files_that_the_architecture_names_exist() -> None:
    names = set(re.findall(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.py)`", read(DOCS / "architecture.md")))
    assert names
    assert [name for name in sorted(names) if not (ROOT / "src" / "ingate" / name).exists()] == []


def test_decisions_that_the_source_names_exist() -> None:
    written = {path.name[:4] for path in (DOCS / "decisions").glob("[0-9]*.md")}
    named = {
        number
        for file in (ROOT / "src").rglob("*.py")
        for number in re.findall(r"docs/decisions/(\d{4})", file.read_text(encoding="utf-8"))
    }
    assert named <= written


def test_the_version_is_in_the_list_of_changes() -> None:
    version = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]["version"]
    assert f"\n## {version}" in read(ROOT / "CHANGELOG.md")


# All documents


def test_every_document_is_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    ahead = [README.resolve()]
    while ahead:
        document = ahead.pop()
        if document not in reached:
            reached.add(document)
            ahead += [linked for linked in list_linked(document) if linked.suffix == ".md" and linked.exists()]
    assert [relative(document) for document in DOCUMENTS if document.resolve() not in reached] == []


@pytest.mark.parametrize("document", [README, ROOT / "CHANGELOG.md"], ids=relative)
def test_no_link_leads_nowhere(document: Path) -> None:
    """Those under docs/ are in test_documents.py."""
    assert [relative(linked) for linked in list_linked(document) if not linked.exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_no_document_says_that_it_will_be_written(document: Path) -> None:
    assert _UNFINISHED.findall(read(document)) == []


# Every file


def list_project_files() -> list[Path]:
    """What would be committed: tracked files and new ones that are not ignored."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file() and file != Path(__file__)]


def test_no_file_names_a_machines_own_paths_or_a_registrys_host() -> None:
    own_paths = re.compile(rb"(?<![\w.$}])/(?:work|tmp|home/\w+|root|Users/\w+)/[\w.-]+")
    registry = re.compile(rb"files\.pythonhosted\.org|pypi\.org/simple|--(?:extra-)?index-url|registry\.npmjs\.org")
    found: list[str] = []
    for file in list_project_files():
        for pattern in (own_paths, registry):
            found += [f"{relative(file)}: {match.decode()}" for match in pattern.findall(file.read_bytes())]
    assert found == []


def test_locked_dependencies_are_hashes_without_addresses() -> None:
    for file in sorted((ROOT / "requirements").glob("*.txt")):
        text = read(file)
        assert "--hash=sha256:" in text, file.name
        assert re.findall(r"\w+://\S+|^-f .*|--find-links.*", text, re.MULTILINE) == [], file.name
