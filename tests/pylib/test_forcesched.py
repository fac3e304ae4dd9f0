# SPDX-License-Identifier: MIT
"""Force forms: what the browser gets, and what an answer becomes (semantics 8)."""

import asyncio
import json
from pathlib import Path

import pytest
from buildbot.config import ConfigErrors
from buildbot.plugins import schedulers, util
from buildbot.schedulers.forcesched import CollectedValidationError, ValidationError
from buildbot_cfg import _policy

RECORDED = Path(__file__).parents[1] / "data" / "rest"
SOURCE = "Force Build Form"


def full_form():
    return schedulers.ForceScheduler(
        name="force",
        label="Force it",
        buttonName="Start!",
        builderNames=["main", "child", "slow", "mp", "boom", "idle"],
        reason=util.StringParameter(
            name="reason", label="Why:", default="because", size=80, required=True
        ),
        username=util.UserNameParameter(label="your name:", size=40),
        priority=util.IntParameter(name="priority", label="prio", default=5),
        codebases=[
            util.CodebaseParameter(
                "",
                label="Main repo",
                branch=util.ChoiceStringParameter(
                    name="branch", choices=["main", "devel"], default="main"
                ),
                revision=util.StringParameter(name="revision", default=""),
                repository=util.FixedParameter(name="repository", default="file:///repo"),
                project=util.FixedParameter(name="project", default="proj-a"),
            )
        ],
        properties=[
            util.StringParameter(
                name="p_str", label="String", default="dflt", tooltip="a tip", maxsize=100
            ),
            util.TextParameter(name="p_text", label="Text", default="l1\nl2", cols=60, rows=3),
            util.IntParameter(name="p_int", label="Int", default=7),
            util.BooleanParameter(name="p_bool", label="Bool", default=True),
            util.FixedParameter(name="p_fixed", default="fx"),
            util.ChoiceStringParameter(
                name="p_choice", label="Choice", choices=["x", "y", "z"], default="y", strict=True
            ),
            util.ChoiceStringParameter(
                name="p_multi",
                label="Multi",
                choices=["m1", "m2", "m3"],
                default=["m1"],
                multiple=True,
            ),
            util.NestedParameter(
                name="nest",
                label="Nested",
                layout="tabs",
                columns=1,
                fields=[
                    util.IntParameter(name="n_int", label="n int", default=1),
                    util.WorkerChoiceParameter(name="workername"),
                ],
            ),
            util.AnyPropertyParameter(name="anyp"),
            util.FileParameter(name="p_file", label="File", maxsize=1000),
            util.StringParameter(name="hidden_p", default="h", hide=True),
        ],
    )


FORMS = {
    "force": full_form,
    "force_plain": lambda: schedulers.ForceScheduler(
        name="force-plain", builderNames=["child", "idle"]
    ),
    "force_inherit": lambda: schedulers.ForceScheduler(
        name="force-inherit",
        builderNames=["idle"],
        properties=[util.InheritBuildParameter(name="inherit", compatible_builds=lambda *a: [])],
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_form_is_that_of_a_recorded_master(name):
    (recorded,) = json.loads((RECORDED / f"forceschedulers_{name}.json").read_text())[
        "forceschedulers"
    ]
    form = FORMS[name]()

    assert (
        json.loads(json.dumps([field.getSpec() for field in form.all_fields]))
        == recorded["all_fields"]
    )
    assert (form.buttonName, form.title) == (recorded["button_name"], recorded["label"])


def order(form, owner="user", builders=(), **params):
    return asyncio.run(_policy.parse_force(form, owner, list(builders), params))


def test_a_filled_in_form_becomes_an_order():
    got = order(
        full_form(), builders=["main"], reason="forced by test", username="Golden <g@x.org>", priority="3",
        branch="devel", revision="abc123", p_str="héllo", p_text="t1\nt2", p_int="42", p_bool=True,
        p_choice="z", p_multi=["m2", "m3"], nest_n_int="9", nest_workername="w-pb", anyp_name="extra",
        anyp_value="v1", p_file="file content",
    )  # fmt: skip

    assert got["builder_names"] == ["main"]
    assert got["reason"] == "A build was forced by 'user': forced by test"
    assert got["priority"] == 3
    assert got["sourcestamps"] == [
        {"codebase": "", "branch": "devel", "revision": "abc123", "repository": "file:///repo",
         "project": "proj-a", "patch": None}
    ]  # fmt: skip
    assert {source for _, source in got["properties"].values()} == {SOURCE}
    assert {name: value for name, (value, _) in got["properties"].items()} == {
        "p_str": "héllo", "p_text": "t1\nt2", "p_int": 42, "p_bool": True, "p_fixed": "fx", "p_choice": "z",
        "p_multi": ["m2", "m3"], "nest": {"n_int": 9, "workername": "w-pb"}, "extra": "v1",
        "p_file": "file content", "hidden_p": "h", "reason": "forced by test", "owner": "user",
    }  # fmt: skip


def test_an_empty_form_gives_the_defaults():
    got = order(FORMS["force_plain"](), owner="anonymous", username="Joe <j@x.org>")

    assert got["builder_names"] == ["child", "idle"]
    assert got["reason"] == "A build was forced by 'Joe <j@x.org>': force build"
    assert got["properties"] == {
        "reason": ("force build", SOURCE),
        "owner": ("Joe <j@x.org>", SOURCE),
    }
    assert got["sourcestamps"] == [
        {
            "codebase": "",
            "branch": "",
            "revision": "",
            "repository": "",
            "project": "",
            "patch": None,
        }
    ]


def test_all_bad_answers_come_at_once():
    with pytest.raises(CollectedValidationError) as raised:
        order(full_form(), builders=["nosuch"], p_int="notint", p_choice="nope")

    assert raised.value.errors == {
        "builderNames": 'the form has no builder "nosuch"',
        "reason": "'Why:' needs to be specified",
        "p_int": "invalid literal for int() with base 10: 'notint'",
        "p_choice": "'nope' does not belong to list of available choices '['x', 'y', 'z']'",
    }


def test_errors_in_groups_carry_full_names():
    form = schedulers.ForceScheduler(
        name="f",
        builderNames=["a"],
        codebases=[
            "x",
            util.CodebaseParameter("y", branch=util.StringParameter("branch", required=True)),
        ],
        properties=[util.NestedParameter("n", fields=[util.IntParameter("i")])],
    )

    with pytest.raises(CollectedValidationError) as raised:
        order(form, n_i="z")

    assert raised.value.errors == {
        "n_i": "invalid literal for int() with base 10: 'z'",
        "y_branch": "'branch' needs to be specified",
    }


def test_a_patch_goes_into_the_source_stamp():
    form = schedulers.ForceScheduler(
        name="f",
        builderNames=["a"],
        codebases=[util.CodebaseParameter("", patch=util.PatchParameter())],
    )

    assert order(form, patch_body="diff")["sourcestamps"][0]["patch"] == {
        "body": "diff", "level": 1, "author": "", "comment": "", "subdir": ".",
    }  # fmt: skip
    assert order(form)["sourcestamps"][0]["patch"] is None


S, I, B = util.StringParameter, util.IntParameter, util.BooleanParameter
MAIL = "p: please fill in email address in the form 'User <email@email.com>'"
VALUES = [
    (S("p", default="d"), {}, "d"),
    (S("p", default="d"), {"p": ["  "]}, "d"),
    (S("p"), {"p": ["a", "b"]}, "a"),
    (S("p"), {"p": "x"}, "x"),
    (S("p", multiple=True, default=["q"]), {}, ["q"]),
    (S("p", multiple=True), {"p": ["a", "b"]}, ["a", "b"]),
    (S("p", required=True, label="Lab"), {}, ValidationError("'Lab' needs to be specified")),
    (
        S("p", regex="^x+$", label="Lab"),
        {"p": "a"},
        ValidationError("Lab:'a' does not match pattern '^x+$'"),
    ),
    (S("p", maxsize=1, label="Lab"), {"p": "ab"}, ValidationError("Lab: is too large 2 > 1")),
    (S("p", default=None), {}, ValidationError("need p: no default provided by config")),
    (I("p"), {"p": ["-4"]}, -4),
    (B("p", default=True), {}, True),
    (B("p"), {"p": [True]}, True),
    (B("p", default=True), {"p": [False]}, False),
    (B("p", default=True), {"p": ["true"]}, False),
    (util.FixedParameter("p", default="f"), {"p": ["x"]}, "f"),
    (util.UserNameParameter("p"), {}, ""),
    (util.UserNameParameter("p"), {"p": "Joe <j@x.org>"}, "Joe <j@x.org>"),
    (util.UserNameParameter("p"), {"p": "joe"}, ValidationError(MAIL)),
    (util.UserNameParameter("p", need_email=False), {"p": "joe"}, "joe"),
    (util.ChoiceStringParameter("p", choices=["x"], strict=False), {"p": "y"}, "y"),
]


@pytest.mark.parametrize(("field", "answers", "expected"), VALUES)
def test_a_field_makes_a_value_of_an_answer(field, answers, expected):
    if isinstance(expected, ValidationError):
        with pytest.raises(ValidationError) as raised:
            field.getFromKwargs(answers)
        assert str(raised.value) == str(expected)
    else:
        assert field.getFromKwargs(answers) == expected


def test_a_worker_that_does_not_matter_sets_no_property():
    form = schedulers.ForceScheduler(
        name="f", builderNames=["a"], properties=[util.WorkerChoiceParameter()]
    )

    assert "workername" not in order(form, workername="-any-")["properties"]
    assert order(form, workername="w1")["properties"]["workername"] == ("w1", SOURCE)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": "a b"}, 'must consist of letters, digits, "-" and "_"'),
        ({"builderNames": "x"}, '"builderNames" must be a list of strings'),
        ({"codebases": []}, '"codebases" must not be empty'),
        ({"codebases": {"a": 1}}, '"codebases" must be a list of strings or CodebaseParameters'),
        ({"properties": [3]}, '"properties" must hold parameters'),
        ({"reason": "x"}, '"reason" must be a StringParameter'),
        ({"priority": 3}, '"priority" must be a IntParameter'),
        (
            {"reasonString": "%(ownr)s"},
            r'unknown key "%\(ownr\)s" in "reasonString" \(did you mean "owner"\?\)',
        ),
        ({"foo": 1}, 'unknown argument "foo"'),
    ],
)
def test_a_bad_form_is_a_configuration_error(given, what):
    with pytest.raises(ConfigErrors, match=what):
        schedulers.ForceScheduler(**{"name": "f", "builderNames": ["a"], **given})
