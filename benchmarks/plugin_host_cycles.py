"""One cycle of a plugin in a real host: opened, played, automated, saved, reloaded, closed."""

import contextlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np

RATES: Final = (44100.0, 48000.0, 96000.0)
BLOCKS: Final = (1, 37, 64, 512, 2048)


def messages(chance: random.Random, samples: int) -> list[tuple[int, int, int, int]]:
    """Channel messages of a block: sample and bytes, in order."""
    found = []
    for _ in range(chance.randrange(12)):
        status = chance.choice((0x80, 0x90, 0x90, 0x90, 0xA0, 0xB0, 0xC0, 0xD0, 0xE0))
        found.append((chance.randrange(samples), status | chance.randrange(16),
                      chance.randrange(128), chance.randrange(128)))  # fmt: skip
    return sorted(found)


def in_minihost(bundle: str, chance: random.Random, _: Path) -> None:
    """With blocks of any size and points within them, live and offline, in any order."""
    import minihost

    most = chance.choice(BLOCKS)
    with minihost.Plugin(bundle, chance.choice(RATES), most) as plugin:
        states = [plugin.get_state()]
        for _ in range(chance.randrange(1, 30)):
            plugin.non_realtime = chance.random() < 0.3
            samples = chance.randrange(1, most + 1)
            out = np.zeros((2, samples), np.float32)
            points = sorted((chance.randrange(samples), chance.randrange(plugin.num_params),
                             chance.random()) for _ in range(chance.randrange(8)))  # fmt: skip
            events = messages(chance, samples)
            plugin.process_auto(np.zeros((2, samples), np.float32), out, events, points)
            if not np.isfinite(out).all():
                raise RuntimeError("minihost was given what is no number")
            if chance.random() < 0.2:
                states.append(plugin.get_state())
            if chance.random() < 0.2:
                plugin.set_state(chance.choice(states))
            if chance.random() < 0.1:
                plugin.sample_rate = chance.choice(RATES)
            if chance.random() < 0.1:
                plugin.reset()


def in_pedalboard(bundle: str, chance: random.Random, _: Path) -> None:
    """Always offline; it has no automation but steps between calls."""
    import pedalboard

    plugin = pedalboard.VST3Plugin(bundle, initialization_timeout=0.01)
    states = [plugin.raw_state]
    for _ in range(chance.randrange(1, 5)):
        rate = chance.choice(RATES)
        samples = chance.randrange(1, 4000)
        events = [(bytes((a, b, c))[: 2 if 0xC0 <= a < 0xE0 else 3], at / rate)
                  for at, a, b, c in messages(chance, samples)]  # fmt: skip
        size = chance.choice(BLOCKS)
        if plugin.is_instrument:
            sound = plugin(events, duration=samples / rate, sample_rate=rate, buffer_size=size)
        else:  # the control
            sound = plugin(np.zeros((2, samples), np.float32), rate, size)
        if not np.isfinite(sound).all():
            raise RuntimeError("pedalboard was given what is no number")
        plugin._parameters[chance.randrange(len(plugin._parameters))].raw_value = chance.random()
        states.append(plugin.raw_state)
        plugin.raw_state = chance.choice(states)


def in_dawdreamer(bundle: str, chance: random.Random, folder: Path) -> None:
    """Offline, with curves of automation and a song that plays."""
    import dawdreamer

    engine = dawdreamer.RenderEngine(chance.choice(RATES), chance.choice(BLOCKS))
    plugin = engine.make_plugin_processor("synth", bundle)
    for _ in range(chance.randrange(1, 4)):
        plugin.clear_midi()
        for _ in range(chance.randrange(8)):
            plugin.add_midi_note(chance.randrange(128), chance.randrange(1, 128),
                                 chance.uniform(0, 0.05), chance.uniform(0, 0.05))  # fmt: skip
        for _ in range(chance.randrange(4)):
            place = chance.randrange(plugin.get_plugin_parameter_size())
            curve = np.array([chance.random() for _ in range(500)], np.float32)
            plugin.set_automation(place, curve)
        engine.load_graph([(plugin, [])])
        engine.render(0.05)
        if not np.isfinite(engine.get_audio()).all():
            raise RuntimeError("dawdreamer was given what is no number")
        plugin.save_state(str(folder / "state"))
        with contextlib.suppress(RuntimeError):  # once it is loaded, dawdreamer wants a window
            plugin.load_state(str(folder / "state"))


Cycle = Callable[[str, random.Random, Path], None]
CYCLES: Final[dict[str, Cycle]] = {
    "minihost": in_minihost,
    "pedalboard": in_pedalboard,
    "dawdreamer": in_dawdreamer,
}
