"""States of the LV2 plugin on disk, as lilv saves them: jalv's console loads, but saves none."""

import base64
import random
from pathlib import Path
from typing import Final

from rtsynth.serve.host_parameters import HOST_PARAMETERS
from rtsynth.stage.presets import SHELF
from tests.lv2_host import PARAMETERS, URI, Lv2Instance, State

PRESETS: Final = [f"{URI}#preset_{each.name.replace('-', '_')}"
                  for each in SHELF.entries() if each.bundled]  # fmt: skip
_HEAD: Final = """\
@prefix lv2: <http://lv2plug.in/ns/lv2core#> .
@prefix pset: <http://lv2plug.in/ns/ext/presets#> .
@prefix state: <http://lv2plug.in/ns/ext/state#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .

"""


def save(module: Path, chance: random.Random, folder: Path) -> Path:
    """Open the plugin, move its parameters, and save it in a folder, which is returned."""
    instance = Lv2Instance(module)
    try:
        instance.connect([float(each.known.default) for each in HOST_PARAMETERS])
        instance.activate()
        for place in chance.sample(range(len(HOST_PARAMETERS)), 10):
            known = HOST_PARAMETERS[place].known
            instance.ports[PARAMETERS + place].value = chance.uniform(known.low, known.high)
        instance.run(64)
        values = [instance.ports[PARAMETERS + i].value for i in range(len(HOST_PARAMETERS))]
        text = turtle(instance.save(), values)
    finally:
        instance.close()
    folder.mkdir()
    (folder / "state.ttl").write_text(text)
    return folder


def turtle(state: State, values: list[float]) -> str:
    """A state and the ports' values beside it, one for each parameter."""
    ports = [f'[ lv2:symbol "{each.known.name}" ; pset:value {value:.8f} ]'
             for each, value in zip(HOST_PARAMETERS, values, strict=True)]  # fmt: skip
    kept = [f"<{key}> {_literal(each.value, each.type)}" for key, each in state.items()]
    lines = ["<> a pset:Preset", f"lv2:appliesTo <{URI}>", f"lv2:port {', '.join(ports)}",
             f"state:state [ {' ; '.join(kept)} ]"]  # fmt: skip
    return _HEAD + " ;\n\t".join(lines) + " .\n"


def _literal(value: bytes, kind: str) -> str:
    if kind.endswith("#String"):
        text = value.rstrip(b"\0").decode()
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    return f'"{base64.b64encode(value).decode()}"^^xsd:base64Binary'
