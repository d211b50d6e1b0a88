"""What hosts open: this plugin, or another one that shows what a host keeps by itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.lv2_host import URI
from tests.plugin_builds import plugin as built

LV2_CORE: Final = "/usr/lib/lv2"


@dataclass(frozen=True)
class Product:
    """A plugin in two formats: bundles, the LV2's URI, the VST3's name."""

    vst3: Path
    lv2: Path
    uri: str
    name: str

    def bundle(self, kind: str) -> Path:
        """Of "VST3" or "LV2"."""
        return self.vst3 if kind == "VST3" else self.lv2

    def known_as(self, kind: str) -> str:
        """What Ardour knows it by."""
        return self.name if kind == "VST3" else self.uri

    @contextmanager
    def found(self, folder: Path) -> Iterator[None]:
        """Hosts in this process and its children find the LV2, by a link in a folder."""
        bundles = folder / "lv2"
        bundles.mkdir()
        (bundles / self.lv2.name).symlink_to(self.lv2)
        before = os.environ.get("LV2_PATH")
        os.environ["LV2_PATH"] = f"{bundles}:{LV2_CORE}"
        try:
            yield
        finally:
            del os.environ["LV2_PATH"]
            if before is not None:
                os.environ["LV2_PATH"] = before


def ours() -> Product:
    """rtsynth, built first."""
    module = built("rtsynth.lv2/rtsynth.so", "rtsynth_lv2")
    return Product(built("rtsynth.vst3", "rtsynth_vst3"), module.parent, URI, "rtsynth")


CONTROL: Final = Product(
    Path("/usr/lib/vst3/ZamVerb.vst3"),
    Path("/usr/lib/lv2/reasonablesynth.lv2"),
    "https://community.ardour.org/node/7596",
    "ZamVerb",
)
