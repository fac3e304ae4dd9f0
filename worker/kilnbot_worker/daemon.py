# SPDX-License-Identifier: MIT
"""The worker as a process: pid file, going to the background, signals, log."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from typing import Callable, Optional

from kilnbot_worker import __version__
from kilnbot_worker.settings import Settings

log = logging.getLogger(__name__)

START_LIMIT_S = 10.0
STOP_LIMIT_S = 30.0
DAEMON_UMASK = 0o077  # twistd's


class AlreadyRunning(Exception):
    """The pid file names a living process."""


def pid_path(basedir: str) -> str:
    return os.path.join(basedir, "twistd.pid")


def running_pid(basedir: str) -> Optional[int]:
    """The pid in the pid file, if that process lives."""
    try:
        with open(pid_path(basedir), encoding="ascii", errors="replace") as source:
            pid = int(source.read())
    except (OSError, ValueError):
        return None
    return pid if is_alive(pid) else None


def is_alive(pid: int) -> bool:
    if os.name != "posix":
        listed = subprocess.run(
            ["tasklist", "/FI", f"PID eq {pid}", "/NH"], stdout=subprocess.PIPE
        ).stdout
        return str(pid).encode() in listed
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def write_pid(basedir: str) -> None:
    """Raises AlreadyRunning."""
    pid = running_pid(basedir)
    if pid is not None and pid != os.getpid():
        raise AlreadyRunning(f"a worker is running in {basedir} already, its pid is {pid}")
    with open(pid_path(basedir), "w", encoding="ascii") as target:
        target.write(str(os.getpid()))


def serve(settings: Settings, on_attached: Optional[Callable[[], None]] = None) -> int:
    """Runs the worker in this process until it ends; the exit status."""
    write_pid(settings.basedir)
    handler = set_up_log(settings)
    try:
        os.chdir(settings.basedir)
        if settings.umask is not None:
            os.umask(settings.umask)
        log.info("kilnbot-worker %s starts, process %d", __version__, os.getpid())
        return asyncio.run(_serve(settings, on_attached))
    except Exception:
        log.exception("the worker failed")
        return 1
    finally:
        with contextlib.suppress(OSError):
            os.remove(pid_path(settings.basedir))
        logging.getLogger().removeHandler(handler)
        handler.close()


async def _serve(settings: Settings, on_attached: Optional[Callable[[], None]]) -> int:
    from kilnbot_worker.service import Worker

    worker = Worker(settings, on_attached)
    loop = asyncio.get_running_loop()

    def ask() -> None:
        log.info("received SIGHUP")
        worker.ask_for_shutdown() if settings.allow_shutdown == "signal" else worker.stop()

    def stop(name: str) -> None:
        log.info("received %s, shutting down", name)
        worker.stop()

    if os.name == "posix":
        for name in ("SIGTERM", "SIGINT"):
            loop.add_signal_handler(getattr(signal, name), stop, name)
        loop.add_signal_handler(signal.SIGHUP, ask)
    else:
        for name in ("SIGTERM", "SIGINT", "SIGBREAK"):
            signal.signal(
                getattr(signal, name),
                lambda *ignored, name=name: loop.call_soon_threadsafe(stop, name),
            )
    return await worker.run()


def set_up_log(settings: Settings) -> logging.Handler:
    from kilnbot_worker.logfile import LineFormat, RotatedLog

    handler: logging.Handler
    if settings.logs_to_stdout:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(LineFormat())
    else:
        size = settings.rotateLength if settings.rotates else None
        path = os.path.join(settings.basedir, "twistd.log")
        handler = RotatedLog(path, size, settings.maxRotatedFiles)
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    return handler


def start_daemon(settings: Settings) -> Optional[int]:
    """Starts the worker in the background; returns the read end of a pipe that tells of it.

    The pipe gives ``attached`` when the master uses the worker, and ends when the worker ends.
    There is none on Windows.
    """
    if os.name != "posix":
        _start_detached(settings)
        return None
    reader, writer = os.pipe()
    sys.stdout.flush()
    first = os.fork()
    if first:
        os.close(writer)
        os.waitpid(first, 0)
        return reader
    status = 1
    try:
        os.setsid()
        if os.fork():
            os._exit(0)
        os.close(reader)
        _to_background()
        status = serve(settings, lambda: _tell(writer))
    except AlreadyRunning:
        pass
    finally:
        os._exit(status)


def _to_background() -> None:
    os.umask(DAEMON_UMASK)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)


def _tell(writer: int) -> None:
    with contextlib.suppress(OSError):  # told once; the reader may be gone
        os.write(writer, b"attached")
        os.close(writer)


def _start_detached(settings: Settings) -> None:
    flags = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(
        subprocess, "CREATE_NEW_PROCESS_GROUP", 0
    )
    command = [sys.executable, "-m", "kilnbot_worker", "start", "--nodaemon", settings.basedir]
    null = subprocess.DEVNULL
    subprocess.Popen(command, creationflags=flags, stdin=null, stdout=null, stderr=null)


def wait_attached(reader: int) -> Optional[bool]:
    """True when the worker was attached in time, False when it ended, None when neither."""
    import select

    try:
        ready, _, _ = select.select([reader], [], [], START_LIMIT_S)
        return None if not ready else os.read(reader, 16) == b"attached"
    finally:
        os.close(reader)


def stop(basedir: str) -> Optional[bool]:
    """Ends the worker: None when there was none, False when it did not go away in time."""
    pid = running_pid(basedir)
    if pid is None:
        return None
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_LIMIT_S
    while time.monotonic() < end:
        if not is_alive(pid):
            return True
        time.sleep(0.05)
    return False
