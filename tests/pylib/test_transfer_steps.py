# SPDX-License-Identifier: MIT
"""Steps that move files, against a worker that is a folder of this machine."""

import json

import pytest
from buildbot.plugins import steps, util
from buildbot.process import remotetransfer
from buildbot.process.results import FAILURE, SKIPPED, SUCCESS
from buildbot_cfg._errors import ConfigErrors


@pytest.fixture
def work(tmp_path):
    """The build's directory on the worker, with a file and a directory."""
    folder = tmp_path / "build"
    (folder / "dir" / "sub").mkdir(parents=True)
    (folder / "dir" / "sub" / "two").write_text("2")
    (folder / "a.txt").write_text("hello")
    return folder


def test_an_upload(step_run, work, tmp_path):
    step = steps.FileUpload(
        "a.txt",
        str(tmp_path / "out" / "b.txt"),
        mode=0o640,
        keepstamp=True,
        url="http://x",
        blocksize=7,
    )

    _, handle, end = step_run(step)

    assert end["results"] == SUCCESS
    assert end["step"] == "uploading a.txt"
    assert handle.urls == [("b.txt", "http://x")]
    name, args = handle.commands[0]
    assert (name, args) == (
        "uploadFile",
        {
            "workersrc": "a.txt",
            "workdir": "build",
            "maxsize": None,
            "blocksize": 7,
            "keepstamp": True,
        },
    )
    target = str(tmp_path / "out" / "b.txt")
    assert handle.transfers == [
        {"kind": "upload_file", "path": target, "max_size": None, "mode": 0o640}
    ]
    assert (tmp_path / "out" / "b.txt").read_text() == "hello"


def test_a_failed_upload_leaves_no_file(step_run, work, tmp_path):
    target = tmp_path / "out" / "b.txt"
    target.parent.mkdir()
    target.write_text("old")
    step = steps.FileUpload(workersrc="nosuch", masterdest=str(target), urlText="t", url="u")

    _, handle, end = step_run(step)

    assert (end["results"], end["step"]) == (FAILURE, "uploading nosuch (failure)")
    assert handle.urls == [("t", "u")]
    assert not target.exists()


def test_a_directory_that_cannot_be_made_is_an_exception(step_run, work, tmp_path):
    (tmp_path / "file").write_text("x")
    step = steps.FileUpload(workersrc="a.txt", masterdest=str(tmp_path / "file" / "x" / "y"))

    _, handle, end = step_run(step)

    assert "NotADirectoryError" in end["error"]
    assert handle.commands == []


def test_own_descriptions_are_kept(step_run, work, tmp_path):
    step = steps.FileUpload(
        "a.txt", str(tmp_path / "x"), description="mine", descriptionSuffix="here"
    )
    assert step_run(step)[2]["step"] == "mine here"


def test_a_directory_upload(step_run, work, tmp_path):
    step = steps.DirectoryUpload(
        workersrc="dir", masterdest=str(tmp_path / "out"), compress="gz", url="u", maxsize=9999
    )

    _, handle, end = step_run(step)

    assert (end["results"], end["step"]) == (SUCCESS, "uploading dir")
    assert handle.urls == [("out", "u")]
    assert handle.transfers[0] == {
        "kind": "upload_directory",
        "path": str(tmp_path / "out"),
        "max_size": 9999,
        "compression": "gz",
    }
    assert (tmp_path / "out" / "sub" / "two").read_text() == "2"


def test_several_uploads(step_run, work, tmp_path):
    class Noted(steps.MultipleFileUpload):
        seen = []

        def uploadDone(self, result, source, masterdest):
            self.seen.append((result, source, masterdest))

        async def allUploadsDone(self, result, sources, masterdest):
            self.seen.append((result, sources, masterdest))

    out = str(tmp_path / "out")
    _, handle, end = step_run(Noted(workersrcs=["a.txt", "dir"], masterdest=out))

    assert (end["results"], end["step"]) == (SUCCESS, "uploading 2 files")
    assert [name for name, _ in handle.commands] == [
        "stat",
        "uploadFile",
        "stat",
        "uploadDirectory",
    ]
    assert Noted.seen == [
        (SUCCESS, "a.txt", f"{out}/a.txt"),
        (SUCCESS, "dir", f"{out}/dir"),
        (SUCCESS, ["a.txt", "dir"], out),
    ]
    assert (tmp_path / "out" / "dir" / "sub" / "two").read_text() == "2"


def test_several_uploads_end_with_the_first_failure(step_run, work, tmp_path):
    step = steps.MultipleFileUpload(
        workersrcs=["nosuch", "a.txt"], masterdest=str(tmp_path / "out")
    )

    _, handle, end = step_run(step)

    assert (end["results"], end["step"]) == (FAILURE, "uploading 2 files (failure)")
    assert handle.log_named("stderr")["text"] == "File build/nosuch not available at worker\n"
    assert len(handle.commands) == 1


def test_patterns(step_run, work, tmp_path):
    step = steps.MultipleFileUpload(
        workersrcs=["*.txt"], glob=True, masterdest=str(tmp_path / "out")
    )
    _, _, end = step_run(step)
    assert end["step"] == "uploading 1 file"
    assert (tmp_path / "out" / "a.txt").read_text() == "hello"

    step = steps.MultipleFileUpload(
        workersrcs=["*.no"], glob=True, masterdest=str(tmp_path / "out")
    )
    _, _, end = step_run(step)
    assert (end["results"], end["step"]) == (SKIPPED, "uploading 0 files (skipped)")

    step = steps.MultipleFileUpload(workersrcs=[], masterdest=str(tmp_path / "out"))
    _, _, end = step_run(step)
    assert (end["results"], end["step"]) == (SKIPPED, "finished (skipped)")


def test_a_download(step_run, work, tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"\x00\xff")
    step = steps.FileDownload(mastersrc=str(source), workerdest="d/x", mode=0o600)

    _, handle, end = step_run(step)

    assert (end["results"], end["step"]) == (SUCCESS, "downloading to x")
    assert handle.transfers == [{"kind": "download_file", "path": str(source)}]
    assert (work / "d" / "x").read_bytes() == b"\x00\xff"


@pytest.mark.parametrize("name", ["nosuch", "."])
def test_a_download_of_what_is_no_file(step_run, work, tmp_path, name):
    source = str(tmp_path / name)
    _, handle, end = step_run(steps.FileDownload(mastersrc=source, workerdest="x"))

    assert (end["results"], end["step"]) == (FAILURE, "downloading to x (failure)")
    assert handle.log_named("stderr")[
        "text"
    ] == f"File {source!r} not available at master\n".replace("/.'", "'")
    assert handle.commands == []


@pytest.mark.parametrize(
    ("step", "content"),
    [
        (steps.StringDownload("caf\xe9", workerdest="x"), "caf\xe9"),
        (steps.StringDownload(b"bytes", "x"), "bytes"),
        (steps.StringDownload(util.Interpolate("%(prop:branch)s"), workerdest="x"), "main"),
        (steps.StringDownload(util.Property("missing"), workerdest="x"), ""),
        (
            steps.JSONStringDownload({"a": [util.Property("branch")]}, workerdest="x"),
            '{"a": ["main"]}',
        ),
    ],
)
def test_texts_become_files(step_run, work, step, content):
    _, _, end = step_run(step)

    assert (end["results"], end["step"]) == (SUCCESS, "downloading to x")
    assert (work / "x").read_text() == content


def test_properties_become_a_file(step_run, work):
    _, _, end = step_run(steps.JSONPropertiesDownload(workerdest="p.json"))

    assert end["results"] == SUCCESS
    given = json.loads((work / "p.json").read_text())
    assert given["properties"]["branch"] == "main"
    assert given["sourcestamps"][0]["codebase"] == ""


def test_ends_of_transfers_that_steps_of_ones_own_use(tmp_path):
    end = remotetransfer.FileWriter(str(tmp_path / "x"), 10, 0o600)
    args, plan = remotetransfer.taken_out({"writer": end, "maxsize": 10})
    assert args == {"maxsize": 10}
    assert plan == {
        "kind": "upload_file",
        "path": str(tmp_path / "x"),
        "max_size": 10,
        "mode": 0o600,
    }
    assert remotetransfer.taken_out({"reader": "no end"}) == ({"reader": "no end"}, None)
    with (tmp_path / "open").open("w") as file:
        assert remotetransfer.FileReader(file).plan["path"] == str(tmp_path / "open")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: steps.FileUpload(masterdest="x"), '"workersrc" is missing'),
        (lambda: steps.FileDownload(mastersrc="x"), '"workerdest" is missing'),
        (lambda: steps.FileDownload("x", "y", mode="755"), '"mode" must be an integer or None'),
        (
            lambda: steps.DirectoryUpload("x", "y", compress="zip"),
            '"compress" must be None, "gz" or "bz2"',
        ),
        (lambda: steps.JSONStringDownload({}, "y", s="x"), 'argument "s" is not allowed'),
    ],
)
def test_wrong_arguments(make, message):
    with pytest.raises(ConfigErrors, match=message):
        make()
