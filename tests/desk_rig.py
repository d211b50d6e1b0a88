"""What tests of the desk share: a desk with an engine that plays, and one that is only sent to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import tiny_directions

from rtsynth import instrument
from rtsynth._core import Engine
from rtsynth.controls import Controls
from rtsynth.desk import Change, Desk
from rtsynth.generator import Generator

TICK = 64


class Rig:
    """An engine, a generator in the same thread, and a desk."""

    def __init__(self, tiny: Path) -> None:
        loaded = instrument.load(tiny)
        self.metadata = loaded.metadata = replace(loaded.metadata, directions=tiny_directions())
        self.engine = Engine(48000.0)
        self.generator = Generator(self.engine, loaded)
        self.generator.prime(0)
        self.controls = Controls(self.engine, self.metadata, fill=self.generator.fill)
        self.desk = Desk(self.controls)
        self.changes: list[Change] = []
        self.desk.listen(self.changes.append)
        self.clock = 0

    def play(self, samples: int) -> np.ndarray:
        """Render, and follow what was played."""
        out = np.zeros((samples, 2), np.float32)
        for start in range(0, samples, 512):
            self.generator.settle(self.clock / 48000.0)
            self.engine.render(out[start : start + 512])
            self.clock += len(out[start : start + 512])
            while self.generator.serve():
                pass
        self.desk.catch_up()
        return out

    def note(self, key: int = 60, channel: int = 0) -> None:
        self.desk.play((0x90 | channel, key, 88))  # of the layer that is there

    def requested(self) -> set[int]:
        """Slots of which voices ask for frames."""
        self.engine.render(np.zeros((TICK, 2), np.float32))
        return set(self.engine.requests(256, 0.0)[:, 0].tolist())


@pytest.fixture
def rig(tiny: Path) -> Rig:
    return Rig(tiny)


class Sent:
    """Stands for an engine: what it was sent."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.refuses = 0

    def __getattr__(self, name: str) -> Callable[..., bool]:
        def send(*arguments: Any) -> bool:
            if self.refuses:
                self.refuses -= 1
                return False
            self.events.append((name, *arguments))
            return True

        return send


@pytest.fixture
def sent(tiny: Path) -> tuple[Sent, Desk]:
    engine = Sent()
    controls = Controls(engine, instrument.load(tiny).metadata)  # type: ignore[arg-type]
    desk = Desk(controls)
    engine.events.clear()
    return engine, desk


def midi(engine: Sent) -> list[tuple[int, ...]]:
    return [event[1:4] for event in engine.events if event[0].startswith("midi")]
