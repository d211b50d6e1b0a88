"""How much memory a process has: resident (RSS) and its share of what is shared (PSS)."""

import re
from pathlib import Path


def _field_mb(text: str, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found.group(1)) / 1024 if found else 0.0


def resident_mb(pid: int | str = "self") -> float:
    """RSS of a process in MB."""
    return _field_mb(Path(f"/proc/{pid}/status").read_text(), "VmRSS")


def proportional_mb(pid: int | str = "self") -> float:
    """PSS of a process in MB: pages that n processes share count 1/n."""
    return _field_mb(Path(f"/proc/{pid}/smaps_rollup").read_text(), "Pss")
