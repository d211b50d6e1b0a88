"""Import it first: then rtsynth comes from this file's own tree, by Python's ordinary importer.

An editable installation finds rtsynth before any path does, in the tree that was installed; and
atheris sees no coverage of what such a finder loads. The compiled module is the installed one, or
that of $RTSYNTH_CORE.
"""

import importlib.util
import os
import sys
from pathlib import Path


def _prefer_this_tree() -> None:
    spec = importlib.util.find_spec("rtsynth")
    editable = [f for f in sys.meta_path if "editable" in type(f).__module__]
    core = os.environ.get("RTSYNTH_CORE")
    if core is None:
        found = importlib.util.find_spec("rtsynth._core") if spec is not None else None
        if found is None or found.origin is None:
            raise ImportError("rtsynth is not installed")
        core = found.origin
    for name in [name for name in sys.modules if name.partition(".")[0] == "rtsynth"]:
        del sys.modules[name]
    for finder in editable:
        sys.meta_path.remove(finder)
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.meta_path.insert(0, _CoreFinder(core))


class _CoreFinder:
    def __init__(self, origin: str) -> None:
        self._origin = origin

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        if name != "rtsynth._core":
            return None
        return importlib.util.spec_from_file_location(name, self._origin)


_prefer_this_tree()
