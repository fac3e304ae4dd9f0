# SPDX-License-Identifier: MIT
"""The command ``kilnbot-worker``, with the verbs and flags of ``buildbot-worker``."""

from __future__ import annotations

import argparse
import os
import sys
from typing import List, NoReturn, Optional

from kilnbot_worker import __version__, create, daemon
from kilnbot_worker.create import UsageError
from kilnbot_worker.endpoint import EndpointError, endpoint_of
from kilnbot_worker.settings import PROTOCOLS, Settings, load
from kilnbot_worker.tac import TacError

_MARKS = ("Application('buildbot-worker')", 'Application("buildbot-worker")',
          "Application('buildslave')", 'Application("buildslave")')  # fmt: skip


class Parser(argparse.ArgumentParser):
    """Ends with 1 on a wrong argument, as Buildbot's."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        print(f"{self.prog}: {message}", file=sys.stderr)
        sys.exit(1)


def make_parser(program: str) -> Parser:
    parser = Parser(prog=program, description="A worker for Kilnbot and Buildbot masters.")
    parser.add_argument("--version", action="version", version=f"worker version: {__version__}")
    parser.add_argument("--verbose", action="store_true", help="accepted, without effect")
    verbs = parser.add_subparsers(dest="verb", metavar="<command>", parser_class=Parser)
    _add_create(verbs.add_parser("create-worker", help="make a directory for a new worker"))
    for verb, text in (("start", "start a worker"), ("restart", "restart a worker")):
        one = verbs.add_parser(verb, help=text)
        _add_common(one)
        one.add_argument("--nodaemon", action="store_true", help="stay in the foreground")
    _add_common(verbs.add_parser("stop", help="stop a worker"))
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-q", "--quiet", action="store_true", help="say nothing, wait for nothing")
    parser.add_argument("basedir", nargs="?", default=".", help="default: the current directory")


def _add_create(parser: argparse.ArgumentParser) -> None:
    flag, option = "store_true", parser.add_argument
    option("-q", "--quiet", action=flag, help="do not say what is done")
    option("-f", "--force", action=flag, help="use a directory that exists; that is done anyway")
    option("-r", "--relocatable", action=flag, help="the directory may be moved later")
    option("-n", "--no-logrotate", action=flag, help="do not rotate twistd.log")
    option("--use-tls", action=flag, help="connect by TLS")
    option(
        "--delete-leftover-dirs", action=flag, help="delete directories of builders that are gone"
    )
    option("-k", "--keepalive", default="600", help="seconds between signs of life (600)")
    option("--umask", default="None", help="of the files that are made, such as 0o22")
    option("--maxdelay", default="300", help="most seconds between two attempts to connect (300)")
    option("--maxretries", default="None", help="attempts to connect before giving up")
    option("--numcpus", default="None", help="number of CPUs to tell the master")
    option("-s", "--log-size", default="10000000", help="bytes of twistd.log before rotation")
    option("-l", "--log-count", default="10", help="rotated files to keep, None for all (10)")
    shutdown = "what asks for a graceful shutdown: SIGHUP, or touching shutdown.stamp"
    option("-a", "--allow-shutdown", metavar="signal|file", help=shutdown)
    option("--protocol", default="pb", help=" or ".join(PROTOCOLS))
    option("--connection-string", help="where to connect, instead of <master>")
    option("--proxy-connection-string", help="HTTP proxy to tunnel through, host:port")
    option("basedir")
    option("master", help="host[:port], port 9989 unless given")
    option("name")
    option("passwd")


def main(argv: Optional[List[str]] = None) -> int:
    program = os.path.basename(sys.argv[0])
    program = program if program != "__main__.py" else "kilnbot-worker"
    parser = make_parser(program)
    options = parser.parse_args(argv)
    if options.verb is None:
        parser.error("must specify a command")
    try:
        return _VERBS[options.verb](options)
    except UsageError as error:
        parser.error(str(error))
    except (TacError, EndpointError, daemon.AlreadyRunning) as error:
        print(error, file=sys.stderr)
        return 1


def create_worker(options: argparse.Namespace) -> int:
    if options.allow_shutdown not in (None, "signal", "file"):
        raise UsageError("allow-shutdown needs to be one of 'signal' or 'file'")
    return create.create_worker(options)


def _check_basedir(basedir: str) -> None:
    """Raises TacError unless this is a worker's directory."""
    path = os.path.join(basedir, "buildbot.tac")
    try:
        with open(path, encoding="utf-8", errors="replace") as source:
            text = source.read()
    except OSError as error:
        raise TacError(
            f"error reading {path!r}: {error.strerror}\ninvalid worker directory {basedir!r}"
        ) from None
    if not any(mark in text for mark in _MARKS):
        raise TacError(
            f"{path} is not a worker's: it lacks Application('buildbot-worker')\n"
            f"invalid worker directory {basedir!r}"
        )


def start(options: argparse.Namespace) -> int:
    _check_basedir(options.basedir)
    settings = load(options.basedir)
    endpoint_of(settings)
    if options.nodaemon:
        return daemon.serve(settings)
    pid = daemon.running_pid(settings.basedir)
    if pid is not None:
        raise daemon.AlreadyRunning(f"a worker is running here already, its pid is {pid}")
    return _start_in_background(settings, options.quiet)


def _start_in_background(settings: Settings, quiet: bool) -> int:
    reader = daemon.start_daemon(settings)
    if reader is None:
        print("the worker was started: see twistd.log")
        return 0
    if quiet:
        os.close(reader)
        return 0
    print("waiting until the worker is attached to its master")
    outcome = daemon.wait_attached(reader)
    if outcome:
        print("the worker has started and is attached")
        return 0
    if outcome is None:
        print(
            f"the worker was not attached within {daemon.START_LIMIT_S:.0f} seconds; it goes on"
            " trying. twistd.log says why: the name and password, the master's host and port, or"
            " the master itself may be wrong. 'message from master: attached' there means success."
        )
    else:
        print("the worker ended at once: see twistd.log")
    return 1


def stop(options: argparse.Namespace) -> int:
    _check_basedir(options.basedir)
    outcome = daemon.stop(options.basedir)
    if not options.quiet:
        texts = {None: "worker not running", True: "the worker has stopped"}
        print(texts.get(outcome, "the worker did not go away in time"))
    return 1 if outcome is False else 0


def restart(options: argparse.Namespace) -> int:
    _check_basedir(options.basedir)
    outcome = daemon.stop(options.basedir)
    if outcome is False:
        print("the old worker did not go away in time")
        return 1
    if not options.quiet:
        print("now restarting" if outcome else "no old worker process found to stop; starting one")
    return start(options)


_VERBS = {"create-worker": create_worker, "start": start, "stop": stop, "restart": restart}
