"""The house rules that a reader may rely on: who may import whom, and where each client library lives."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEPLOYABLES = ("edge", "ingest", "api", "dashboards")
ROOMS = ("smartward", *DEPLOYABLES)
CLI = "smartward/cli.py"
ROOTS = (CLI, "smartward/demo/run.py", "smartward/demo/prepare.py")
HOMES = {
    "paho": ("smartward/adapters/mqtt.py",),
    "influxdb_client": ("smartward/adapters/influx",),
    "sqlalchemy": ("smartward/adapters/sql/",),
    "alembic": ("smartward/adapters/sql/",),
    "cv2": ("edge/camera/",),
    "fastapi": ("api/",),
    "starlette": ("api/",),
    "jinja2": ("api/",),
    "grafana_foundation_sdk": ("dashboards/",),
    "grafana_api": ("dashboards/",),
    "ucumvert": ("smartward/units.py",),
    "iotcore": ("smartward/adapters/broker.py",),
}
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imports_of(path: Path) -> list[tuple[str, bool]]:
    """List the modules that a file imports, and whether each import is at the top of the file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        is_top = node in tree.body
        if isinstance(node, ast.Import):
            found += [(alias.name, is_top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import; imports are absolute"
            found.append((node.module or "", is_top))
    return found


def is_root(name: str) -> bool:
    """Tell whether a file chooses adapters."""
    return name in ROOTS or name.endswith(("/__main__.py", "/app.py"))


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_each_room_imports_only_what_it_may(path: Path) -> None:
    """The rooms meet on the wire: a deployable imports the core and itself; only roots choose adapters."""
    name = str(path.relative_to(ROOT))
    room = name.split("/", maxsplit=1)[0]
    for module, is_top in imports_of(path):
        first = module.split(".", maxsplit=1)[0]
        if first in DEPLOYABLES and first != room:
            assert name == CLI, f"{name} imports {module}: rooms meet on the wire"
            assert not is_top, f"{name} imports {module} at the top: the command line imports roots when it needs them"
        if module.startswith("smartward.adapters"):
            is_adapter = name.startswith("smartward/adapters/")
            assert is_adapter or is_root(name), f"{name} imports {module}: only composition roots choose adapters"
        for library, homes in HOMES.items():
            if first == library:
                assert name.startswith(homes), f"{name} imports {module}: its home is {' or '.join(homes)}"


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(ROOT)) for path in MODULES])
def test_each_module_opens_with_one_sentence(path: Path) -> None:
    """A reader knows a room's job from its first line."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring
    assert docstring.splitlines()[0].endswith((".", ":"))


def test_the_core_needs_no_server_and_no_camera() -> None:
    """A gateway with little memory installs the core alone."""
    heavy = ("sqlalchemy", "fastapi", "cv2", "numpy", "jinja2", "grafana_foundation_sdk")
    core = [path for path in MODULES if path.is_relative_to(ROOT / "smartward") and "adapters" not in path.parts]

    at_top = {(path.name, module.split(".", maxsplit=1)[0]) for path in core for module, top in imports_of(path) if top}

    assert not [found for found in at_top if found[1] in heavy]
