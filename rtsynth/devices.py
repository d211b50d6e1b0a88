"""What `rtsynth devices` says: where MIDI can come from and sound can go, by number and name."""

from collections.abc import Iterator
from dataclasses import dataclass

import rtmidi

from rtsynth import audio, jack_client, ports
from rtsynth.jack_wiring import keyboard_names, source_names, target_names


@dataclass(frozen=True)
class Jack:
    """What a JACK server has."""

    period: int
    rate_hz: int
    sources: list[str]
    keyboards: list[str]
    targets: list[str]


def listing() -> Iterator[str]:
    """Lines about JACK where its server runs, and about all else."""
    server = _jack()
    if server is not None:
        yield from _jack_lines(server)
    yield from _inputs(server)
    yield from _outputs(server is not None)


def _jack() -> Jack | None:
    client = jack_client.open_client(f"{jack_client.CLIENT_NAME}-list")
    if client is None:
        return None
    try:
        with jack_client.refusals("JACK's ports cannot be looked at"):
            return Jack(
                client.blocksize, client.samplerate,
                source_names(client), keyboard_names(client), target_names(client),
            )  # fmt: skip
    finally:
        jack_client.close_client(client)


def _jack_lines(there: Jack) -> Iterator[str]:
    yield f"JACK, period {there.period}, {there.rate_hz} Hz  (default; --backend jack)"
    yield "  MIDI sources: choose with --device NUMBER or NAME"
    for i, name in enumerate(there.sources, 1):
        yield f"    {i}  {name}{'  (default)' if name in there.keyboards else ''}"
    if not there.sources:
        yield f"    none: {ports.CONNECT_HELP}"
    yield "  Outputs: choose with --audio NAME"
    yield from (f"    {name}" for name in there.targets)


def _inputs(there: Jack | None) -> Iterator[str]:
    """Those beside JACK; their numbers go on where JACK's sources end."""
    api, names = ports.list_inputs(*([rtmidi.API_UNIX_JACK] if there is not None else []))
    if there is not None and not names:
        return
    default = ports.best_input(names) if there is None or not there.keyboards else None
    first = 1 + (len(there.sources) if there is not None else 0)
    way = " (NAME only with --backend portaudio)" if there is not None else ""
    yield f"MIDI inputs{f' ({api})' if api else ''}: choose with --device NUMBER or NAME{way}"
    for i, name in enumerate(names, first):
        yield f"  {i}  {name}{'  (default)' if name == default else ''}"
    if not names:
        yield f"  none: {ports.CONNECT_HELP}" if api else "  none: no ALSA sequencer, no JACK"


def _outputs(jack_there: bool) -> Iterator[str]:
    audio.use_own_name()
    outputs, default = audio.list_outputs(), audio.default_output()
    way = " with --backend portaudio" if jack_there else ""
    yield f"Audio outputs{way}: choose with --audio NUMBER or NAME"
    for i, output in enumerate(outputs, 1):
        mark = "  (default)" if output == default else ""
        latency_ms = 1e3 * output.latency_s
        yield f"  {i}  {output.label}, {output.rate_hz:.0f} Hz, {latency_ms:.1f} ms{mark}"
    if not outputs:
        yield "  none: rtsynth plays into a null device, and --record still records"
