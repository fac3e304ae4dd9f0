#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What this machine can do at most: SQLite commits, loopback, compression, fsync, echo round trips."""

import json
import os
import socket
import sqlite3
import sys
import tempfile
import threading
import time
import zlib

from swarm import POOL


def sqlite(folder, sync, rows, secs=2.0):
    db = sqlite3.connect(os.path.join(folder, f"{sync}{rows}.db"), isolation_level=None)
    db.execute("pragma journal_mode=wal")
    db.execute(f"pragma synchronous={sync}")
    db.execute("create table t (id integer primary key, a integer, b text)")
    n, end = 0, time.monotonic() + secs
    while time.monotonic() < end:
        db.execute("begin")
        db.executemany("insert into t (a, b) values (?, ?)", [(n, "x" * 80)] * rows)
        db.execute("commit")
        n += 1
    db.close()
    return round(n / secs)


def fsync(folder, secs=1.0):
    n, end = 0, time.monotonic() + secs
    with open(os.path.join(folder, "f"), "wb", 0) as f:
        while time.monotonic() < end:
            f.write(b"x" * 4096)
            os.fdatasync(f.fileno())
            n += 1
    return round(n / secs)


def loopback(mb=2000):
    server = socket.create_server(("127.0.0.1", 0))
    block, got = b"x" * 65536, 0

    def send():
        with socket.create_connection(server.getsockname()) as s:
            for _ in range(mb * 1000000 // len(block)):
                s.sendall(block)

    threading.Thread(target=send).start()
    conn, _ = server.accept()
    buf, t = bytearray(1 << 18), time.monotonic()
    while n := conn.recv_into(buf):
        got += n
    return round(got / 1e6 / (time.monotonic() - t))


def echo(secs=1.0):
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        conn, _ = server.accept()
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := conn.recv(64):
            conn.sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    with socket.create_connection(server.getsockname()) as s:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        n, end = 0, time.monotonic() + secs
        while time.monotonic() < end:
            s.sendall(b"x" * 32)
            s.recv(64)
            n += 1
    return round(secs / n * 1e6, 1)


def codec(compress, decompress, mb=50):
    chunks = [POOL[i : i + 65536].encode() for i in range(0, len(POOL), 65536)]
    size, packed, t = 0, [], time.process_time()
    while size < mb * 1e6:
        c = chunks[len(packed) % len(chunks)]
        packed.append(compress(c))
        size += len(c)
    t1 = time.process_time()
    for p in packed:
        decompress(p)
    t2 = time.process_time()
    return {
        "compress_MB_per_s": round(size / 1e6 / (t1 - t)),
        "decompress_MB_per_s": round(size / 1e6 / (t2 - t1)),
        "ratio": round(size / sum(map(len, packed)), 2),
    }


def main():
    out = {"load1": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        for sync in ("normal", "full"):
            for rows in (1, 100):
                out[f"sqlite_wal_{sync}_commits_per_s_{rows}_rows"] = sqlite(folder, sync, rows)
        out["fdatasync_per_s"] = fsync(folder)
    out["loopback_MB_per_s"] = loopback()
    out["echo_round_trip_us"] = echo()
    out["zlib6"] = codec(lambda b: zlib.compress(b, 6), zlib.decompress, 20)
    try:
        import zstandard

        for level in (1, 3):
            c, d = zstandard.ZstdCompressor(level=level), zstandard.ZstdDecompressor()
            out[f"zstd{level}"] = codec(c.compress, d.decompress, 200)
    except ImportError:
        pass
    print(json.dumps(out))


if __name__ == "__main__":
    main()
