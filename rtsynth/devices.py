"""What `rtsynth devices` says: where MIDI can come from and sound can go, by number and name."""

from collections.abc import Iterator

from rtsynth import audio, jack_client, ports
from rtsynth.jack_wiring import hardware_names, source_names, target_names


def listing() -> Iterator[str]:
    """Lines about JACK where its server runs, and about all else."""
    server = list(_jack())
    yield from server
    yield from _inputs(server != [])
    yield from _outputs(server != [])


def _jack() -> Iterator[str]:
    client = jack_client.open_client(f"{jack_client.CLIENT_NAME}-list")
    if client is None:
        return
    try:
        period, rate_hz = client.blocksize, client.samplerate
        yield f"JACK, period {period}, {rate_hz} Hz  (default; --backend jack)"
        hardware = hardware_names(client)
        sources = source_names(client)
        yield "  MIDI sources: choose with --device NUMBER or NAME"
        for i, name in enumerate(sources, 1):
            mark = "  (default)" if name in hardware and ports.best_input([name]) else ""
            yield f"    {i}  {name}{mark}"
        if not sources:
            yield f"    none: {ports.CONNECT_HELP}"
        yield "  Outputs: choose with --audio NAME"
        yield from (f"    {name}" for name in target_names(client))
    finally:
        jack_client.close_client(client)


def _inputs(jack_there: bool) -> Iterator[str]:
    api, names = ports.list_inputs()
    way = " with --backend portaudio" if jack_there else ""
    yield f"MIDI inputs{f' ({api})' if api else ''}{way}: choose with --device NUMBER or NAME"
    for i, name in enumerate(names, 1):
        yield f"  {i}  {name}{'  (default)' if name == ports.best_input(names) else ''}"
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
