"""Imports point one way (docs/architecture.md): an arrow the other way fails here."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rtsynth"

# A module may import modules of lower layers, and those of its own layer that stand in SAME_LAYER.
# A folder's name stands for those of its modules that have no place of their own.
LAYERS = [
    ["contract", "errors", "files", "jack", "listeners", "messages", "sessions", "signals",
     "velocity", "wav"],
    ["codec", "_core"],
    ["mailbox", "registered", "zones", "hands", "turns", "metadata", "instrument", "user_timbres",
     "timbres", "takes", "take_maker", "background", "contents", "placing", "slots", "fillings",
     "tuning", "sysex", "parser", "parts", "keys", "keyboard", "controls", "song", "ports",
     "jack_wiring", "encoder", "likeness", "fitting", "warm", "slot_keys", "parameters", "tap"],
    ["layers", "controllers", "outlets", "desk_state", "desk_values", "arrangement",
     "standing", "stage.mapping", "stage.learn", "desk_following", "desk"],
    ["audio", "midi_port", "midi_choice", "midi", "generator", "recorder", "heard", "jack_follower",
     "serve.protocol", "serve.meeting", "serve.stream", "serve.client",
     "jack_client", "backend", "jack_backend", "backends", "output", "song_player", "stage", "osc",
     "chart", "fx"],
    ["player_config", "recordings", "rig", "player", "render", "clone"],
    ["check", "devices", "status", "ui", "plugin_folders"],
    ["serve"],
    ["commands"],
    ["cli"],
    ["__main__"],
]  # fmt: skip
PLACES = {name: i for i, layer in enumerate(LAYERS) for name in layer}
SAME_LAYER = {
    ("instrument", "metadata"), ("user_timbres", "metadata"),
    ("timbres", "metadata"), ("slots", "metadata"), ("slots", "timbres"), ("controls", "slots"),
    ("controls", "metadata"), ("song", "slots"), ("takes", "metadata"),
    ("fillings", "takes"), ("fillings", "slots"), ("fillings", "background"),
    ("fillings", "metadata"), ("background", "takes"), ("background", "metadata"),
    ("controls", "instrument"), ("song", "controls"), ("song", "metadata"), ("output", "backends"),
    ("output", "backend"), ("backends", "backend"), ("backends", "jack_backend"),
    ("jack_backend", "backend"), ("jack_backend", "jack_client"), ("midi", "midi_port"),
    ("midi", "midi_choice"), ("backends", "audio"), ("jack_client", "jack_follower"),
    ("jack_follower", "heard"), ("jack_client", "heard"),
    ("jack_wiring", "ports"), ("sysex", "tuning"), ("controls", "sysex"), ("controls", "tuning"),
    ("parser", "sysex"), ("slots", "placing"), ("placing", "contents"), ("placing", "hands"),
    ("placing", "zones"), ("placing", "metadata"), ("placing", "timbres"), ("parts", "placing"),
    ("song", "placing"), ("fillings", "placing"),
    ("song", "sysex"), ("keyboard", "keys"), ("keyboard", "sysex"), ("keyboard", "tuning"),
    ("controls", "keyboard"), ("keys", "sysex"), ("keys", "slots"), ("keys", "tuning"),
    ("tuning", "registered"),
    ("controls", "keys"), ("song", "keys"), ("desk", "stage.learn"),
    ("slots", "contents"), ("slots", "hands"), ("slots", "turns"), ("slots", "zones"),
    ("zones", "registered"), ("hands", "zones"), ("contents", "metadata"), ("contents", "timbres"),
    ("parts", "contents"), ("parts", "slots"), ("parts", "metadata"), ("controls", "parts"),
    ("controls", "contents"), ("song", "turns"), ("song", "takes"), ("fillings", "contents"),
    ("outlets", "controllers"), ("desk_state", "layers"), ("desk", "controllers"),
    ("desk", "desk_state"), ("desk", "desk_values"), ("desk", "desk_following"),
    ("desk", "standing"), ("desk_following", "standing"), ("standing", "layers"),
    ("desk_values", "desk_state"), ("desk_following", "desk_values"),
    ("desk_following", "arrangement"), ("desk_following", "controllers"),
    ("desk_following", "outlets"), ("desk_following", "stage.learn"),
    ("desk", "layers"), ("desk", "outlets"),
    ("arrangement", "layers"), ("arrangement", "outlets"), ("desk", "arrangement"),
    ("player", "player_config"), ("player", "recordings"), ("player", "rig"),
    ("encoder", "instrument"), ("likeness", "instrument"), ("likeness", "encoder"),
    ("likeness", "metadata"), ("warm", "metadata"),
    ("fitting", "instrument"), ("fitting", "likeness"),
    ("take_maker", "instrument"), ("take_maker", "metadata"), ("take_maker", "takes"),
    ("fillings", "take_maker"), ("fillings", "slot_keys"),
    ("slot_keys", "metadata"), ("osc", "stage"), ("song", "parts"), ("song", "contents"),
    ("parts", "timbres"), ("controls", "timbres"),
}  # fmt: skip
AT_PLAY_TIME = {"numpy", "onnxruntime", "sounddevice", "jack", "rtmidi", "mido", "soundfile",
                "click", "rich", "platformdirs", "pythonosc", "scipy", "starlette", "tomli",
                "tomli_w", "uvicorn"}  # fmt: skip
OPTIONAL = {"fx.plugins": {"pedalboard"}}  # of an extra
SLOW = {"pedalboard", "mido", "soundfile", "rich", "onnxruntime", "scipy"}
MAY_BE_SLOW = {"codec"}  # clones only: what plays never imports them at the top
FILES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.stem != "__init__"
}
MODULES = list(FILES)


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
    known = {*MODULES, "_core"}
    pieces = [name.split(".")[1:] for name in names if name.startswith("rtsynth.")]
    found = {".".join(each[:length]) for each in pieces for length in (1, 2)}
    return found & known


def place(module: str) -> str:
    """What stands for a module in LAYERS: itself, or its folder."""
    return module if module in PLACES else module.split(".")[0]


def may_import(module: str, used: str) -> bool:
    here, there = place(module), place(used)
    if PLACES[there] < PLACES[here]:
        return True
    siblings = "." in module and module.split(".")[0] == used.split(".")[0]
    return (here, there) in SAME_LAYER or (siblings and PLACES[there] == PLACES[here])


@pytest.mark.parametrize("module", MODULES)
def test_arrows_of_rtsynth_point_down(module: str) -> None:
    assert place(module) in PLACES, f"{module} has no place yet: put it into LAYERS"
    for used in own(imports(FILES[module])):
        assert may_import(module, used), f"{module} must not import {used}"


def test_no_two_modules_import_each_other() -> None:
    TopologicalSorter({name: own(imports(path)) for name, path in FILES.items()}).prepare()


def test_the_codec_knows_the_contract_and_errors_only() -> None:
    for module in (each for each in MODULES if place(each) == "codec"):
        others = {used for used in own(imports(FILES[module])) if place(used) != "codec"}
        assert others <= {"contract", "errors"}, module


def test_folders_have_nothing_of_their_own() -> None:
    for path in PACKAGE.rglob("*/__init__.py"):
        assert len(ast.parse(path.read_text(encoding="utf-8")).body) == 1, f"{path}: words only"


@pytest.mark.parametrize(
    ("module", "used", "may"),
    [
        ("tuning.scala", "errors", True),
        ("tuning.mts", "tuning.scala", True),
        ("tuning.scala", "controls", False),
        ("sysex", "tuning.mts", True),
        ("desk", "stage.learn", True),
        ("stage.learn", "desk", False),
        ("stage.learn", "stage.presets", False),
        ("stage.presets", "desk", True),
        ("stage.presets", "player", False),
        ("ui.server", "player", True),
        ("player", "ui.server", False),
        ("commands.play", "ui.server", True),
        ("commands.play", "cli", False),
        ("codec.pitch", "instrument", False),
    ],
)
def test_folders_are_held_to_the_layers(module: str, used: str, may: bool) -> None:
    assert may_import(module, used) == may


@pytest.mark.parametrize("module", MODULES)
def test_playing_needs_no_more_than_is_installed(module: str) -> None:
    import sys

    names = {name.split(".")[0] for name in imports(FILES[module])}
    others = names - set(sys.stdlib_module_names) - {"rtsynth"}
    assert others <= AT_PLAY_TIME | OPTIONAL.get(module, set())


def test_the_contract_needs_the_standard_library_only() -> None:
    import sys

    names = {name.split(".")[0] for name in imports(PACKAGE / "contract.py")}
    assert names <= set(sys.stdlib_module_names)


def test_training_knows_nothing_of_playing() -> None:
    for path in (ROOT / "training").rglob("*.py"):
        assert {place(used) for used in own(imports(path))} <= {"contract", "codec"}, path
    for path in (ROOT / "export").rglob("*.py"):
        used = own(imports(path))
        assert used <= {"contract", "metadata", "instrument", "timbres", "errors"}, (path, used)


def test_only_the_command_line_prints() -> None:
    for module in MODULES:
        tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "print"], module


def test_slow_imports_wait_until_they_are_needed() -> None:
    for module in (each for each in MODULES if place(each) not in MAY_BE_SLOW):
        tree = ast.parse(FILES[module].read_text(encoding="utf-8"))
        top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        names = {alias.name for node in top for alias in node.names if isinstance(node, ast.Import)}
        names |= {node.module or "" for node in top if isinstance(node, ast.ImportFrom)}
        assert not {name.split(".")[0] for name in names} & SLOW, module
