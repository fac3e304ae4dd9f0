# SPDX-License-Identifier: MIT
"""Commands on files and directories, and transfers."""

from __future__ import annotations

import errno
import io
import os
import tarfile
from typing import Any

import pytest
from support import Bench

from kilnbot_worker.commands.base import CommandError


def failed(bench: Bench, name: str, args: dict[str, Any]) -> tuple[Any, str]:
    done = bench.run(name, args)
    assert done.failure is None
    assert done.keys == ["rc", "elapsed", "header"]
    return done.rc, done.text("header")


def test_mkdir_makes_parents_and_is_content_with_what_is_there(bench: Bench) -> None:
    paths = [bench.path("a", "b"), bench.path("c")]

    first, again = bench.run("mkdir", {"paths": paths}), bench.run("mkdir", {"paths": paths})

    assert first.keys == ["rc", "elapsed"]
    assert (first.rc, again.rc) == (0, 0)
    assert os.path.isdir(paths[0]) and os.path.isdir(paths[1])


@pytest.mark.parametrize(
    "name, key, path, number",
    [
        ("mkdir", "paths", "file", errno.EEXIST),
        ("mkdir", "paths", "file/x", errno.ENOTDIR),
        ("stat", "path", "missing", errno.ENOENT),
        ("listdir", "path", "missing", errno.ENOENT),
        ("rmfile", "path", "missing", errno.ENOENT),
        ("rmfile", "path", "dir", errno.EISDIR),
    ],
)
def test_the_errors_number_is_the_rc(
    bench: Bench, name: str, key: str, path: str, number: int
) -> None:
    (bench.base / "file").touch()
    (bench.base / "dir").mkdir()
    where = bench.path(path)

    rc, header = failed(bench, name, {key: [where] if key == "paths" else where})

    assert (rc, header) == (number, f"{name}: {os.strerror(number)}: {where}\n")


def test_stat_sends_ten_numbers(bench: Bench) -> None:
    (bench.base / "file").write_text("12345")

    done = bench.run("stat", {"path": bench.path("file")})

    assert done.values()["stat"] == tuple(os.stat(bench.path("file")))[:10]
    assert done.values()["stat"][6] == 5


def test_listdir_and_glob_send_names_and_paths(bench: Bench) -> None:
    (bench.base / "d" / "e").mkdir(parents=True)
    (bench.base / "d" / "e" / "f").touch()

    assert bench.run("listdir", {"path": bench.path("d")}).values()["files"] == ["e"]
    assert bench.run("glob", {"path": bench.path("d", "*")}).values()["files"] == [
        bench.path("d", "e")
    ]
    found = bench.run("glob", {"path": bench.path("d", "**")}).values()["files"]
    assert bench.path("d", "e", "f") in found
    assert bench.run("glob", {"path": bench.path("none*")}).values() == {
        "files": [], "rc": 0, "elapsed": bench_any,
    }  # fmt: skip


class _Any:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, float)

    __hash__ = None  # type: ignore[assignment]


bench_any = _Any()


def test_rmfile_removes(bench: Bench) -> None:
    (bench.base / "file").touch()

    assert bench.run("rmfile", {"path": bench.path("file")}).rc == 0
    assert not os.path.exists(bench.path("file"))


def test_rmdir_removes_all_even_what_is_read_only(bench: Bench) -> None:
    for name in ("one", "two"):
        (bench.base / name / "deep").mkdir(parents=True)
        (bench.base / name / "deep" / "file").touch()
    os.chmod(bench.path("two", "deep"), 0o500)

    done = bench.run("rmdir", {"paths": [bench.path("one"), bench.path("two"), bench.path("none")]})

    assert done.rc == 0
    assert done.keys[-2:] == ["rc", "elapsed"]
    assert os.listdir(bench.base) == []
    assert f"rm -rf {bench.path('one')}\n in dir {bench.base} (timeout 120 secs)" in done.text(
        "header"
    )


def test_cpdir_copies_links_and_times(bench: Bench) -> None:
    (bench.base / "from" / "sub").mkdir(parents=True)
    (bench.base / "from" / "sub" / "file").write_text("x")
    os.utime(bench.path("from", "sub", "file"), (1e9, 1e9))
    os.symlink("file", bench.path("from", "sub", "link"))

    done = bench.run(
        "cpdir", {"from_path": bench.path("from"), "to_path": bench.path("to"), "logEnviron": False}
    )

    assert done.rc == 0
    assert os.stat(bench.path("to", "sub", "file")).st_mtime == 1e9
    assert os.readlink(bench.path("to", "sub", "link")) == "file"
    assert bench.run("cpdir", {"from_path": bench.path("no"), "to_path": bench.path("x")}).rc == 1


@pytest.mark.parametrize("name", ["mkdir", "rmdir", "cpdir", "stat", "glob", "listdir", "rmfile"])
def test_a_missing_argument_is_refused(bench: Bench, name: str) -> None:
    with pytest.raises(CommandError, match="missing args"):
        bench.run(name, {})


def upload(bench: Bench, name: str = "file", **args: Any) -> Any:
    channel = {"broken": args.pop("broken", False)}
    given = {"path": bench.path(name), "maxsize": None, "blocksize": 16, "keepstamp": False, **args}
    return bench.run("upload_file", given, **channel)


def test_a_file_is_uploaded_in_blocks(bench: Bench) -> None:
    (bench.base / "file").write_bytes(b"0123456789" * 4)
    os.utime(bench.path("file"), (1e9, 1.1e9))

    done = upload(bench, keepstamp=True)

    assert [len(call[1]) for call in done.calls[:3]] == [16, 16, 8]
    assert done.calls[3:] == [("close",), ("utime", 1.1e9)]
    assert done.keys == ["header", "rc", "elapsed"]
    assert (done.rc, done.text("header")) == (0, f"sending {bench.path('file')}\n")


@pytest.mark.parametrize("size, sent, rc", [(0, 0, 1), (20, 20, 1), (40, 40, 1), (41, 40, 0)])
def test_an_upload_is_cut_at_the_limit(bench: Bench, size: int, sent: int, rc: int) -> None:
    (bench.base / "file").write_bytes(b"x" * 40)

    done = upload(bench, maxsize=size)

    assert (len(done.uploaded), done.rc) == (sent, rc)
    assert ("Maximum filesize reached, truncating file" in done.text("stderr")) == bool(rc)
    assert done.calls[-1] == ("close",)


@pytest.mark.parametrize("name", ["missing", "."], ids=["missing", "directory"])
def test_what_cannot_be_opened_is_not_uploaded(bench: Bench, name: str) -> None:
    done = upload(bench, name)

    assert (done.calls, done.rc) == ([("close",)], 1)
    assert done.keys == ["header", "rc", "elapsed", "stderr"]
    assert done.text("stderr") == f"Cannot open file '{bench.path(name)}' for upload\n"


def test_a_master_that_cannot_write_fails_the_upload(bench: Bench) -> None:
    (bench.base / "file").write_bytes(b"x")

    assert upload(bench, broken=True).failure == "disk full"


@pytest.mark.parametrize("compress", [None, "gz", "bz2"])
def test_a_directory_is_uploaded_as_a_tar_file(bench: Bench, compress: Any) -> None:
    (bench.base / "d" / "sub").mkdir(parents=True)
    (bench.base / "d" / "sub" / "file").write_text("content")

    done = bench.run(
        "upload_directory",
        {"path": bench.path("d"), "maxsize": None, "blocksize": 512, "compress": compress},
    )

    assert (done.rc, done.calls[-1]) == (0, ("unpack",))
    with tarfile.open(fileobj=io.BytesIO(done.uploaded), mode=f"r:{compress or ''}") as tar:
        assert sorted(tar.getnames()) == ["", "sub", "sub/file"]
        member: Any = tar.extractfile("sub/file")
        assert member.read() == b"content"


def test_a_missing_directory_is_not_uploaded(bench: Bench) -> None:
    done = bench.run(
        "upload_directory",
        {"path": bench.path("no"), "maxsize": None, "blocksize": 512, "compress": None},
    )

    assert (done.rc, done.calls) == (1, [])
    assert "Cannot read directory" in done.text("stderr")


def download(bench: Bench, name: str = "file", data: bytes = b"0123456789" * 4, **args: Any) -> Any:
    given = {"path": bench.path(name), "maxsize": None, "blocksize": 16, "mode": None, **args}
    return bench.run("download_file", given, data=data)


def test_a_file_is_downloaded_into_a_new_directory(bench: Bench) -> None:
    done = download(bench, "new/dir/file", mode=0o640)

    path = bench.path("new", "dir", "file")
    with open(path, "rb") as source:
        assert source.read() == b"0123456789" * 4
    assert os.stat(path).st_mode & 0o777 == 0o640
    assert (done.rc, done.calls, done.keys) == (0, [("close",)], ["rc", "elapsed"])


@pytest.mark.parametrize("size, got, rc", [(0, 0, 1), (20, 20, 1), (40, 40, 1), (41, 40, 0)])
def test_a_download_is_cut_at_the_limit(bench: Bench, size: int, got: int, rc: int) -> None:
    done = download(bench, maxsize=size)

    assert (os.path.getsize(bench.path("file")), done.rc) == (got, rc)
    assert done.calls == [("close",)]


def test_what_cannot_be_written_is_not_downloaded(bench: Bench) -> None:
    (bench.base / "file").mkdir()

    done = download(bench)

    assert (done.rc, done.calls) == (1, [("close",)])
    assert done.text("stderr") == f"Cannot open file '{bench.path('file')}' for download\n"


@pytest.mark.parametrize(
    "wrong", [{"blocksize": 0}, {"blocksize": "x"}, {"maxsize": "x"}, {"path": 5}, {"path": "a\0"}]
)
def test_wrong_transfer_arguments_are_refused(bench: Bench, wrong: dict[str, Any]) -> None:
    with pytest.raises(CommandError):
        upload(bench, **wrong)
