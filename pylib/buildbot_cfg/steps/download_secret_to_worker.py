# SPDX-License-Identifier: MIT
"""Steps that put secrets into files of the worker, and remove them."""

from __future__ import annotations

from typing import Any, ClassVar

from buildbot_cfg.process.buildstep import BuildStep
from buildbot_cfg.process.remotecommand import RemoteCommand
from buildbot_cfg.process.remotetransfer import StringFileReader
from buildbot_cfg.process.results import FAILURE, SUCCESS, worst_status
from buildbot_cfg.steps.worker import CompositeStepMixin

_MODE = 0o600


class DownloadSecretsToWorker(BuildStep, CompositeStepMixin):
    """Writes secrets into files of the worker that only its user may read.

    Args:
        secret_to_be_populated: pairs of a path on the worker and a secret.
    """

    renderables: ClassVar[list[str]] = ["secret_to_be_populated"]

    def __init__(self, secret_to_be_populated: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.secret_to_be_populated = secret_to_be_populated

    async def runPopulateSecrets(self) -> int:
        """Writes them all; gives the worst result."""
        result: int | None = SUCCESS
        for path, secret in self.secret_to_be_populated:
            args = {
                "maxsize": None,
                "mode": _MODE,
                "reader": StringFileReader(secret),
                "blocksize": 32 * 1024,
                "workdir": self.workdir,
                "workerdest": path,
            }
            command = RemoteCommand("downloadFile", args)
            await self.runCommand(command)
            result = worst_status(result, FAILURE if command.didFail() else command.results())
        return FAILURE if result is None else result

    async def run(self) -> int:
        """Writes them."""
        return await self.runPopulateSecrets()


class RemoveWorkerFileSecret(BuildStep, CompositeStepMixin):
    """Deletes files that held secrets.

    Args:
        paths: on the worker.
        logEnviron: accepted for old configurations.
    """

    # No secret stays behind when the steps that used it fail.
    alwaysRun = True

    def __init__(self, paths: Any, logEnviron: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.paths, self.logEnviron = paths, logEnviron

    async def runRemoveWorkerFileSecret(self) -> int:
        """Deletes them all; gives the worst result."""
        result: int | None = SUCCESS
        for path in self.paths:
            target = self.build.path_module.join(self.workdir, path)
            failed = await self.runRmFile(target, abandonOnFailure=False)
            result = worst_status(result, FAILURE if failed else SUCCESS)
        return FAILURE if result is None else result

    async def run(self) -> int:
        """Deletes them."""
        return await self.runRemoveWorkerFileSecret()
