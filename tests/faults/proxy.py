# SPDX-License-Identifier: MIT
"""A TCP proxy between worker and master that cuts, stalls or swallows."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

TO_MASTER, TO_WORKER = "to_master", "to_worker"


class Proxy:
    """Listens on a port of its own and passes everything on to `target`, until it is told otherwise."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.changed = threading.Condition()
        self.held: set[str] = set()
        self.lost: set[str] = set()
        self.is_closed = False
        self.passed = {TO_MASTER: 0, TO_WORKER: 0}  # bytes
        self.pairs: list[tuple[socket.socket, socket.socket]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, *directions: str) -> None:
        """What goes in these directions waits, in order, until `go_on`."""
        with self.changed:
            self.held |= set(directions or (TO_MASTER, TO_WORKER))

    def go_on(self) -> None:
        with self.changed:
            self.held.clear()
            self.changed.notify_all()

    def swallow(self) -> None:
        """The connections of this moment carry nothing any more, and nobody hears of their end."""
        with self.changed:
            self.lost |= {self._name(pair) for pair in self.pairs}
            self.held.clear()
            self.changed.notify_all()

    def cut(self) -> None:
        """Both ends of each connection are reset."""
        with self.changed:
            pairs, self.pairs = self.pairs, []
            self.held.clear()
            self.changed.notify_all()
        for pair in pairs:
            for end in pair:
                reset(end)

    def close(self) -> None:
        self.is_closed = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    @staticmethod
    def _name(pair: tuple[socket.socket, socket.socket]) -> str:
        return str(id(pair))

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            pair = (near, far)
            with self.changed:
                self.pairs.append(pair)
            if self.is_closed:
                self.cut()
                return
            threading.Thread(target=self._carry, args=(pair,), daemon=True).start()

    def _carry(self, pair: tuple[socket.socket, socket.socket]) -> None:
        near, far = pair
        back = threading.Thread(target=self._pump, args=(pair, far, near, TO_WORKER), daemon=True)
        back.start()
        self._pump(pair, near, far, TO_MASTER)
        back.join()
        for end in pair:
            end.close()

    def _pump(
        self,
        pair: tuple[socket.socket, socket.socket],
        source: socket.socket,
        sink: socket.socket,
        direction: str,
    ) -> None:
        name = self._name(pair)
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self.changed:
                    self.changed.wait_for(lambda: direction not in self.held)
                    if name in self.lost:
                        continue
                sink.sendall(data)
                self.passed[direction] += len(data)
        if name not in self.lost:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)


def reset(end: socket.socket) -> None:
    """Closes with a reset, as a lost route would."""
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()
