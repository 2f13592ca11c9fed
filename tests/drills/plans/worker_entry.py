"""A worker that stops at a named place of a batch until a file lets it go: worker_entry.py FOLDER before|after FUNCTION

`before`: transaction 1 is committed and nothing has left. `after`: the reply was read and nothing of it is stored. It
stops once, at the first write whose functions begin with FUNCTION, and says so by FOLDER/stopped; FOLDER/go lets it go.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from portal.app import create_app
from portal.config import Settings
from portal.intacct.gateway import Call, Gateway, Result
from portal.jobs.worker import work


def install(folder: Path, when: str, function: str) -> None:
    """Have every gateway of this process, and of those it forks, stop there."""
    real = Gateway.write

    def write(self: Gateway, calls: Sequence[Call], **options: Any) -> dict[str, Result]:
        meant = any(call.body.lstrip().startswith(f"<{function}") for call in calls)
        if meant and when == "before":
            stop(folder)
        results = real(self, calls, **options)
        if meant and when == "after":
            stop(folder)
        return results

    Gateway.write = write  # type: ignore[method-assign]


def stop(folder: Path) -> None:
    """Wait for the file `go`, the first time."""
    try:
        os.close(os.open(folder / "stopped", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    while not (folder / "go").exists():
        time.sleep(0.02)


if __name__ == "__main__":
    place, moment, name = sys.argv[1:]
    install(Path(place), moment, name)
    work(create_app(Settings.from_env()))
