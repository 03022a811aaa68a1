"""Calls in a process of their own, within limits: a failure, a hang or a lack of memory there does no harm here."""

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

GRACE = 10.0  # seconds that a process has to end after its work is done
PATIENCE = 10  # seconds by the clock for each second of a core, as the machine may be busy


class WorkError(Exception):
    """The work failed; the message says why, in a few words."""


class OverLimitError(WorkError):
    """The work was stopped at a limit."""


@dataclass(frozen=True)
class Limits:
    """Limits of one call: seconds of a core, start-up included, and gigabytes of address space.

    Both hold for its process, and for each program that it starts.
    """

    seconds: float
    gigabytes: float


def apart(work: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits, patience: float = PATIENCE) -> Any:
    """Return the result of ``work(*arguments)`` in a new process.

    Raises
    ------
    OverLimitError
        Where a limit was reached; its programs are ended too.
    WorkError
        Where the work raised an error or its process died.
    """
    with tempfile.TemporaryDirectory() as folder:  # made here, since a killed process does not remove its files
        failure, value = _outcome((work, arguments, limits, folder), limits.seconds * patience)
    if failure is TimeoutError:
        raise OverLimitError(f"over {limits.seconds:g} s")
    if failure is MemoryError:
        raise OverLimitError(f"over {limits.gigabytes:g} GB")
    if failure is not None:
        raise WorkError(value)
    return value


def _outcome(task: tuple[Any, ...], timeout: float) -> tuple[type[Exception] | None, Any]:
    """Return the type and the message of the error, or None and the result, of a task for `_work`."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit our memory and threads
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, *task))
    process.start()
    sender.close()
    try:
        if not receiver.poll(timeout):
            raise OverLimitError(f"over {timeout:g} s by the clock")
        outcome: tuple[type[Exception] | None, Any] = receiver.recv()
        process.join(GRACE)
    except EOFError:
        process.join()
        if process.exitcode == -signal.SIGXCPU:
            return TimeoutError, ""
        raise WorkError(f"its process ended with code {process.exitcode}") from None
    finally:
        _end(process)
    return outcome


def _work(
    sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...], limits: Limits, folder: str
) -> None:
    tempfile.tempdir = folder
    os.setsid()  # a process group of its own, so that programs that the work starts can be ended with it
    memory = int(limits.gigabytes * 2**30)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    # most programs end at the first of the two; those in Go ignore it, and are killed at the second
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
    """End a process and the programs that it started, unless it has ended already."""
    if process.is_alive() and process.pid is not None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has no process group of its own yet
            process.kill()
    process.join()
