"""Where a stack lives: its data folder, held by one stack at a time, and its ports."""

from __future__ import annotations

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from portal.cli.embedded import close_to_others, for_the_owner
from portal.errors import Misused

PORT = click.IntRange(0, 65_535)


def tell(text: str) -> None:
    """A line for the person at the terminal; standard output is kept for the answer."""
    click.echo(text, err=True)


@contextmanager
def hold(data: Path) -> Iterator[None]:
    """Hold the data folder while this process lives; what is made in it meanwhile is its owner's only. Raises Misused
    when another stack holds it."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with for_the_owner(), (data / "up.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"A portal runs on {data} already. Stop it, or choose another folder with --data."
            raise Misused(message, field="data") from error
        close_to_others(data)
        yield


def port_to_use(host: str, port: int, option: str) -> int:
    """`port` when it is free (0: any free one). Raises Misused naming the option otherwise."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = f"{host}:{port} cannot be used ({error.strerror}). Choose another with {option}."
            raise Misused(message, field=option.lstrip("-")) from error
        return int(probe.getsockname()[1])
