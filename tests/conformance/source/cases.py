# SPDX-License-Identifier: MIT
"""Source steps against a worker that answers by a script: played by ``record.py`` and by our own tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

HASH = "95215e2a9a9f8b6f5c9664e3807cd34617ea928c"
INFO = "<info><entry revision='{n}'><url>{u}</url><commit revision='3'/></entry></info>"


@dataclass(frozen=True)
class Case:
    """A step, what its commands answer (by a part of the command line) and which files there are."""

    name: str
    step: str
    answers: tuple[tuple[str, int, str], ...] = ()
    files: tuple[str, ...] = ()
    stamp: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)


class ScriptedWorker:
    """Answers commands and keeps them, one line each."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.lines: list[str] = []

    def run(
        self, name: str, args: dict[str, Any], data: bytes | None
    ) -> tuple[int, str, list[Any]]:
        """Return code, output and updates of a command."""
        if name == "shell":
            return self._shell(args)
        path = args.get("file") or args.get("dir") or args.get("path") or ""
        if name in ("downloadFile", "uploadFile"):
            path = f"{args['workdir']}/{args.get('workerdest') or args.get('workersrc')}"
        there = [file for file in self.case.files if file == path or file.startswith(f"{path}/")]
        told = f"{args['fromdir']} {args['todir']}" if name == "cpdir" else str(path)
        if name == "downloadFile":
            told += f" {args['mode']} {data!r}"
        self.lines.append(f"{name} {told}")
        if name == "listdir":
            inside = sorted({file[len(path) + 1 :].split("/")[0] for file in there})
            return (0 if there else 2), "", [("files", inside)] if there else []
        if name in ("stat", "uploadFile"):
            return (0 if there else 2), self._content(str(path)), []
        return 0, "", []

    def _content(self, path: str) -> str:
        return next((out for part, _, out in self.case.answers if part == path), "")

    def _shell(self, args: dict[str, Any]) -> tuple[int, str, list[Any]]:
        shown = [_word(word) for word in args["command"]]
        if shown[0] == "bash":  # a script of its own
            shown = ["bash", "-c", "..."]
        line = f"{args['workdir']}> {' '.join(shown)}"
        for key, plain in (("timeout", 1200), ("logEnviron", True)):
            if args[key] != plain:
                line += f" [{key} {args[key]}]"
        if args["env"]:
            line += f" [env {dict(sorted(args['env'].items()))}]"
        if stdin := args["initial_stdin"]:
            text = stdin.decode() if isinstance(stdin, bytes) else stdin
            line += f" <<< {text!r}"
        self.lines.append(line)
        plain_line = " ".join(str(word) for word in shown)
        return next(
            ((rc, out, []) for part, rc, out in self.case.answers if part in plain_line),
            (0, "", []),
        )


def _word(word: Any) -> str:
    if isinstance(word, tuple):
        return f"<{word[1]} shown as {word[2]}>"
    return repr(word) if not word or " " in str(word) else str(word)


def plain(properties: dict[str, Any]) -> dict[str, Any]:
    """Properties without the time of now, which is a revision for CVS."""
    return {k: "a time" if str(v).endswith(" +0000") else v for k, v in sorted(properties.items())}


DIFF = "--- file\n+++ file\n@@ -1 +1 @@\n-a\n+b\n"
STAMPS: dict[str, dict[str, Any]] = {
    "": {},
    " revision": {"revision": "7", "branch": "topic"},
    " patch": {"patch": (1, DIFF.encode(), "")},
    " patch below": {"patch": (0, DIFF.encode(), "sub")},
}


def _of(kind: str, base: str, methods: dict[str, str], tree: tuple[str, ...], answers: Any, stamps: Any = None) -> Iterator[Case]:  # fmt: skip
    """Every method into nothing, over a tree and over a patched tree, of every kind of stamp."""
    for name, options in methods.items():
        step = f"steps.{kind}({', '.join(filter(None, (base, options)))})"
        for what, stamp in (stamps or STAMPS).items():
            for state, files in {
                "new": (),
                "again": tree,
                "patched": (*tree, "build/.buildbot-patched"),
                "other": ("build/x",),
            }.items():
                yield Case(f"{kind} {name} {state}{what}", step, answers, files, stamp)


def _failures(kind: str, step: str, tree: tuple[str, ...], answers: Any, words: list[str]) -> Iterator[Case]:  # fmt: skip
    for word in words:
        for state, files in {"new": (), "again": tree}.items():
            refused = ((word, 1, ""), *answers)
            yield Case(f"{kind} no {word} {state}", step, refused, files)
            retried = step.replace(")", ", retry=(0, 1))")
            yield Case(f"{kind} no {word} {state} retried", retried, refused, files)
    for out in ("", "garbage"):
        last = tuple((part, rc, out if text else "") for part, rc, text in answers)
        yield Case(f"{kind} says {out!r}", step, last, tree)


def _svn() -> Iterator[Case]:
    url = "http://h/svn/trunk"
    status = (
        "<status><target path='.'><entry path='a b'><wc-status item='unversioned'/></entry><entry path='kept'>"
        "<wc-status item='ignored'/></entry><entry path='ext'><wc-status item='external'/></entry></target></status>"
    )
    answers = (("info --xml", 0, INFO.format(n=7, u=url)), ("status --xml", 0, status))
    methods = {
        "incremental": "", "full": 'mode="full"', "keep": 'mode="full", keep_on_purge=["kept"]',
        **{m: f'mode="full", method="{m}"' for m in ("clean", "fresh", "clobber", "copy", "export")},
        "options": 'username="me", password=util.Interpolate("secret"), depth="files", extra_args=["--x"], preferLastChangedRev=True, env={"A": "b"}, timeout=7, logEnviron=False',
        "empty": 'username="", password="", mode="full", method="clobber"', "branch": 'mode="full", workdir="w", alwaysUseLatest=True',
    }  # fmt: skip
    tree = ("build/.svn", "source/.svn", "w/.svn")
    yield from _of("SVN", f'repourl="{url}"', methods, tree, answers)
    yield from _of("SVN", 'repourl="http://other/"', {"moved": "", "moved full": 'mode="full"'}, tree, answers)  # fmt: skip
    yield from _failures("SVN", f'steps.SVN(repourl="{url}")', tree, answers, ["--version", "checkout", "update"])  # fmt: skip


def _mercurial() -> Iterator[Case]:
    answers = (("parents", 0, HASH + "\n"), ("identify", 0, "default\n"), ("locate", 1, ""))
    methods = {
        f"{kind} {name}": f'{options}, branchType="{kind}"'.removeprefix(", ")
        for kind in ("inrepo", "dirname")
        for name, options in {
            "incremental": "", "full": 'mode="full"', "clean": 'mode="full", method="clean"',
            "fresh": 'mode="full", method="fresh"', "clobber": 'mode="full", method="clobber"',
            "stays": 'mode="full", clobberOnBranchChange=False, defaultBranch="topic"',
        }.items()
    }  # fmt: skip
    yield from _of("Mercurial", 'repourl="http://h/hg"', methods, ("build/.hg",), answers)
    added = (("locate", 0, "x\ny z\n"), *answers)
    yield from _of("Mercurial", 'repourl="http://h/hg"', {"added": 'branchType="inrepo"'}, ("build/.hg",), added)  # fmt: skip
    step = 'steps.Mercurial(repourl="http://h/hg", branchType="inrepo")'
    yield from _failures("Mercurial", step, ("build/.hg",), answers, ["--version", "clone", "pull", "update", "identify", "locate"])  # fmt: skip


def _cvs() -> Iterator[Case]:
    tree = tuple(f"{d}/CVS/{name}" for d in ("build", "source") for name in ("Root", "Repository", "Entries"))  # fmt: skip
    contents = {"Root": ":pserver:h:/cvs\n", "Repository": "mod\n", "Entries": "/f/1.1/x//\n"}
    answers = tuple((path, 0, contents[path.split("/")[-1]]) for path in tree)
    methods = {
        "incremental": "", "full": 'mode="full"',
        **{m: f'mode="full", method="{m}"' for m in ("clean", "fresh", "clobber", "copy")},
        "options": 'global_options=["-q"], extra_options=["-P"], branch="mine", mode="full", method="clobber"',
        "login": 'login="secret"', "latest": 'branch="mine", alwaysUseLatest=True',
    }  # fmt: skip
    base = 'cvsroot=":pserver:h:/cvs", cvsmodule="mod"'
    yield from _of("CVS", base, methods, tree, answers)
    yield from _of("CVS", 'cvsroot="other", cvsmodule="mod"', {"moved": ""}, tree, answers)
    sticky = tuple((p, rc, "/f/1.1/x//D2020.01.01\n" if p.endswith("Entries") else out) for p, rc, out in answers)  # fmt: skip
    yield from _of("CVS", base, {"sticky": ""}, tree, sticky)
    for word in ("checkout", "update", "--version"):
        for retry in ("", ", retry=(0, 1)"):
            for state, files in {"new": (), "again": tree}.items():
                yield Case(f"CVS no {word} {state}{retry}", f"steps.CVS({base}{retry})", ((word, 1, ""), *answers), files)  # fmt: skip


def _bzr() -> Iterator[Case]:
    answers = (("version-info", 0, "7"),)
    tree = ("build/.bzr", "source/.bzr")
    methods = {
        "incremental": "", "full": 'mode="full"',
        **{m: f'mode="full", method="{m}"' for m in ("clean", "fresh", "clobber", "copy")},
    }  # fmt: skip
    yield from _of("Bzr", 'repourl="http://h/bzr"', methods, tree, answers)
    yield from _of("Bzr", 'baseURL="http://h/", defaultBranch="trunk"', {"base": ""}, tree, answers)
    yield from _failures("Bzr", 'steps.Bzr(repourl="http://h/bzr")', tree, answers, ["--version", "checkout", "update", "version-info"])  # fmt: skip


def _darcs() -> Iterator[Case]:
    answers = (("changes", 0, "patch one\nauthor\n"),)
    methods = {"incremental": "", "full": 'mode="full"', "clobber": 'mode="full", method="clobber"', "copy": 'mode="full", method="copy"'}  # fmt: skip
    tree = ("build/_darcs", "source/_darcs")
    yield from _of("Darcs", 'repourl="http://h/darcs"', methods, tree, answers)
    yield from _failures("Darcs", 'steps.Darcs(repourl="http://h/darcs")', tree, answers, ["--version", "get", "pull"])  # fmt: skip


def _monotone() -> Iterator[Case]:
    answers = (("automate select", 0, HASH + "\n"), ("ls unknown", 0, "un known\n"), ("ls ignored", 0, "x\ny\n"))  # fmt: skip
    methods = {
        "incremental": "", "full": 'mode="full"', "progress": "progress=True",
        **{m: f'mode="full", method="{m}"' for m in ("clean", "fresh", "clobber", "copy")},
    }  # fmt: skip
    base = 'repourl="mtn://h/m", branch="a.b"'
    tree = ("build/_MTN", "source/_MTN", "db.mtn")
    yield from _of("Monotone", base, methods, tree, answers)
    yield from _failures("Monotone", f"steps.Monotone({base})", tree, answers, ["--version", "pull", "update", "db init", "db info"])  # fmt: skip
    for text in ("migration needed", "too new, cannot use", "not a monotone database", "usable"):
        yield Case(f"Monotone {text}", f"steps.Monotone({base})", (("db info", 0, text), *answers), tree)  # fmt: skip


def _p4() -> Iterator[Case]:
    answers = (("changes", 0, "... change 4711\n... time 1\n"),)
    base = 'p4base="//depot/project"'
    variants = {
        "plain": base, "full": f'{base}, mode="full"', "method": f'{base}, mode="full", method="clean"',
        "server": f'{base}, p4port="h:1", p4user="me", p4client="mine", p4passwd="secret", timeout=7, env={{"A": "b"}}',
        "branch": f'{base}, p4branch="a b", mode=util.Property("how", default="full")', "tickets": f'{base}, use_tickets=True, p4user="me", p4passwd="secret"',
        "no password": f"{base}, use_tickets=True", "views": 'p4viewspec=[("//depot/main/", ""), ("//depot/lib/", "lib/")], p4viewspec_suffix="*.c", p4line_end="unix"',
        "spaces": 'p4viewspec=[("//depot/a b/", "x y/")], p4viewspec_suffix=None', "stream": 'stream=True, p4base="//depot", p4branch="s"',
        "extra": f'{base}, p4extra_views=[("-//depot/doc", "doc"), ("//a/b", "c")], p4client_spec_options="x", p4client_type="readonly", p4extra_args=["-Z"], p4bin="p5"',
        "client": f'{base}, p4client=util.Interpolate("c_%(prop:workername)s"), p4client_type="partitioned", debug=True, workdir="w"',
        "latest": f"{base}, alwaysUseLatest=True",
    }  # fmt: skip
    for name, options in variants.items():
        for what, stamp in (*STAMPS.items(), (" label", {"revision": "a_label"})):
            yield Case(f"P4 {name}{what}", f"steps.P4({options})", answers, (), stamp)
    for word in ("-V", "client -i", "sync", "login"):
        step = f'steps.P4({base}, use_tickets=True, p4user="u", p4passwd="p")'
        yield Case(f"P4 no {word}", step, ((word, 1, ""), *answers))
    for out in ("... change abc\n", "x\n... change 12\n... change 13\n"):
        yield Case(f"P4 says {out!r}", f"steps.P4({base})", (("changes", 0, out),))


def _repo() -> Iterator[Case]:
    url = 'manifestURL="git://h/m.git"'
    variants = {
        "plain": url, "options": f'{url}, manifestBranch=util.Property("b", default="main"), manifestFile="o.xml", jobs=3, depth=2, submodules=True, syncAllBranches=True, syncQuietly=True',
        "override": f'{url}, manifestOverrideUrl="http://h/x.xml"', "override file": f'{url}, manifestOverrideUrl="x.xml"', "latest": f'{url}, alwaysUseLatest=True, workdir="w"',
        "downloads": f'{url}, repoDownloads=["a/b 12/3", "c/d 4/5", "a/b 12/3"]', "properties": f'{url}, repoDownloads=util.repo.DownloadsFromProperties(["p1", "p2", "none"])',
        **{f"tar {end}": f'{url}, tarball="/t/x.{end}"' for end in ("tar", "tar.gz", "tgz", "tar.bz2", "tbz2", "tar.lzma", "tar.lzop", "tar.xz")},
    }  # fmt: skip
    properties = {"p1": "repo download x/y 7/8 and repo download z 9/1", "p2": "e/f/2/3"}
    ages = (("stat -c%Y /t", 0, "1000\n"), ("stat -c%Y .", 0, "99999999\n"))
    for name, options in variants.items():
        for state, files in {"new": ("build/x.xml",), "again": ("build/.repo",)}.items():
            yield Case(
                f"Repo {name} {state}", f"steps.Repo({options})", ages, files, {}, properties
            )
    young = (("stat -c%Y", 0, "1000\n"),)
    yield Case("Repo young", f'steps.Repo({url}, tarball="/t/x.tar")', young, ("build/.repo",))
    yield Case("Repo no tar", f'steps.Repo({url}, tarball="/t/x.tar")', (("stat", 1, ""),), ("build/.repo",))  # fmt: skip
    for word in ("repo init", "repo sync", "repo manifest", "repo download", "bash", "wget", "tar"):
        for state, files in {"new": (), "again": ("build/.repo",)}.items():
            step = f'steps.Repo({url}, repoDownloads=["a 1/1"], manifestOverrideUrl="http://x", tarball="/t/x.tar")'
            yield Case(f"Repo no {word} {state}", step, ((word, 1, ""), *ages), files)
    for text in ("fatal: Couldn't find remote ref", "Automatic cherry-pick failed", "other"):
        step = f'steps.Repo({url}, repoDownloads=["a 1/1"])'
        yield Case(f"Repo download {text}", step, (("download", 1, text),), ("build/.repo",))
    good = " * branch refs/changes/12/12/3 -> FETCH_HEAD\nHEAD is now at 0123456... x\n"
    for text in (good, "junk"):
        step = f'steps.Repo({url}, repoDownloads=["a 1/1", "b 2/2"])'
        yield Case(f"Repo downloaded {text}", step, (("download", 0, text),), ("build/.repo",))


def _git() -> Iterator[Case]:
    answers = (("--version", 0, "git version 2.39.5"), ("rev-parse", 0, HASH + "\n"), ("describe", 0, "v1\n"))  # fmt: skip
    methods = {
        "incremental": "", "full": 'mode="full"', "latest": 'branch="dev", alwaysUseLatest=True', "ref": 'branch="refs/x/y", alwaysUseLatest=True',
        **{m: f'mode="full", method="{m}"' for m in ("clean", "fresh", "clobber", "copy")},
        **{f"submodules {m}": f'mode="full", method="{m}", submodules=True' for m in ("clean", "fresh", "clobber", "copy")},
        "submodules": "submodules=True, shallow=2, tags=True, remoteSubmodules=True", "port": 'repourl="git@h:p/x.git", port=77', "scp": 'repourl="h:p"',
        "clone options": 'reference="/r", origin="o", filters=["a", "b"], progress=False, shallow="3"', "retry": "retry=(0, 2), retryFetch=True, clobberOnFailure=True",
        "config": 'config={"a.b": "c d", "e.f": 1}, env={"X": "y"}, timeout=7, logEnviron=False, workdir="w"', "describe": "getDescription=True",
        "describe options": 'getDescription={"all": True, "always": True, "contains": True, "debug": True, "long": True, "exact-match": True, "first-parent": True, "tags": True, "match": "m", "exclude": "e", "abbrev": 0, "candidates": 3, "dirty": "-d"}',
        "described": 'getDescription={"abbrev": False, "dirty": True, "match": None}',
    }  # fmt: skip
    tree = ("build/.git/x", "source/.git/x", "w/.git/x", "a/b c/.git/x")
    for name, options in methods.items():
        base = "" if "repourl" in options else 'repourl="http://h/r"'
        yield from _of("Git", base, {name: options}, tree, answers)
    plain = 'repourl="http://h/r"'
    for kind in ("", ", retryFetch=True", ", clobberOnFailure=True", ', mode="full"', ', mode="full", clobberOnFailure=True', ', mode="full", method="clean"', ", retry=(0, 1)", ', mode="full", method="copy", clobberOnFailure=True'):  # fmt: skip
        for word in (
            "clone",
            "fetch",
            "checkout -f",
            "checkout -B",
            "clean",
            "rev-parse",
            "cat-file",
            "submodule",
            "apply",
        ):
            for state, files in {"new": (), "again": tree}.items():
                for what, stamp in STAMPS.items():
                    step = f"steps.Git({plain}, submodules=True{kind})"
                    yield Case(f"Git no {word} {state}{kind}{what}", step, ((word, 1, ""), *answers), files, stamp)  # fmt: skip
    for version in (
        "1.6.4",
        "1.6.5",
        "1.7.2",
        "1.7.6",
        "1.7.8",
        "2.26.0",
        "2.27.0",
        "2.40.windows.1",
        "",
    ):
        old = (("--version", 0, f"git version {version}" if version else "what"), *answers)
        for state, files in {"new": (), "again": tree}.items():
            step = f'steps.Git({plain}, branch="b", alwaysUseLatest=True, submodules=True, filters=["x"])'
            yield Case(f"Git version {version} {state}", step, old, files)
    for out in ("", "abc", HASH + "0", "0" * 64):
        yield Case(f"Git says {out}", f"steps.Git({plain})", (("rev-parse", 0, out), *answers))
    yield from _git_others(answers, tree)


def _git_others(answers: Any, tree: tuple[str, ...]) -> Iterator[Case]:
    merge = {"source_branch": "s", "source_git_ssh_url": "git@h:s.git", "source_project_id": 2,
             "target_branch": "t", "target_git_ssh_url": "git@h:t.git", "target_project_id": 1}  # fmt: skip
    ref = {"event.patchSet.ref": "refs/changes/1/1/1", "event.change.project": "p"}
    for kind in ("GitHub", "GitLab", "Gerrit"):
        for branch in ("main", "refs/pull/1/merge", None):
            for what, properties in {
                "": {}, " merge": merge, " part": {"source_branch": "s"}, " same": merge | {"target_project_id": 2},
                " ref": ref, " number": {"gerrit_change": "1234/5", "event.change.project": "p"}, " small": {"gerrit_change": "7/2", "event.change.project": "p"},
                " no number": ref | {"gerrit_change": "7"}, " other": ref | {"event.change.project": "q"},
            }.items():  # fmt: skip
                for revision in (None, "7"):
                    stamp = {"branch": branch, "revision": revision, "project": "p"}
                    step = f'steps.{kind}(repourl="http://h/r")'
                    yield Case(f"{kind} {branch} {revision}{what}", step, answers, tree, stamp, properties)  # fmt: skip
    where = 'workdir="w", timeout=7, logEnviron=False, env={"A": "b"}, config={"a.b": "c"}'
    for name, step in {
        "push": f'GitPush({where}, repourl="h:r", branch="b", force=True)',
        "tag": f'GitTag({where}, tagName=util.Property("t", default="tt"), force=True)', "annotated": 'GitTag(tagName="t", annotated=True, messages=["a", "b"])',
        "commit": f'GitCommit({where}, paths=["a", util.Property("b", default="bb")], messages=["m", "n"], no_verify=True)',
        **{f"commit {empty}": f'GitCommit(paths=["a"], messages=["m"], emptyCommits="{empty}")' for empty in ("disallow", "create-empty-commit", "ignore")},
    }.items():  # fmt: skip
        yield Case(f"Git {name}", f"steps.{step}", answers)
        for word in ("push", "tag", "commit", "symbolic-ref", "add", "status", "--version"):
            yield Case(f"Git {name} no {word}", f"steps.{step}", ((word, 1, ""), *answers))
        yield Case(f"Git {name} changed", f"steps.{step}", (("status", 0, " M x\n"), *answers))


CASES = [
    *_git(),
    *_svn(),
    *_mercurial(),
    *_cvs(),
    *_bzr(),
    *_darcs(),
    *_monotone(),
    *_p4(),
    *_repo(),
]
assert len({case.name for case in CASES}) == len(CASES)
