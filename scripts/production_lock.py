"""Print requirements.lock without what only the tests need, hashes and all: what an image for production installs.

Who needs a requirement stands in its `# via` comments; kept is what the requirements of setup.cfg need, however far.
"""

from __future__ import annotations

import re
import sys
from configparser import ConfigParser
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"[a-z0-9._-]+")


def wanted(setup: str) -> set[str]:
    """The names that setup.cfg requires to run."""
    parsed = ConfigParser()
    parsed.read_string(setup)
    lines = parsed["options"]["install_requires"].split("\n")
    return {match[0] for line in lines if (match := _NAME.match(line.strip().lower()))}


def blocks(lock: str) -> dict[str, str]:
    """The lock's entries by name."""
    found = re.split(r"\n(?=[a-z0-9])", lock.strip())
    return {match[0]: block for block in found if (match := _NAME.match(block))}


def needed_by(block: str) -> set[str]:
    """Who needs an entry, by its `# via` comments."""
    _, _, comment = block.partition("# via")
    return set(re.findall(r"^(?:\s*#)?\s+([a-z0-9._-]+)", comment, re.M))


def production(lock: str, setup: str) -> str:
    """The entries that are needed to run."""
    entries, kept = blocks(lock), wanted(setup)
    while more := {name for name, block in entries.items() if name not in kept and needed_by(block) & kept}:
        kept |= more
    return "\n".join(block for name, block in entries.items() if name in kept) + "\n"


if __name__ == "__main__":
    lock, setup = ((TOP / name).read_text(encoding="utf-8") for name in ("requirements.lock", "setup.cfg"))
    sys.stdout.write(production(lock, setup))
