# SPDX-License-Identifier: MIT
"""Machines that are woken and put to sleep by commands."""

from __future__ import annotations

from typing import Any

from buildbot_cfg._checks import shown
from buildbot_cfg._declared import Declared
from buildbot_cfg._errors import report
from buildbot_cfg.machine.latent import AbstractLatentMachine


def _checked_command(owner: str, name: str, command: Any) -> list[Any]:
    if not isinstance(command, list):
        report(f'"{name}" must be a list, not {shown(command)}', owner)
        return []
    return command


class LocalWakeAction(metaclass=Declared):
    """A command on the master's machine.

    Args:
        command: a list; may hold renderables.
    """

    def __init__(self, command: list[Any]) -> None:
        self._command = _checked_command(type(self).__name__, "command", command)


class LocalWOLAction(LocalWakeAction):
    """Wakes a machine over the network.

    Args:
        wakeMac: address of its network card.
        wolBin: the program.
    """

    def __init__(self, wakeMac: str, wolBin: str = "wakeonlan") -> None:
        super().__init__([wolBin, wakeMac])


class RemoteSshWakeAction(metaclass=Declared):
    """A command on another machine, by ssh.

    Args:
        host: where.
        remoteCommand: a list; may hold renderables.
        sshBin: the ssh program.
        sshKey: the key; may be a secret.
        sshHostKey: the host's key; may be a secret.
    """

    def __init__(
        self,
        host: str,
        remoteCommand: list[Any],
        sshBin: str = "ssh",
        sshKey: Any = None,
        sshHostKey: Any = None,
    ) -> None:
        self._host, self._sshBin = host, sshBin
        self._sshKey, self._sshHostKey = sshKey, sshHostKey
        self._remoteCommand = _checked_command(type(self).__name__, "remoteCommand", remoteCommand)


class RemoteSshWOLAction(RemoteSshWakeAction):
    """Wakes a machine over the network, from another machine.

    Args:
        host: that other machine.
        wakeMac: address of the network card.
        wolBin: the program.
        sshBin: the ssh program.
        sshKey: the key; may be a secret.
        sshHostKey: the host's key; may be a secret.
    """

    def __init__(
        self,
        host: str,
        wakeMac: str,
        wolBin: str = "wakeonlan",
        sshBin: str = "ssh",
        sshKey: Any = None,
        sshHostKey: Any = None,
    ) -> None:
        super().__init__(host, [wolBin, wakeMac], sshBin, sshKey, sshHostKey)


class RemoteSshSuspendAction(RemoteSshWakeAction):
    """Puts a machine to sleep.

    Args:
        host: the machine.
        remoteCommand: a list; ``systemctl suspend`` by default.
        sshBin: the ssh program.
        sshKey: the key; may be a secret.
        sshHostKey: the host's key; may be a secret.
    """

    def __init__(
        self,
        host: str,
        remoteCommand: list[Any] | None = None,
        sshBin: str = "ssh",
        sshKey: Any = None,
        sshHostKey: Any = None,
    ) -> None:
        command = ["systemctl", "suspend"] if remoteCommand is None else remoteCommand
        super().__init__(host, command, sshBin, sshKey, sshHostKey)


class GenericLatentMachine(AbstractLatentMachine):
    """A machine that two actions start and stop.

    Args:
        name: unique; workers name it by machine_name.
        start_action: such as ``LocalWOLAction(...)``.
        stop_action: such as ``RemoteSshSuspendAction(...)``.
    """

    def checkConfig(self, name: str, start_action: Any, stop_action: Any, **kwargs: Any) -> Any:
        """Reports what is wrong with the arguments."""
        super().checkConfig(name, **kwargs)
        for key, action in (("start_action", start_action), ("stop_action", stop_action)):
            if not isinstance(action, (LocalWakeAction, RemoteSshWakeAction)) and not callable(
                getattr(action, "perform", None)
            ):
                what = f'"{key}" must be an action of buildbot.machine.generic, not {shown(action)}'
                report(what, self.label)
