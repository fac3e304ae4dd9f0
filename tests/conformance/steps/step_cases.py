# SPDX-License-Identifier: MIT
"""Steps that run against a worker which answers by a script: played by ``record.py`` and by our own tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A step and what its commands answer: (output, return code[, updates]) each, at last ("", 0)."""

    name: str
    step: str
    outcomes: tuple[Any, ...] = ()
    files: tuple[str, ...] = ()
    properties: dict[str, Any] = field(default_factory=dict)


CASES: list[Case] = []


def case(name: str, step: str, output: str = "", rc: int = 0, **more: Any) -> None:
    more.setdefault("outcomes", ((output, rc),))
    assert all(name != other.name for other in CASES), name
    CASES.append(Case(name, step, **more))


def _packages() -> None:
    for kind in ("DebPbuilder", "DebCowbuilder", "UbuPbuilder", "UbuCowbuilder"):
        everything = (
            'architecture="amd64", distribution="sid", basetgz="/v/x.tgz", mirror="http://m/", '
            'othermirror=["deb http://o/ x"], extrapackages=["a", "b"], keyring="/k.gpg", components="main extra"'
        )
        for name, args in {
            "plain": 'distribution="sid"',
            "arch": 'distribution="sid", architecture="armel"',
            "everything": everything,
            "mirrors": 'distribution="sid", othermirror=["a", "b"], components="c", keyring="k"',
            "template": 'distribution="sid", basetgz="/v/{distribution}-{architecture}.tgz"',
            "rendered": 'distribution=util.Property("d", default="dd"), architecture=util.Property("a", default="aa"),'
            ' keyring=util.Property("k", default="kk"), extrapackages=[util.Property("e", default="ee")]',
            "env": 'distribution="sid", env={"A": "b"}, logEnviron=False, workdir="wd", timeout=7',
        }.items():
            step = f"steps.{kind}({args})"
            case(
                f"{kind} {name} new",
                step,
                outcomes=(("", 1), ("made\n", 0), ("a.c: warning: x\nW: y\n W: z\n", 0)),
            )
            case(f"{kind} {name} new fails", step, outcomes=(("", 1), ("E: x\n", 1)))
            mode = 0o40755 if "Cow" in kind else 0o100644
            old = {"stat": [[mode, 0, 0, 0, 0, 0, 0, 0, 1000, 0]]}
            case(
                f"{kind} {name} old", step, outcomes=(("", 0, old), ("updated\n", 0), ("fine\n", 0))
            )
            case(f"{kind} {name} old fails", step, outcomes=(("", 0, old), ("", 3)))
            young = {"stat": [[0o40755, 0, 0, 0, 0, 0, 0, 0, 99999999999, 0]]}
            case(f"{kind} {name} young", step, outcomes=(("", 0, young), ("fine\n", 0)))
            young = {"stat": [[0o100644, 0, 0, 0, 0, 0, 0, 0, 99999999999, 0]]}
            case(
                f"{kind} {name} young file",
                step,
                outcomes=(("", 0, young), ("E: x\nwarning: y\n", 1)),
            )

    lines = "Requires: q\nRequires(x): q\nChecking for unpackaged files\nExecuting(%build): q\n   three\nRPM build errorsx\nBuilding\n+ make\nwarning: w\n error: i\nerror: Bad\nRPM build errors:\nWrote: /x\n Provides: a\nProvides: b\nProcessing files: a\nxerror: y\n"
    for name, args in {
        "lines": "",
        "define": 'define={"a": "b", "c": 3}',
        "release": "autoRelease=True",
        "revision": "vcsRevision=True",
        "everything": '"t", "b", "r", "sd", "sp", "srp", ".d", {"z": 1, "a": 2}, True, True, env={"X": "y"}, workdir="w"',
        "renders": 'dist=util.Property("x", default=".x"), topdir="t"',
    }.items():
        case(f"RpmBuild {name}", f'steps.RpmBuild("{name}.spec", {args})', lines)
        case(
            f"RpmBuild {name} rev",
            f'steps.RpmBuild("{name}2.spec", {args})',
            lines,
            1,
            properties={"got_revision": "r7"},
        )
    lint = (
        "a.spec: W: no-documentation\na.spec: E: no-binary\na warning: b\n1 errors, 1 warnings.\n"
    )
    case("RpmLint", "steps.RpmLint()", lint)
    case("RpmLint 1", 'steps.RpmLint("f.spec", "c.conf", name="x", env={"a": "b"})', lint, 1)
    case("RpmLint command", 'steps.RpmLint(command=["x"])', "fine\n")
    state = "INFO: a\nStart: init\nFinish: init\n"
    for name, step in {
        "Mock": 'steps.Mock("fedora")',
        "Mock dir": 'steps.Mock(root="fedora", resultdir="out", logfiles={"a": "b"})',
        "Mock rendered": 'steps.Mock(root=util.Property("r", default="rr"), resultdir=util.Property("d", default="dd"), descriptionDone="d")',
        "Mock workdir": 'steps.Mock(root="r", workdir="w", env={"A": "1"}, logEnviron=False)',
        "MockBuildSRPM": 'steps.MockBuildSRPM("a.spec", root="r")',
        "MockBuildSRPM all": 'steps.MockBuildSRPM("a.spec", "src", root="r", resultdir="d")',
        "MockRebuild": 'steps.MockRebuild("a.src.rpm", root="r")',
        "MockRebuild all": 'steps.MockRebuild(srpm="a.src.rpm", root="r", resultdir="d")',
    }.items():
        case(
            name,
            step,
            outcomes=((), (), (), (state, 0))[:0]
            or (("", 0), (state, 0), ("", 0), ("", 0), (state, 0)),
        )
        case(f"{name} fails", step, outcomes=(("", 0), (state, 1), ("", 0), ("", 0), (state, 1)))
    lin = "E: a: bad\nW: a: w\nI: a: i\nN: 3\nW: a: o\nx E: y\nWarning\n  W: z\n"
    case("DebLintian", 'steps.DebLintian("a.changes")', lin)
    case("DebLintian warnings", 'steps.DebLintian("a.changes", ["x", "y"])', "W: a\n")
    case("DebLintian clean", 'steps.DebLintian(fileloc="a.changes", env={"A": "b"})', "fine\n")
    case("DebLintian rc", 'steps.DebLintian(fileloc="a.changes")', "W: a\n", 1)
    case(
        "DebLintian rc 2",
        'steps.DebLintian(fileloc=util.Property("f", default="ff"), suppressTags="tag")',
        "",
        2,
    )
    case("DebLintian command", 'steps.DebLintian(fileloc="a", command=["x"])', "E: x\n", 0)


def _python() -> None:
    flakes = [
        "a.py:1: 'os' imported but unused",
        "a.py:2: redefinition of unused 'x' from line 1",
        "a.py:3: undefined name 'y'",
        "a.py:4: 'from z import *' used; unable to detect undefined names",
        "a.py:6: something else",
        "no colon here",
        "a.py:7: 'y' may be undefined, or defined from star imports: z",
        "a.py:8: import * only allowed at module level",
        "a.py:9: redefinition of function 'f' from line 3",
        "a.py:10: list comprehension redefines 'x' from line 4",
        "a.py:11: import 'x' from line 2 shadowed by loop variable",
        "a.py:12: local variable 'e' is unused",
    ]
    for number, line in enumerate(flakes):
        case(f"PyFlakes {number}", "steps.PyFlakes()", line + "\n", 1)
    every = "\n".join(flakes) + "\n"
    case("PyFlakes all", 'steps.PyFlakes(command=["pyflakes", "."])', every, 1)
    case("PyFlakes make", "steps.PyFlakes()", "make: entering\nno\n\n" + every, 0)
    case("PyFlakes blank", "steps.PyFlakes()", "a\n\nb: c\n\nd\n", 1)
    for rc in (0, 1, 2, 3):
        case(f"PyFlakes rc {rc}", "steps.PyFlakes()", flakes[0] + "\n", rc)
        case(f"PyFlakes clean rc {rc}", "steps.PyFlakes()", "", rc)
        case(
            f"PyFlakes decode rc {rc}",
            "steps.PyFlakes(decodeRC={0: 0, 2: 1})",
            flakes[2] + "\n",
            rc,
        )
        case(f"PyFlakes decode clean rc {rc}", "steps.PyFlakes(decodeRC={0: 0, 2: 1})", "", rc)
    case(
        "PyFlakes described",
        'steps.PyFlakes(description="a", descriptionDone="b", descriptionSuffix="c")',
        every,
        1,
    )
    case(
        "PyFlakes described 2",
        'steps.PyFlakes(descriptionDone=["b", "d"], name="n")',
        flakes[0] + "\n",
        1,
    )
    case(
        "PyFlakes undescribed",
        "steps.PyFlakes(description=None, descriptionDone=None)",
        flakes[0] + "\n",
        1,
    )
    text = [
        "************* Module a",
        "C:  1, 0: Missing docstring",
        "C0111:  1,0:f: Missing",
        "W:  5, 0: Unused",
        "R:  6: Few",
        "E:  7, 4: No name",
        "F:  1, 0: Unable",
        "I:  1, 0: Locally",
        "X:  1, 0: unknown",
        "W: no numbers",
        "C: 1:nospace",
    ]
    new = [
        "************* Module a",
        "a.py:1:0: C0114: Missing (x)",
        "a.py:5:0: W0611: Unused (y)",
        "a.py:7:4: E0611: No name",
        "b/c.py:8:4: R: something",
        "b/c.py:9: W0611: no column",
        "C:\\x.py:9:1: W0611: drive",
    ]
    parseable = [
        "a.py:1: [C0111(missing-docstring), f] Missing",
        "a.py:5: [W0611(unused-import), ] Unused",
        "a.py:6: [E] wrong",
        "a.py:7: [F, m] other",
        "a.py:8: [R0903] no comma",
        "a.py:8:1: [R0903, x] a column",
        "a.py:9: [I0011(x)] y",
    ]
    for name, lines in {
        "text": text,
        "new": new,
        "parseable": parseable,
        "text first": text + new + parseable,
        "new first": new + text + parseable,
        "parseable first": parseable + new + text,
    }.items():
        case(f"PyLint {name}", 'steps.PyLint(command=["pylint", "a"])', "\n".join(lines) + "\n", 30)
    case("PyLint no command", "steps.PyLint()", new[1])
    for rc in (*range(0, 10), 16, 28, 30, 32, 33, 64, -1):
        case(f"PyLint clean rc {rc}", 'steps.PyLint(command=["pylint", "a"])', "", rc)
        case(f"PyLint warned rc {rc}", 'steps.PyLint(command=["pylint", "a"])', new[2] + "\n", rc)
    case(
        "PyLint decode",
        'steps.PyLint(command=["pylint", "a"], decodeRC={0: 0, 4: 2})',
        new[2] + "\n",
        4,
    )
    case("PyLint info", 'steps.PyLint(command=["pylint", "a"])', text[7] + "\n", 0)
    case(
        "PyLint unstored",
        'steps.PyLint(command=["pylint", "a"], store_results=False)',
        "\n".join(new) + "\n",
        4,
    )
    case(
        "PyLint described",
        'steps.PyLint(command=["pylint"], descriptionDone=["a", "b"], descriptionSuffix="s")',
        new[2] + "\n",
        4,
    )
    docs = "a.rst:1: WARNING: unknown\nb.rst: ERROR: bad\nSEVERE: worse\nc.rst:2: (WARNING/2) dup\n"
    words = (
        "WARNINGS\nmyERROR x\n  SEVERE: y\nWARNING: a ERROR: b\nwarning: c\nThe Build Succeeded\n"
    )
    for name, (output, rc) in {
        "docs": (docs + "build succeeded, 3 warnings.\n", 0),
        "words": (words + "build succeeded", 0),
        "words bad": (words, 0),
        "targets": ("WARNING: x\nno targets are out of date.\n", 0),
        "targets rc": ("no targets are out of date.\n", 1),
        "rc": ("build succeeded, 1 warning.\n", 3),
        "in line": ("x: build succeeded\n", 0),
        "clean": ("build succeeded.\n", 0),
        "strict": (docs + "build finished with problems, 3 warnings.\n", 1),
        "nothing": ("", 0),
        "finished": ("build finished\n", 0),
    }.items():
        for mode in ("", ", strict_warnings=True"):
            case(f"Sphinx {name}{mode}", f'steps.Sphinx(sphinx_builddir="out"{mode})', output, rc)
    for name, args in {
        "source": '"doc", "out", "html"',
        "full": 'mode="full"',
        "tags": 'tags=["a", "b"]',
        "tag": 'tags="ab"',
        "tool": 'sphinx="python3 -m sphinx"',
        "tool list": 'sphinx=["python3", "-m", "sphinx"]',
        "tool tuple": 'sphinx=("p", "s")',
        "env": 'env={"A": "b"}, workdir="w", timeout=3',
        "command": 'command=["x"]',
        "defines": 'defines={"x": True, "y": "text", "z": None, "n": 3, "o": False, "l": [1], "f": 1.5}',
        "name": 'name="docs", descriptionDone="d", descriptionSuffix="s"',
        "everything": 'sphinx_sourcedir="s", sphinx_builder="b", tags=["t"], defines={"d": "e"}, mode="full", strict_warnings=True, sphinx="sb"',
    }.items():
        first = "" if args.startswith('"') else 'sphinx_builddir="out", '
        case(
            f"Sphinx args {name}",
            f"steps.Sphinx({first}{args})",
            "build succeeded.\nWARNING: x\n",
            0,
        )
    for name, output in {
        "lines": "Warning: a\nError: b\nwarning: c\n",
        "words": " Warning: a\nxWarning\nWarnings\nError\n Error: x\n+---Error in\n",
        "clean": "fine\n",
        "errors": "Error: b\nError: c\n",
        "warning": "Warning: b\n",
        "both": "Warning Error\nError Warning\n",
    }.items():
        for rc in (0, 1):
            case(f"BuildEPYDoc {name} {rc}", "steps.BuildEPYDoc()", output, rc)
    case(
        "BuildEPYDoc described",
        'steps.BuildEPYDoc(command=["x"], descriptionDone="docs", descriptionSuffix="s")',
        "Warning: a\n",
        0,
    )


def _twisted() -> None:
    good = "a.T.one ... [OK]\n-----\nRan 3 tests in 0.1s\n\nPASSED (successes=3)\n"
    for name, (output, rc) in {
        "good": (good, 0),
        "good rc": (good, 1),
        "crash": ("x\n", 0),
        "crash rc": ("x\n", 1),
        "one": ("Ran 1 test in 1s\nPASSED (successes=1)\n", 0),
        "one tests": ("Ran 1 tests in 1s\nPASSED (successes=1)\n", 0),
        "none": ("Ran 0 tests in 1s\n", 0),
        "none rc": ("Ran 0 tests in 1s\n", 1),
        "count only": ("x\nRan 7 tests in 1s\n", 0),
        "ok line": ("Ran 7 tests in 1s\nOK (skips=2, todos=3)\n", 0),
        "skips": (
            "Ran 7 tests in 1s\nPASSED (skips=2, expectedFailures=3, unexpectedSuccesses=4, successes=1)\n",
            0,
        ),
        "skip": (
            "Ran 7 tests in 1s\nPASSED (skips=1, expectedFailures=1, unexpectedSuccesses=1)\n",
            0,
        ),
        "many": (
            "Ran 7 tests in 1s\nFAILED (skips=2, expectedFailures=1, failures=11, errors=12)\n",
            1,
        ),
        "failure": ("Ran 7 tests in 1s\nFAILED (failures=1)\n", 1),
        "error": ("Ran 7 tests in 1s\nFAILED (errors=1)\n", 1),
        "failed 0": ("Ran 7 tests in 1s\nFAILED (failures=1)\n", 0),
        "problems": (
            "a ... [FAIL]\n======\n[FAIL]\nTrace\n=====\n[ERROR]\n------\nRan 2 tests in 1s\n\nFAILED (failures=1, errors=1)\n",
            1,
        ),
        "problems 2": (
            "x ======\n"
            + "=" * 79
            + "\n[FAIL]\n"
            + "-" * 79
            + "\nRan 2 tests in 1s\n\nFAILED (failures=1)\n",
            1,
        ),
        "lines": ("-----\n--\n===\nRan 2 tests in 1s\n", 0),
        "few": ("====\nx\n" + good, 0),
        "dashes": ("----------\nx\nRan 2 tests in 1s\n", 0),
        "warnings": (
            "/a.py:1: DeprecationWarning: x\n  code\n" * 2
            + "/a.py:2: UserWarning: y\n  more\n/b.py:3: SyntaxWarning: z\n  z\n"
            + good,
            0,
        ),
        "rule 59": ("=" * 59 + "\nx\nRan 2 tests in\n", 0),
        "rule 60": ("=" * 60 + "\nx\nRan 2 tests in\n", 0),
        "rule 65": ("=" * 65 + "\nx\nRan 2 tests in\n", 0),
        "rule 70": ("-" * 70 + "\nx\nRan 2 tests in\n", 0),
        "rule 77": ("-" * 77 + "\nx\nRan 2 tests in\n", 0),
        "rule 78": ("=" * 78 + "\nx\nRan 2 tests in\n", 0),
        "rule 80": ("=" * 80 + "\nx\nRan 2 tests in\n", 0),
        "rule after": ("x" + "=" * 80 + "\nx\nRan 2 tests in\n", 0),
        "warnings 2": (
            " c exceptions.DeprecationWarning: q\n" * 2
            + "DeprecationWarning: start\nend\nz DeprecationWarning: q\nlast\n"
            + good,
            0,
        ),
        "warnings 3": (
            "PendingDeprecationWarning: a\n1\n/x.py:3: exceptions.UserWarning: b\n2\n/x.py:1: RuntimeWarning: c\n3\nx.py:1: PytestWarning: d\n4\nWarning: e\n"
            + good,
            0,
        ),
    }.items():
        case(f"Trial {name}", 'steps.Trial(tests="t", testpath=None)', output, rc)
    for name, args in {
        "list": 'tests=["a", "b"], testpath=None',
        "rendered": 'tests=util.Property("t"), testpath=None, jobs=util.Property("j")',
        "everything": 'testpath=".", trial="mytrial", recurse=True, randomly=True, jobs=3, reactor="epoll", python="sh", trialArgs=["-x"], tests=["t1"], trialMode=["-m"]',
        "python": 'python=["p", "-u"], tests="t", testpath=None',
        "path": 'tests="t", testpath="lib"',
        "path env": 'tests="t", testpath="lib", env={"PYTHONPATH": "x", "A": "b"}',
        "path env list": 'tests="t", testpath="lib", env={"PYTHONPATH": ["x", "y"]}',
        "path env other": 'tests="t", testpath="lib", env={"A": "b"}',
        "changes": "testChanges=True, testpath=None",
        "changes tests": 'testChanges=True, tests="t", testpath=None',
        "reactor": 'reactor="gtk", tests="t", testpath=None',
        "described": 'tests="t", testpath=None, description="a", descriptionDone="b", descriptionSuffix="c"',
        "logfiles": 'tests="t", testpath=None, logfiles={"a": "b"}',
        "described list": 'tests="t", testpath=None, descriptionDone=["b", "d"], descriptionSuffix=["c", "e"], reactor="x"',
        "jobs": 'jobs=2, tests="t", testpath=None, logfiles={"a": "b"}',
        "workdir": 'tests="t", testpath=".", workdir="w", timeout=3',
        "mode": 'tests="t", testpath=None, trialMode="--x", trialArgs="-y"',
        "tuple": 'tests=("a", "b"), testpath=None',
        "jobs none": 'tests="t", testpath=None, jobs=util.Property("none")',
        "random": 'tests="t", testpath=None, randomly=True',
        "recurse": 'tests="t", testpath=None, recurse=True',
    }.items():
        for outcome in ((good, 0), ("Ran 3 tests in 1s\nFAILED (failures=1)\n", 1)):
            case(
                f"Trial args {name} {outcome[1]}",
                f"steps.Trial({args})",
                *outcome,
                properties={"t": ["x", "y"], "j": 4},
                files=("my/a.py", "x.txt", "my/test/test_b.py", "a.xhtml"),
            )
    files = ("doc/a.xhtml", "my/a.py", "sub/b.xhtml", "c.html")
    for name, (output, rc) in {
        "lint": ("lint\n", 0),
        "warned": (" w\n:e\nx:y\n\n", 0),
        "rc": (" w\n", 1),
        "clean rc": ("", 2),
    }.items():
        case(f"HLint {name}", 'steps.HLint(python="py")', output, rc, files=files)
        case(f"HLint {name} no files", "steps.HLint()", output, rc)
        case(
            f"HLint {name} list",
            'steps.HLint(python=["py", "-u"], descriptionDone="d", env={"a": "b"})',
            output,
            rc,
            files=files,
        )
        case(f"HLint {name} none", "steps.HLint()", output, rc, files=files)
    case("RemovePYCs", "steps.RemovePYCs()")


def _build_tools() -> None:
    for name, args in {
        "plain": "",
        "path": '"src"',
        "everything": '"src", "Ninja", {"B": "x y", "A": 1, "C": True}, ["-Wdev"], "cmake9"',
        "path only": 'path="p", options=("-a", "-b")',
        "rendered": 'path=util.Property("p", default="pp"), generator=util.Property("g", default="gg"), definitions={"D": util.Property("d", default="dd")}, options=[util.Property("o", default="-oo")]',
        "transforms": 'definitions=util.Transform(lambda: {"X": "y"}), options=util.Transform(lambda: ["-x"]), cmake=util.Property("c", default="cc")',
        "none": "definitions=None, options=None, generator=None",
        "env": 'env={"A": "b"}, workdir="w", timeout=3, description="d"',
        "empty": 'definitions={}, options=[], generator=""',
    }.items():
        for rc in (0, 1):
            case(f"CMake {name} {rc}", f"steps.CMake({args})", "out\n", rc)
    check = [
        "[a.c:1]: (error) Null",
        "[a.c:2]: (warning) w",
        "[a.c:3]: (style) s",
        "[a.c:4]: (performance) p",
        "[a.c:5]: (portability) q",
        "[a.c:6]: (information) i",
        "(information) no file",
        "[a.c:7]: (other) o",
        "[a.c:8] -> [b.c:9]: (warning) two",
        "[a.c:10]: (error, inconclusive) unsure",
        "  (style) x",
        "Checking a.c: (error)...",
        "a.c:1:2: error: gcc style [id]",
    ]
    for number, line in enumerate(check):
        case(f"Cppcheck {number}", "steps.Cppcheck()", line + "\n")
    every = "\n".join(check) + "\n"
    for name, args in {
        "all": 'source=["src", "inc"], binary="cc", enable=["all", "b"], inconclusive=True, extra_args=["--x"]',
        "plain": "",
        "rendered": 'source=[util.Property("s", default="ss")], extra_args=util.Transform(lambda: ["e"]), binary=util.Property("b", default="bb")',
        "described": 'descriptionDone="d", descriptionSuffix="s"',
        "env": 'env={"A": "b"}, workdir="w"',
        "text": 'source="src", enable="all", extra_args="xy"',
        "decode": "decodeRC={0: 0, 3: 1}",
    }.items():
        for rc in (0, 1, 3):
            case(f"Cppcheck args {name} {rc}", f"steps.Cppcheck({args})", every, rc)
            case(f"Cppcheck warned {name} {rc}", f"steps.Cppcheck({args})", check[1] + "\n", rc)
            case(f"Cppcheck clean {name} {rc}", f"steps.Cppcheck({args})", "", rc)
    for name, (output, rc) in {
        "two": ("TEST FAILURE: a\nfine\nTEST FAILURE: b\n", 0),
        "one": ("TEST FAILURE: a\n", 2),
        "none": ("fine\n", 0),
        "rc": ("fine\n", 2),
        "words": (" TEST FAILURE: a\nTEST FAILURE\n", 0),
    }.items():
        case(f"MaxQ {name}", 'steps.MaxQ("tests")', output, rc)
        case(
            f"MaxQ args {name}",
            'steps.MaxQ(testdir="tests", env={"A": "b"}, descriptionDone="d", command=["x"])',
            output,
            rc,
        )
    for rc in (*range(0, 26), 32, 64, 128, -1):
        case(f"Robocopy {rc}", 'steps.Robocopy("C:\\\\a b", "D:\\\\b")', "", rc)
    for name, args in {
        "everything": '"s", "d", ["x"], ["f1", "f2"], files=["*.c", "*.h"], exclude_dirs=["e1"], custom_opts=["/R:1"], verbose=True, recursive=True',
        "exclude": '"s", "d", exclude=["x", "y"]',
        "mirror": '"s", "d", mirror=True',
        "mirror recursive": '"s", "d", mirror=True, recursive=True, move=True',
        "move": '"s", "d", move=True',
        "move recursive": '"s", "d", move=True, recursive=True',
        "recursive": '"s", "d", recursive=True',
        "verbose": '"s", "d", verbose=True',
        "rendered": 'util.Property("a", default="aa"), util.Property("b", default="bb"), files=util.Transform(lambda: ["t"])',
        "exclude dirs": '"s", "d", exclude_dirs=["e"], exclude_files=["f"]',
        "custom": '"s", "d", custom_opts=["/a"], workdir="w", descriptionDone="x"',
        "text": '"s", "d", files="ab", exclude_dirs="cd", custom_opts="ef"',
    }.items():
        case(f"Robocopy args {name}", f"steps.Robocopy({args})")
    for name, (output, rc) in {
        "good": ("1234\t.\n", 0),
        "bad": ("what\n", 0),
        "rc": ("12\t.\n", 1),
        "bad rc": ("none\n", 1),
        "lines": ("a\n12\t.\n", 0),
        "spaces": ("12 .\n", 0),
        "long": ("12\t./x\n", 0),
    }.items():
        case(f"TreeSize {name}", "steps.TreeSize()", output, rc)
        case(
            f"TreeSize args {name}",
            'steps.TreeSize(command=["x"], descriptionDone="d", name="n")',
            output,
            rc,
        )
    perl = {
        "good": (
            "t/a....ok\nAll tests successful.\nFiles=2, Tests=20,  0 wallclock secs\nResult: PASS\n",
            0,
        ),
        "bad": (
            "t/a.t .. 1/4 \nFailed 1/4 subtests \n\nTest Summary Report\n-----\nt/a.t (Wstat: 256 Tests: 4 Failed: 1)\n  Failed test:  2\nt/c.t (Wstat: 256 Tests: 5 Failed: 2)\nFiles=3, Tests=14,  1 wallclock secs\n",
            1,
        ),
        "bad 0": (
            "Test Summary Report\nt/a.t (Wstat: 256 Tests: 4 Failed: 1)\nFiles=3, Tests=14,  1 wallclock secs\n",
            0,
        ),
        "old": (
            "t/a....FAILED tests 2\n  Failed 1/4 tests, 75.00% okay\nFailed 1/2 test scripts, 50.00% okay. 2/8 subtests failed, 75.00% okay.\nFiles=2, Tests=8,  0 wallclock secs\n",
            1,
        ),
        "old good": ("Files=2, Tests=8,  0 wallclock secs\n", 0),
        "warning": ("a warning: x\nWARNING: y\nFiles=2, Tests=20,  0 wallclock\n", 0),
        "nothing": ("fine\n", 0),
        "nothing rc": ("fine\n", 2),
        "summary only": ("Test Summary Report\n", 0),
        "summary rc": ("Test Summary Report\nFiles=1, Tests=2\nResult: FAIL\n", 1),
        "new good": (
            "Test Summary Report\nt/a (Wstat: 0 Tests: 3 Failed: 0)\nFiles=1, Tests=3,\n",
            0,
        ),
        "old failed": ("2/8 subtests failed\n", 1),
        "no tests rc": ("Files=2, Tests=20,  0 wallclock secs\n", 1),
        "warnings summary": ("warning: 1\nTest Summary Report\nwarning: 2\nFiles=2, Tests=20\n", 0),
    }
    for name, (output, rc) in perl.items():
        case(f"PerlModuleTest {name}", "steps.PerlModuleTest()", output, rc)
        case(
            f"PerlModuleTest args {name}",
            'steps.PerlModuleTest(command=["p"], warningPattern="^a", descriptionDone="d", descriptionSuffix="s")',
            output,
            rc,
        )
    unit = "time: 2020-01-01 00:00:00Z\ntest: a.b.one\nsuccess: a.b.one\ntest: a.b.two\nsuccessful: a.b.two\n"
    for name, (output, rc) in {
        "good": (unit, 0),
        "none": ("nothing\n", 0),
        "rc": (unit, 1),
        "one": ("test: a.c\nfailure: a.c\n", 0),
        "open": ("test: a.z\n", 0),
        "fails": (
            unit
            + "test: a.c\nfailure: a.c [\nTraceback:\n  line\n]\ntest a.d\nerror a.d [\nboom\n]\n",
            1,
        ),
        "skips": (
            unit
            + "tags: x y\ntest: a.e\nskip: a.e [\nno network\n]\ntest: a.f\nskip: a.f\ntest: a.g\nxfail: a.g\ntest: a.h\nxfail: a.h [ multipart\nx\n]\n",
            0,
        ),
        "xfail": ("test: a.g\nxfail: a.g\n", 0),
        "xfail details": ("test: a.g\nxfail: a.g [\nx\n]\n", 0),
        "skip alone": ("test: a\nskip: a\n", 0),
        "unexpected": ("test: a.h\nuxsuccess: a.h\nprogress: +3\n", 0),
        "skip reasons": (
            "test: a\nskip: a [\nx\n]\ntest: b\nskip: b [\nx\n]\ntest: c\nskip: c [\nz\n]\n",
            0,
        ),
        "error": ("test: a\nerror: a [\nboom\n]\n", 0),
        "two errors": ("test: a\nerror: a\ntest: b\nerror: b\n", 1),
        "brackets": ("test: a\nfailure: a [\n ]\nx\n]\ntest: b\nsuccess: b\n", 1),
        "untold": ("success: nobody\nfailure: nobody\n", 0),
        "other": ("hello\ntest: a\nnoise\nsuccess: a\nbye\n", 0),
        "spaces": ("test: a b c\nsuccess: a b c\n", 0),
        "testing": ("testing a\nsuccess a\n", 0),
        "one skip": ("test: b\nskip: b [\nx\n]\n", 0),
        "details": (
            "test: a\nfailure: a [ multipart\nContent-Type: text/plain\ntraceback\n3\nabc0\n]\n",
            1,
        ),
        "twice": ("test: a\nsuccess: a\ntest: a\nsuccess: a\n", 0),
    }.items():
        case(f"Subunit {name}", 'steps.SubunitShellCommand(command="s")', output, rc)
        case(
            f"Subunit args {name}",
            'steps.SubunitShellCommand(True, command=["s"], descriptionSuffix=["a", "b"], env={"A": "b"})',
            output,
            rc,
        )
        case(
            f"Subunit described {name}",
            'steps.SubunitShellCommand(command="s", description="x", descriptionDone="y")',
            output,
            rc,
        )


def _visual_studio() -> None:
    out = (
        "1>------ Build started: Project: a, Configuration: Release Win32 ------\r\n1>a.cpp\r\na.c\r\ndir/b.cpp\r\nx y.cpp\r\n1>a.cpp(12) : warning C4018: x\r\n"
        "1>c:\\x\\b.h(3): warning C4800: y\r\n1>a.cpp(14) : error C2065: z\r\nLINK : fatal error LNK1104: no\r\nerror : no code\r\nerror: w\r\n"
        "2>------ Build started: Project: b ------\r\n-----Configuration: lib - Win32 Release-----\r\n----- x\r\n========== Build: 1 succeeded ==========\r\n"
    )
    one = "1>------ Build started: Project: a ------\r\n1>a.cpp\r\n1>a.cpp(12) : warning C4018: x\r\n1>b.cpp(1): error C1: x\r\n"
    everything = '"X:\\\\vs", "build", "pf.sln", "debug", True, "pj", ["i1", "i2"], ["l1"], ["p1"], env={"PATH": "p0", "A": "b"}'
    devenv = "VC7 VS2003 VC8 VS2005 VC9 VS2008 VC10 VS2010 VC11 VS2012 VC12 VS2013 VC14 VS2015 VC141 VS2017 VS2019 VS2022"
    for kind in ["VC6", "VCExpress9", *devenv.split()]:
        arch = "" if kind in ("VC6", "VC7", "VS2003") else ', arch="x64"'
        first = (
            everything
            if not arch
            else (
                'installdir="X:\\\\vs", mode="build", projectfile="pf.sln", config="debug", useenv=True, project="pj", INCLUDE=["i1", "i2"], LIB=["l1"], PATH=["p1"], env={"PATH": "p0", "A": "b"}'
            )
        )
        case(f"{kind} plain", f'steps.{kind}(projectfile="pf.sln")', out)
        case(f"{kind} everything", f"steps.{kind}({first}{arch})", one)
        case(
            f"{kind} clean",
            f'steps.{kind}(projectfile="pf.sln", mode="clean", project=util.Property("p", default="pp"){arch})',
            "",
            1,
        )
        case(
            f"{kind} useenv",
            f'steps.{kind}(projectfile="pf.sln", useenv=True{arch}, workdir="w", timeout=3)',
            one,
            0,
        )
        case(f"{kind} empty", f"steps.{kind}({arch[2:]})", "", 0)
        case(
            f"{kind} env",
            f'steps.{kind}(projectfile="pf.sln", env={{"LIB": "e", "INCLUDE": "f"}}, LIB=["g"], INCLUDE=["h;"])',
            "",
            0,
        )
    for name, (output, rc) in {
        "out": (out, 0),
        "out rc": (out, 1),
        "one": (one, 0),
        "warned": (one.rsplit("1>", 1)[0], 0),
        "warned rc": (one.rsplit("1>", 1)[0], 1),
        "clean": ("x\r\n", 0),
        "clean rc": ("", 2),
        "newlines": (one.replace("\r", ""), 0),
    }.items():
        case(
            f"VS results {name}",
            'steps.VC9(projectfile="pf.sln", name="n", descriptionDone="d", descriptionSuffix="s")',
            output,
            rc,
        )
        case(f"VS results plain {name}", 'steps.VC9(projectfile="pf.sln")', output, rc)
        case(
            f"MsBuild results {name}",
            'steps.MsBuild4(projectfile="pf.sln", platform="x")',
            output,
            rc,
        )
        case(
            f"MsBuild141 results {name}",
            'steps.MsBuild141(projectfile="pf.sln", platform="x")',
            output,
            rc,
        )
    for (
        kind
    ) in "MsBuild MsBuild4 MsBuild12 MsBuild14 MsBuild141 MsBuild15 MsBuild16 MsBuild17".split():
        for name, args in {
            "plain": 'projectfile="pf.sln", platform="Win32"',
            "build": 'projectfile="pf.sln", platform="Win32", mode="build", config="debug", project="pj", defines=["A=1", "B"]',
            "clean": 'projectfile="pf.sln", platform="x64", mode="clean"',
            "clean project": 'projectfile="pf.sln", platform="x64", mode="clean", project="pj"',
            "rebuild project": 'projectfile="pf.sln", platform="x64", mode="rebuild", project="p.j"',
            "rendered": 'projectfile=util.Property("f", default="ff"), platform=util.Property("p", default="pp"), config=util.Property("c", default="cc"), mode=util.Property("m", default="build"), project=util.Property("j", default="jj")',
            "no platform": 'projectfile="pf.sln", platform=util.Property("none")',
            "no config": 'projectfile="pf.sln", platform="x", config=None',
            "no file": 'platform="x"',
            "mode": 'projectfile="pf.sln", platform="x", mode="other", project="p"',
            "env": 'projectfile="pf.sln", platform="x", env={"A": "b"}, INCLUDE=["i"], LIB=["l"], PATH=["p"], useenv=True, installdir="X:\\\\i"',
            "described": 'projectfile="pf.sln", platform="x", description="a", descriptionDone="b", descriptionSuffix="c"',
            "defines": 'projectfile="pf.sln", platform="x", defines=[]',
            "build all": 'projectfile="pf.sln", platform="x", mode="build"',
        }.items():
            case(f"{kind} {name}", f"steps.{kind}({args})", one, 0)


_packages()
_python()
_twisted()
_build_tools()
_visual_studio()

#: What differs on purpose, by case: the parts that do.
DIFFERENT: dict[str, tuple[str, ...]] = {
    # The pattern without quotes finds the files; Buildbot's finds none.
    "RemovePYCs": ("commands",),
    # A summary that raises leaves Buildbot's step without an end.
    "PyFlakes undescribed": (),
    "Sphinx nothing": (),
    "Sphinx nothing, strict_warnings=True": (),
    # The details as they were told, without the words of Python's testtools.
    **{
        f"Subunit {kind}{name}": ("logs",)
        for kind in ("", "args ", "described ")
        for name in ("one", "fails", "error", "two errors", "brackets")
    },
    # Details that Buildbot cannot parse end the step with an exception there.
    **{
        f"Subunit {kind}{name}": ("results", "summary")
        for kind in ("", "args ", "described ")
        for name in ("skips",)
    },
    **{
        f"Subunit {kind}details": ("logs", "results", "summary")
        for kind in ("", "args ", "described ")
    },
    # Which step it was, instead of "exception" alone.
    **{f"MsBuild{version} no platform": ("summary",) for version in (141, 15, 16, 17)},
}
