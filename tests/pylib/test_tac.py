# SPDX-License-Identifier: MIT
"""Reading buildbot.tac without executing it."""

from __future__ import annotations

from pathlib import Path

import pytest
from buildbot_cfg import _tac

TYPICAL = """
import os
from twisted.application import service
from twisted.python.logfile import LogFile
from buildbot.master import BuildMaster

basedir = "."
if basedir == ".":
    basedir = os.path.abspath(os.path.dirname(__file__))
rotateLength = 5000
maxRotatedFiles = None
configfile = os.environ.get("NO_SUCH_VARIABLE", "master") + ".cfg"
umask = 0o022
application = service.Application("buildmaster")
log = LogFile.fromFullPath(os.path.join(basedir, "twistd.log"), rotateLength=rotateLength)
m = BuildMaster(basedir, configfile, umask)
m.setServiceParent(application)
m.log_rotation.rotateLength = rotateLength
"""


def test_a_typical_file_gives_its_values(tmp_path: Path) -> None:
    tac = tmp_path / "buildbot.tac"
    tac.write_text(TYPICAL)

    values = _tac.read(str(tac))

    assert values == {
        "basedir": str(tmp_path),
        "configfile": "master.cfg",
        "umask": 0o022,
        "rotateLength": 5000,
        "maxRotatedFiles": None,
    }


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("basedir = (", 1, "syntax error"),
        ("for x in range(3):\n    pass\n", 1, "For statement"),
        ("import os\nos.system('true')\n", 2, "attribute 'system'"),
        ("\nbasedir = nothing\n", 2, "unknown name 'nothing'"),
        ("import os\nbasedir = os.environ['NO_SUCH_VARIABLE']\n", 2, "cannot read this item"),
    ],
    ids=["syntax", "loop", "forbidden call", "unknown name", "missing variable"],
)
def test_what_needs_execution_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, what: str
) -> None:
    tac = tmp_path / "buildbot.tac"
    tac.write_text(text)

    with pytest.raises(_tac.TacError) as caught:
        _tac.read(str(tac))

    assert f"{tac}:{line}: " in str(caught.value)
    assert what in str(caught.value)


def test_a_value_made_by_twisted_is_refused(tmp_path: Path) -> None:
    tac = tmp_path / "buildbot.tac"
    tac.write_text("from twisted.python import util\nbasedir = util.sibpath(__file__, 'x')\n")

    with pytest.raises(_tac.TacError, match="basedir is known only by running"):
        _tac.read(str(tac))
