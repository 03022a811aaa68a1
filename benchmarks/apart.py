"""Work in a process of its own, within limits: what fails, hangs or wants all memory there ends nothing here."""

from __future__ import annotations

import math
import multiprocessing
import os
import resource
import signal
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

GRACE = 10.0  # seconds that a process has to end when its work is done
PATIENCE = 10  # how many times its seconds of a core it may take by the clock, on a busy machine


class WorkError(Exception):
    """The work gave nothing; the message says why, in a few words."""


class OverLimitError(WorkError):
    """The work was stopped at a limit."""


@dataclass(frozen=True)
class Limits:
    """What one piece of work may take: seconds of a core, start-up included, and gigabytes of address space.

    Both hold for its process, and for each program that it starts.
    """

    seconds: float
    gigabytes: float


def apart(work: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits) -> Any:
    """Return what the work returns in a fresh process.

    Raises
    ------
    OverLimitError
        Where a limit was reached; its programs are ended too.
    WorkError
        Where the work raised an error or its process died.
    """
    with tempfile.TemporaryDirectory() as folder:  # ours, as work that is killed does not tidy up
        failure, value = _outcome(work, arguments, limits, folder)
    if failure is TimeoutError:
        raise OverLimitError(f"over {limits.seconds:g} s")
    if failure is MemoryError:
        raise OverLimitError(f"over {limits.gigabytes:g} GB")
    if failure is not None:
        raise WorkError(value)
    return value


def _outcome(
    work: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits, folder: str
) -> tuple[type[Exception] | None, Any]:
    """Return the error's type and words, or None and what the work returned."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit our memory and threads
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, work, arguments, limits, folder))
    process.start()
    sender.close()
    try:
        if not receiver.poll(limits.seconds * PATIENCE):
            raise OverLimitError(f"over {limits.seconds * PATIENCE:g} s by the clock")
        outcome: tuple[type[Exception] | None, Any] = receiver.recv()
        process.join(GRACE)
    except EOFError:
        process.join()
        if process.exitcode == -signal.SIGXCPU:
            raise OverLimitError(f"over {limits.seconds:g} s") from None
        raise WorkError(f"its process ended with code {process.exitcode}") from None
    finally:
        _end(process)
    return outcome


def _work(
    sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits, folder: str
) -> None:
    tempfile.tempdir = folder
    os.setsid()  # a group of our own, so that programs that the work starts can be ended with it
    most = int(limits.gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    # most programs end at the first of the two; Go's ignore it, and are killed at the second
    seconds = math.ceil(limits.seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    try:
        outcome: tuple[type[Exception] | None, Any] = (None, work(*arguments))
    except (MemoryError, TimeoutError) as error:
        outcome = (type(error), "")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported as the outcome
        outcome = (type(error), f"{type(error).__name__}: {error}")
    sender.send(outcome)


def _end(process: multiprocessing.process.BaseProcess) -> None:
    """End a process, and with it what it started, unless it is gone already."""
    if process.is_alive() and process.pid is not None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has not come to a group of its own yet
            process.kill()
    process.join()
