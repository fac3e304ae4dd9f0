# SPDX-License-Identifier: MIT
"""Files of a repository that say how it is built."""

import pytest
from buildbot.plugins import steps, util
from buildbot.steps.configurable import (
    BuildbotCiYml,
    BuildbotCiYmlInvalid,
    evaluate_condition,
    parse_env_string,
)

FILE = """\
env:
  global: [G=1, 'H="a b"']
matrix:
  include:
    - env: B=1 A='x y'
    - {env: A=1, extra: bar, count: 3}
    - env: G=9 LONG=LONG
    - {}
label_mapping: {LONG: L, bar: B, count: ''}
install: make all
script:
  - make test
  - !ShellCommand {command: [!i 'a%(prop:b)s', b]}
  - {title: t, cmd: c, condition: A == "1"}
"""


def test_a_file_is_read():
    said = BuildbotCiYml.load_from_str(FILE)
    assert said.global_env == {"G": "1", "H": "a b"}
    assert said.script_commands["install"] == ["make all"]
    assert said.script_commands["after_script"] == []
    text, step, mapping = said.script_commands["script"]
    assert (text, mapping["title"]) == ("make test", "t")
    assert repr(step) == "ShellCommand(command=[Interpolate('a%(prop:b)s'), 'b'])"
    assert said.matrix[1] == {"env": {"G": "1", "H": "a b", "A": "1"}, "extra": "bar", "count": 3}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "the file must be a mapping"),
        ("- a", "the file must be a mapping"),
        ("a: [", "Invalid YAML data"),
        ("script: 3", "'script' parameter is invalid"),
        ("install: true", "'install' parameter is invalid"),
        ("env: A=1", "'env' parameter is invalid"),
        ("env: {A: 1}", "'env.global' configuration parameter is invalid"),
        ("env: {global: ['A']}", "'A' has no value"),
        ("env: {global: [3]}", "must be a text"),
        ('env: {global: "A=\'"}', "Could not parse"),
        ("matrix: 3", "'matrix' must be a mapping"),
        ("matrix: {include: 3}", "'matrix.include' must be a list"),
        ("matrix: {include: [3]}", "an entry of 'matrix.include' must be a mapping"),
        ("matrix: {include: [{env: {A: 1}}]}", "must be a text"),
        ("label_mapping: 3", "'label_mapping' must be a mapping"),
        ("script: [!Nothing {}]", "there is no step 'Nothing'"),
        ("script: [!__class__ {}]", "there is no step"),
        ("script: [!ShellCommand x]", "expected a mapping"),
        ("script: [!ShellCommand {command: a, title: b}]", 'unknown argument "title"'),
        ("script: [!i 'x%(prop:']", "Invalid YAML data"),
        ("script: [!i [a]]", "expected a scalar"),
        ("script: [!i 'x%(secret:key)s']", "must not use secrets"),
        ("script: [!MasterShellCommand {command: x}]", "works on the master"),
        ("script: [!FileUpload {workersrc: x, masterdest: /etc/x}]", "works on the master"),
        ("script: [!!python/object/apply:os.system [x]]", "could not determine a constructor"),
        ("[" * 2000, "Invalid YAML data"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(text, what):
    with pytest.raises(BuildbotCiYmlInvalid, match=what):
        BuildbotCiYml.load_from_str(text)


def test_variables_of_a_text():
    assert parse_env_string("A=1 B='x y' C=\"$A\" A=2") == {"A": "2", "B": "x y", "C": "$A"}
    assert parse_env_string("", {"Z": "1"}) == {"Z": "1"}


NAMES = {"os": "linux", "fast": "", "number": 3}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("os", True),
        ("fast", False),
        ('os == "linux" and not fast', True),
        ("os != 'linux' or number > 2", True),
        ("1 < number <= 3", True),
        ("1 < number < 3", False),
        ("'nux' in os and 'x' not in os[0]", True),
        ("os is None", False),
        ("1 if fast else 0", False),
        ("number - 3", False),
        ("(0,)", True),
        ("fast and nothing", False),
    ],
)
def test_a_condition_holds(condition, holds):
    assert evaluate_condition(condition, NAMES) is holds


@pytest.mark.parametrize(
    "condition",
    [
        "", "os ==", "nothing", "len(os)", "os.upper", "[1]", "{1: 2}", "2 ** 9", "os * 9", "f'{os}'",
        "lambda: 1", "1 / 0", "os + 1", "os[9]", "__import__('os')", 3, None, "not " * 3000 + "1", "a\0",
    ],
)  # fmt: skip
def test_what_has_no_value_is_told(condition):
    with pytest.raises(ValueError, match="condition"):
        evaluate_condition(condition, NAMES)


def test_a_build_for_each_entry():
    step = util.BuildFactory([steps.BuildbotTestCiTrigger(scheduler="job")]).steps[0].buildStep()
    step.config = BuildbotCiYml.load_from_str(FILE)
    entries = step.getSchedulersAndProperties()
    assert {entry["sched_name"] for entry in entries} == {"job"}
    given = [entry["props_to_set"] for entry in entries]
    assert [props["virtual_builder_name"] for props in given] == [
        "A:x y B:1",
        ":3 A:1 extra:B",
        "L:L",
        "",
    ]
    assert given[0]["matrix_label"] == "A:x y/B:1"
    assert given[0]["virtual_builder_tags"] == ["A:x y", "B:1"]
    made = step.createTriggerProperties(given[2]).asDict()
    assert made["G"] == ("9", "BuildbotTestCiTrigger")
    assert made["BUILDBOT_PULL_REQUEST"][1] == "inherit"


def test_arguments_that_the_step_sets_itself_are_refused():
    with pytest.raises(TypeError, match="waitForFinish"):
        steps.BuildbotTestCiTrigger(scheduler="job", waitForFinish=False)
