"""A JACK server with the dummy driver and a name of its own, for as long as a `with` lasts."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from types import TracebackType

_numbers = itertools.count(1)
_START_LIMIT_S = 10.0
_STOP_LIMIT_S = 10.0  # a server that is killed keeps one of JACK's eight places
_FULL = "Too many servers"  # those of others, which may end soon
_FULL_WAIT_S = 3.0
_BANNER = ("jackdmp", "Copyright", "under certain", "This is free", "JACK server starting")


def missing() -> str | None:
    """Why no JACK server can be started here, in words, or None."""
    for program in ("jackd", "jack_wait"):
        if shutil.which(program) is None:
            return f"{program} is not installed (Debian: apt install jackd2)"
    return None


def cores() -> list[int]:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


class JackServer:
    """`jackd -d dummy`: a real audio server with a real clock that needs no sound card.

    Attributes:
        name: The server's name. Clients find it by JACK_DEFAULT_SERVER.
        env: A copy of this process's environment with JACK_DEFAULT_SERVER set.
    """

    def __init__(self, rate_hz: int = 48000, period_samples: int = 64, name: str = "") -> None:
        self.rate_hz = rate_hz
        self.period_samples = period_samples
        self.name = name or f"rtsynth_{os.getpid()}_{next(_numbers)}"
        self.env = {**os.environ, "JACK_DEFAULT_SERVER": self.name, "JACK_NO_START_SERVER": "1"}
        self._process: subprocess.Popen[bytes] | None = None
        self._said = ""  # by a jackd that did not start

    def start(self) -> None:
        """Start the server and wait until it takes clients; a busy machine may need two tries.

        Raises:
            RuntimeError: it did not start, with or without real-time priority.
        """
        reason = missing()
        if reason:
            raise RuntimeError(reason)
        for realtime in ("-R", "-R", "-R", "-r"):
            if self._try_start(realtime):
                return
            if _FULL in self._said:
                time.sleep(_FULL_WAIT_S)
        said = [line for line in self._said.splitlines() if not line.startswith(_BANNER)]
        raise RuntimeError(f"jackd -d dummy does not start here: {'; '.join(said[-3:])}")

    def stop(self) -> None:
        """Stop the server; clients that are still there lose their connection."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def pause(self) -> None:
        """Keep the server from running until `resume`: it calls nobody and answers nobody."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused server run again."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def ports(self) -> list[str]:
        """Names of all ports on the server."""
        listing = subprocess.run(
            ["jack_lsp"], env=self.env, capture_output=True, text=True, check=False
        )
        return listing.stdout.split("\n")[:-1]

    def wait_for_port(self, part: str, limit_s: float = 20.0) -> str:
        """Name of the first port that contains `part`, waiting until there is one.

        Raises:
            TimeoutError: there was none in `limit_s` seconds.
        """
        until = time.monotonic() + limit_s
        while time.monotonic() < until:
            for port in self.ports():
                if part in port:
                    return port
            time.sleep(0.05)
        raise TimeoutError(f"no JACK port named like {part!r}; there are {self.ports()}")

    def _try_start(self, realtime: str) -> bool:
        rate, period = str(self.rate_hz), str(self.period_samples)
        command = ["jackd", realtime, "-n", self.name, "-d", "dummy", "-r", rate, "-p", period]
        with tempfile.TemporaryFile() as log:  # a pipe that nobody reads would stop jackd
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                restore_signals=False,  # SIGPIPE stays ignored: a client that died would end jackd
            )
            if self._wait():
                return True
            self.stop()
            log.seek(0)
            self._said = log.read().decode(errors="replace")
        return False

    def _wait(self) -> bool:
        """Whether the server took clients within the limit."""
        assert self._process is not None
        until = time.monotonic() + _START_LIMIT_S
        while time.monotonic() < until and self._process.poll() is None:
            answer = subprocess.run(
                ["jack_wait", "-s", self.name, "-c"], env=self.env, capture_output=True, check=False
            )
            if answer.stdout.strip() == b"running":
                return True
            time.sleep(0.05)
        return False

    def __enter__(self) -> "JackServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
