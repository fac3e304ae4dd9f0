# SPDX-License-Identifier: MIT
"""The worker: connects, stays connected, and ends when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from typing import Any, Callable, Coroutine, Optional, Set

from kilnbot_worker.backoff import Backoff
from kilnbot_worker.bot import Bot
from kilnbot_worker.endpoint import Endpoint, endpoint_of
from kilnbot_worker.session import Events, LoginRefused, MakeSession, Refused, Session
from kilnbot_worker.settings import Settings
from kilnbot_worker.transport import connect

log = logging.getLogger(__name__)

LOGIN_LIMIT_S = 300.0  # a master prepares the worker's builders before it answers
KEEPALIVE_LIMIT_S = 120.0  # for the answer to a keepalive, or any other byte
SHUTDOWN_DELAY_S = 0.2  # so that the master gets the answer to its call
STAMP_POLL_S = 2.0
CLOSE_LIMIT_S = 2.0


def session_maker(protocol: str) -> MakeSession:
    """The sessions of this protocol; only that protocol's modules are loaded."""
    if protocol == "pb":
        from kilnbot_worker.pb.session import PbSession

        return PbSession
    from kilnbot_worker.ws_session import WsSession

    return WsSession


class Worker(Events):
    """One worker of one master. `run` returns the process's exit status."""

    def __init__(
        self, settings: Settings, on_attached: Optional[Callable[[], None]] = None
    ) -> None:
        self.settings = settings
        self.bot = Bot(settings)
        self.backoff = Backoff(settings.maxdelay, settings.maxretries)
        self.keepalive_limit_s = KEEPALIVE_LIMIT_S
        self._on_attached = on_attached
        self._session: Optional[Session] = None
        self._is_attached = False
        self._stop = asyncio.Event()
        self._tasks: Set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        """Ends the worker: commands are killed, then the connection is closed."""
        self._stop.set()

    def attached(self) -> None:
        self._is_attached = True
        self._reset_backoff()
        if self._on_attached is not None:
            self._on_attached()

    def _reset_backoff(self) -> None:
        """A master that takes the worker and then drops it must not be asked again every second."""
        if self._is_attached and self._session is not None:
            self.backoff.reset()

    def shutdown(self) -> None:
        asyncio.get_running_loop().call_later(SHUTDOWN_DELAY_S, self.stop)

    def ask_for_shutdown(self) -> None:
        """Has the master end this worker as soon as it has no build."""
        self._spawn(self._ask_for_shutdown())

    async def _ask_for_shutdown(self) -> None:
        problem: Optional[str] = "the worker is not connected"
        log.info("asking the master for a graceful shutdown")
        if self._session is not None:
            problem = await self._session.ask_for_shutdown()
        if problem is not None:
            log.error("cannot shut down gracefully: %s", problem)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run(self) -> int:
        endpoint = endpoint_of(self.settings)
        make = session_maker(self.settings.protocol)
        if self.settings.allow_shutdown == "file":
            self._spawn(self._watch_stamp(os.path.join(self.settings.basedir, "shutdown.stamp")))
        status = 0
        while not self._stop.is_set():
            why = await self._session_until_stop(endpoint, make)
            if self._stop.is_set():
                break
            delay = self.backoff.next_delay()
            if delay is None:
                log.error("%s; no attempt to connect is left, giving up", why)
                status = 1
                break
            log.warning("%s; will retry in %.1f seconds", why, delay)
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stop.wait(), delay)
        for task in self._tasks:
            task.cancel()
        log.info("the worker ends")
        return status

    async def _session_until_stop(self, endpoint: Endpoint, make: MakeSession) -> str:
        """Runs one session; returns why it ended."""
        serving = asyncio.ensure_future(self._serve(endpoint, make))
        stopping = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not serving.done():
                await self.bot.stop()
                await self._close()
        finally:
            stopping.cancel()
            serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            return await serving
        return "stopped"

    async def _close(self) -> None:
        if self._session is not None:
            self._session.connection.transport.close()
            with contextlib.suppress(asyncio.TimeoutError):
                closed = self._session.connection.closed.wait()
                await asyncio.wait_for(closed, CLOSE_LIMIT_S)

    async def _serve(self, endpoint: Endpoint, make: MakeSession) -> str:
        where = endpoint.unix_path or f"{endpoint.host}:{endpoint.port}"
        session = make(self.settings, self.bot, self)
        try:
            connection = await connect(endpoint, self.settings.proxy_connection_string, session)
        except asyncio.TimeoutError:
            return f"cannot connect to the master at {where}: no answer in time"
        except (OSError, ssl.SSLError, ValueError) as error:
            return f"cannot connect to the master at {where}: {error}"
        try:
            log.info("connected to the master at %s", where)
            return await self._use(session)
        finally:
            self._session = None
            self._is_attached = False
            self.bot.interrupt_all()
            connection.transport.abort()

    async def _use(self, session: Session) -> str:
        try:
            await asyncio.wait_for(session.log_in(), LOGIN_LIMIT_S)
        except LoginRefused:
            return (
                "unauthorized login: the master does not take the name"
                f" {self.settings.workername!r} with this password; check both in buildbot.tac"
            )
        except Refused as error:
            return f"the master refused this worker: {error}"
        except asyncio.TimeoutError:
            return "the login took too long"
        except ConnectionError as error:
            return f"login failed: {session.connection.error or error}"
        log.info("logged in as %s", self.settings.workername)
        self._session = session
        self._reset_backoff()
        keeping = asyncio.ensure_future(self._keep_alive(session))
        try:
            await session.connection.closed.wait()
        finally:
            keeping.cancel()
        return f"lost the connection to the master{_reason(session.connection.error)}"

    async def _keep_alive(self, session: Session) -> None:
        if not self.settings.keepalive:
            return
        connection = session.connection
        while True:
            await asyncio.sleep(self.settings.keepalive)
            before = connection.received
            try:
                await asyncio.wait_for(session.keep_alive(), self.keepalive_limit_s)
            except asyncio.TimeoutError:
                if connection.received == before:
                    connection.fail(f"no answer to a keepalive in {self.keepalive_limit_s:.0f} s")
                    return
            except Exception as error:
                log.warning("a keepalive failed: %s", error)

    async def _watch_stamp(self, path: str) -> None:
        before = _modified(path)
        while True:
            await asyncio.sleep(STAMP_POLL_S)
            now = _modified(path)
            if now is not None and now != before:
                before = now
                self.ask_for_shutdown()


def _modified(path: str) -> Optional[int]:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return None


def _reason(error: Optional[str]) -> str:
    return f": {error}" if error else ""
