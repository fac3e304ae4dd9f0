# SPDX-License-Identifier: MIT
"""create-worker: makes a worker's base directory, which Buildbot's worker can use as well."""

from __future__ import annotations

import argparse
import os
import re
from typing import Callable, Tuple

DEFAULT_PORT = 9989

_HEAD = """\
# A worker's settings. kilnbot-worker reads this file, buildbot-worker executes it.
import os

from buildbot_worker.bot import Worker
from twisted.application import service

basedir = {basedir}
rotateLength = {log_size}
maxRotatedFiles = {log_count}

if basedir == '.':
    # a relocatable directory: the one that this file is in
    basedir = os.path.abspath(os.path.dirname(__file__))

# Both programs know a worker's directory by this line.
application = service.Application('buildbot-worker')
"""
_ROTATION = """
from twisted.python.log import FileLogObserver, ILogObserver
from twisted.python.logfile import LogFile

logfile = LogFile.fromFullPath(
    os.path.join(basedir, 'twistd.log'),
    rotateLength=rotateLength, maxRotatedFiles=maxRotatedFiles)
application.setComponent(ILogObserver, FileLogObserver(logfile).emit)
"""
_SETTINGS = """
buildmaster_host = {host}
port = {port}
connection_string = {connection_string}
workername = {name}
passwd = {passwd}
keepalive = {keepalive}
umask = {umask}
maxdelay = {maxdelay}
numcpus = {numcpus}
allow_shutdown = {allow_shutdown}
maxretries = {maxretries}
use_tls = {use_tls}
delete_leftover_dirs = {delete_leftover_dirs}
proxy_connection_string = {proxy_connection_string}
protocol = {protocol}

s = Worker(
    buildmaster_host, port, workername, passwd, basedir, keepalive,
    umask=umask, maxdelay=maxdelay, numcpus=numcpus, allow_shutdown=allow_shutdown,
    maxRetries=maxretries, protocol=protocol, useTls=use_tls,
    delete_leftover_dirs=delete_leftover_dirs, connection_string=connection_string,
    proxy_connection_string=proxy_connection_string)
s.setServiceParent(application)
"""
_INFO = {
    "admin": "Your Name Here <admin@youraddress.invalid>\n",
    "host": "Please put a description of this build host here\n",
}


class UsageError(Exception):
    """An argument that cannot be used."""


def parse_master(text: str) -> Tuple[str, int]:
    """Host and port of ``host[:port]``; an IPv6 address stands in brackets. Raises UsageError."""
    match = re.fullmatch(r"(\[[^\]]+\]|[^:\[\]]+)(?::([^:]*))?", text)
    if match is None:
        raise UsageError(
            f"invalid <master> argument {text!r},"
            " if it is an ipv6 address, it must be enclosed by []"
        )
    host, port = match.groups()
    if port is None or port == "":
        return host.strip("[]"), DEFAULT_PORT
    if not port.isdigit():
        raise UsageError(f"invalid master port {port!r}, needs to be a number")
    return host.strip("[]"), int(port)


def number(name: str, text: str, optional: bool = True) -> str:
    """The text of a number (as Python writes it) or None. Raises UsageError."""
    if optional and text == "None":
        return text
    if re.fullmatch(r"[0-9]+|0o[0-7]+", text) is None:
        raise UsageError(f"{name} parameter needs to be a number{' or None' if optional else ''}")
    return f"0o{text[1:]}" if re.fullmatch(r"0[0-7]+", text) else text


def tac_text(options: argparse.Namespace) -> str:
    """The contents of buildbot.tac. Raises UsageError."""
    host, port = parse_master(options.master)
    by_string = options.connection_string is not None
    head = _HEAD.format(
        basedir=repr("." if options.relocatable else os.path.abspath(options.basedir)),
        log_size=number("log-size", options.log_size, optional=False),
        log_count=number("log-count", options.log_count),
    )
    settings = _SETTINGS.format(
        host=None if by_string else repr(host),
        port=None if by_string else port,
        connection_string=repr(options.connection_string),
        name=repr(options.name),
        passwd=repr(options.passwd),
        keepalive=number("keepalive", options.keepalive, optional=False),
        umask=number("umask", options.umask),
        maxdelay=number("maxdelay", options.maxdelay, optional=False),
        numcpus=number("numcpus", options.numcpus),
        allow_shutdown=repr(options.allow_shutdown),
        maxretries=number("maxretries", options.maxretries),
        use_tls=int(options.use_tls),
        delete_leftover_dirs=int(options.delete_leftover_dirs),
        proxy_connection_string=repr(options.proxy_connection_string),
        protocol=repr(options.protocol),
    )
    return head + ("" if options.no_logrotate else _ROTATION) + settings


def create_worker(options: argparse.Namespace) -> int:
    text = tac_text(options)
    basedir = os.path.abspath(options.basedir)

    def say(line: str) -> None:
        if not options.quiet:
            print(line)

    try:
        if os.path.isdir(basedir):
            say("updating existing installation")
        else:
            say(f"mkdir {basedir}")
            os.mkdir(basedir)
        _write_tac(os.path.join(basedir, "buildbot.tac"), text, say)
        _write_info(os.path.join(basedir, "info"), say)
    except OSError as error:
        print(f"{error.strerror}: {error.filename}\nfailed to configure worker in {basedir}")
        return 1
    say(f"worker configured in {basedir}")
    return 0


def _write_tac(path: str, text: str, say: Callable[[str], None]) -> None:
    if os.path.exists(path):
        with open(path, encoding="utf-8") as existing:
            if existing.read() == text:
                say("buildbot.tac already exists and is correct")
                return
        say("buildbot.tac exists and is left as it is; buildbot.tac.new is what it would be now")
        path += ".new"
    # It holds the password.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as target:
        target.write(text)


def _write_info(folder: str, say: Callable[[str], None]) -> None:
    os.makedirs(folder, exist_ok=True)
    for name, text in _INFO.items():
        path = os.path.join(folder, name)
        if not os.path.exists(path):
            say(f"creating info/{name}: please edit it")
            with open(path, "w", encoding="utf-8") as target:
                target.write(text)
    if not os.path.exists(os.path.join(folder, "access_uri")):
        say("info/access_uri is not created: add it if you want a link to the host")
