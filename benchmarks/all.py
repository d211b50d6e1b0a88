"""All benchmarks in one report: `python benchmarks/all.py [--quick] [--only NAME] [--resume]`.

Each benchmark is a process of its own and writes its JSON at once, so that a run that is killed
loses nothing: --resume goes on after it. The report is one HTML file with its pictures inside.
"""

import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import click
from rich.console import Console

from benchmarks import page, parts

FOLDER = Path("out/benchmarks")
MINUTES = 10.0
QUICK_MINUTES = 0.4
QUICK_FOLDER = Path("out/benchmarks-quick")


def _known(_: click.Context, __: click.Parameter, only: tuple[str, ...]) -> tuple[str, ...]:
    """Names of benchmarks.

    Raises:
        click.BadParameter: there is none of that name.
    """
    names = [part.name for part in parts.PARTS]
    for name in only:
        if name not in names:
            raise click.BadParameter(f"there is no {name!r}: one of {', '.join(names)}")
    return only


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              default="docs/benchmarks.html", show_default=True, help="The report.")  # fmt: skip
@click.option("--quick", is_flag=True, help="Few notes and seconds: about four minutes.")
@click.option("--minutes", type=float, help="Of memory and soak.  [10, quick: 0.4]")
@click.option("--only", multiple=True, metavar="NAME", callback=_known,
              help="Only this benchmark (may be repeated); the others as they were.")  # fmt: skip
@click.option("--resume", is_flag=True, help="Keep what an earlier run has finished.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path),
              help="Where the parts' JSON and pictures lie.  [out/benchmarks]")  # fmt: skip
def main(
    out: Path, quick: bool, minutes: float | None, only: tuple[str, ...], resume: bool,
    folder: Path | None,
) -> None:  # fmt: skip
    """Run every benchmark and write one report."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what runs is ended first
    console = Console(stderr=True, highlight=False)
    folder = folder or (QUICK_FOLDER if quick else FOLDER)
    minutes = minutes or (QUICK_MINUTES if quick else MINUTES)
    began = time.monotonic()
    for part in parts.PARTS:
        if (only and part.name not in only) or not parts.exists(part):
            continue
        old = parts.outcome_of(part.name, folder)
        if resume and old is not None and old.ok:
            console.print(f"{part.name}: kept, of {old.ended}")
            continue
        console.print(f"{part.name}: {part.shown_command(quick, minutes)}")
        outcome = parts.run(part, folder, quick, minutes)
        said = "done" if outcome.ok else f"[bold red]failed[/]: {outcome.last_line}"
        console.print(f"{part.name}: {said}, {outcome.seconds:.0f} s")
        _write(out, folder, quick)
    _write(out, folder, quick)
    for target in page.targets(folder):
        console.print(f"{target['verdict']:12}  {target['text']}: {target['measured']}")
    console.print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, {time.monotonic() - began:.0f} s")


def _write(out: Path, folder: Path, quick: bool) -> None:
    """Put the report in place of the last, whole or not at all."""
    text = page.render(folder, quick)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=out.parent, delete=False) as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(out)


if __name__ == "__main__":
    main()
