"""Imports point one way (docs/architecture.md): an arrow the other way fails here."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rtsynth"

# A module may import modules of lower layers, and those of its own layer that stand before it.
LAYERS = [
    ["contract", "errors", "files", "jack", "sessions", "signals", "wav"],
    ["_core"],
    ["metadata", "instrument", "user_timbres", "timbres", "takes", "background", "slots",
     "fillings", "controls", "song", "ports", "jack_wiring", "encoder", "likeness", "fitting",
     "warm"],
    ["audio", "midi", "generator", "recorder", "jack_follower", "jack_client", "backends",
     "output"],
    ["player", "render", "clone"],
    ["check", "devices", "status"],
    ["cli"],
    ["__main__"],
]  # fmt: skip
ORDER = {name: i for i, name in enumerate(name for layer in LAYERS for name in layer)}
SAME_LAYER = {
    ("instrument", "metadata"), ("user_timbres", "metadata"), ("takes", "instrument"),
    ("timbres", "metadata"), ("slots", "metadata"), ("slots", "timbres"), ("controls", "slots"),
    ("controls", "metadata"), ("song", "slots"), ("takes", "metadata"),
    ("fillings", "takes"), ("fillings", "slots"), ("fillings", "background"),
    ("fillings", "metadata"), ("background", "takes"), ("background", "metadata"),
    ("controls", "instrument"), ("song", "controls"), ("song", "metadata"), ("output", "backends"),
    ("backends", "audio"), ("backends", "jack_client"), ("jack_client", "jack_follower"),
    ("jack_wiring", "ports"),
    ("encoder", "instrument"), ("likeness", "instrument"), ("likeness", "encoder"),
    ("likeness", "metadata"), ("warm", "metadata"),
    ("fitting", "instrument"), ("fitting", "likeness"),
}  # fmt: skip
AT_PLAY_TIME = {"numpy", "onnxruntime", "sounddevice", "jack", "rtmidi", "mido", "soundfile",
                "click", "rich", "platformdirs", "pythonosc", "scipy", "tomli",
                "tomli_w"}  # fmt: skip
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


def imports(path: Path) -> set[str]:
    """Full names of what a file imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def own(names: set[str]) -> set[str]:
    """Modules of rtsynth among imported names."""
    parts = {name.split(".")[1] for name in names if name.startswith("rtsynth.")}
    return parts & set(ORDER)


def layer_of(module: str) -> int:
    return next(i for i, layer in enumerate(LAYERS) if module in layer)


@pytest.mark.parametrize("module", MODULES)
def test_arrows_of_rtsynth_point_down(module: str) -> None:
    assert module in ORDER, f"{module} has no place yet: put it into LAYERS"
    for used in own(imports(PACKAGE / f"{module}.py")):
        below = layer_of(used) < layer_of(module)
        assert below or (module, used) in SAME_LAYER, f"{module} must not import {used}"


@pytest.mark.parametrize("module", MODULES)
def test_playing_needs_no_more_than_is_installed(module: str) -> None:
    import sys

    names = {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
    others = names - set(sys.stdlib_module_names) - {"rtsynth"}
    assert others <= AT_PLAY_TIME


def test_the_contract_needs_the_standard_library_only() -> None:
    import sys

    names = {name.split(".")[0] for name in imports(PACKAGE / "contract.py")}
    assert names <= set(sys.stdlib_module_names)


def test_training_knows_nothing_of_playing() -> None:
    for path in (ROOT / "training").rglob("*.py"):
        assert own(imports(path)) <= {"contract"}, path
    for path in (ROOT / "export").rglob("*.py"):
        used = own(imports(path))
        assert used <= {"contract", "metadata", "instrument", "timbres", "errors"}, (path, used)


def test_only_the_command_line_prints() -> None:
    for module in MODULES:
        tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "print"], module


def test_slow_imports_wait_until_they_are_needed() -> None:
    slow = {"mido", "soundfile", "rich", "onnxruntime", "scipy"}
    for module in MODULES:
        tree = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8"))
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in top for alias in node.names if isinstance(node, ast.Import)}
        names |= {node.module or "" for node in top if isinstance(node, ast.ImportFrom)}
        assert not {name.split(".")[0] for name in names} & slow, module
