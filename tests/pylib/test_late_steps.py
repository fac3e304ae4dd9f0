# SPDX-License-Identifier: MIT
"""Recipes like those that were right: their ``__init__`` runs when somebody looks at them."""

import copy

import pytest
from buildbot.plugins import steps, util
from buildbot.process import buildstep
from buildbot_cfg._errors import collected


@pytest.fixture
def problems():
    """What the file, which is loaded while the test runs, has wrong."""
    with collected() as (found, _):
        yield found


@pytest.fixture
def checked(monkeypatch):
    """Steps whose ``__init__`` runs from now on."""
    seen = []
    check = buildstep.BuildStep._check_types

    def noted(step, given):
        seen.append(step)
        return check(step, given)

    def begin():
        monkeypatch.setattr(buildstep.BuildStep, "_check_types", noted)
        return seen

    return begin


def compiles(count, **kwargs):
    return [steps.Compile(command=["make", str(n)], **kwargs) for n in range(count)]


def test_the_check_of_a_step_like_others_is_late(problems, checked):
    made = compiles(3, haltOnFailure=True)
    seen = checked()

    assert made[2].command == ["make", "2"]
    assert seen == [made[2]]
    assert made[2].haltOnFailure is True
    assert len(seen) == 1
    assert problems == []


def test_recipe_and_location_do_not_need_it(problems, checked):
    made = compiles(2)[1]
    seen = checked()

    assert made._recipe() == (steps.Compile, (), {"command": ["make", "1"]})
    assert made._location()[0] == __file__
    assert isinstance(made, buildstep.BuildStep)
    assert seen == []


def test_outside_of_a_load_steps_are_made_at_once(checked):
    compiles(3)
    seen = checked()

    assert compiles(1) == seen


@pytest.mark.parametrize(
    ("make", "right", "wrong"),
    [
        (steps.Compile, {"haltOnFailure": True}, {"haltOnFailure": "yes"}),
        (steps.ShellCommand, {"command": "a", "timeout": 5}, {"command": "a", "timeout": "5"}),
        (steps.ShellCommand, {"command": "a", "name": "b"}, {"command": "a", "name": "b" * 51}),
        (steps.ShellCommand, {"command": "a"}, {"commando": "a"}),
        (steps.Git, {"repourl": "a"}, {"repourl": ""}),
        (steps.Git, {"repourl": "a", "mode": "full"}, {"repourl": "a", "mode": "whole"}),
        (steps.Git, {"repourl": "a", "branch": "b"}, {"repourl": "a", "branch": 1}),
    ],
)
def test_what_is_wrong_is_told_each_time(make, right, wrong, problems):
    for _ in range(3):
        make(**right)
    assert problems == []

    make(**wrong)
    make(**right)
    make(**wrong)

    assert len({problem.line for problem in problems}) == 2


def test_a_class_that_changes_is_checked_anew(problems):
    class Mine(steps.ShellCommand):
        command = "true"

    for _ in range(3):
        Mine()
    Mine.haltOnFailure = "yes"
    del Mine._class_texts
    Mine()

    assert len(problems) == 1


def test_a_class_with_an_init_of_its_own_is_made_at_once(problems):
    made = []

    class Mine(steps.ShellCommand):
        def __init__(self, **kwargs):
            made.append(kwargs)
            super().__init__(**kwargs)

    for n in range(3):
        Mine(command=str(n))

    assert [kwargs["command"] for kwargs in made] == ["0", "1", "2"]


def test_a_late_step_cannot_be_changed(problems):
    made = compiles(2)[1]
    made.haltOnFailure = False

    assert '"haltOnFailure" cannot be set' in problems[0].what
    assert made.haltOnFailure is True


def test_arguments_of_a_late_step_can_be_replaced(problems):
    made = compiles(2)[1]
    made.set_step_arg("command", "other")

    assert made.running_copy().command == "other"
    assert problems == []


def test_copies_of_late_steps(problems):
    made = compiles(2)[1]

    assert copy.copy(made).command is made.command
    assert copy.deepcopy(compiles(2)[1]).command == ["make", "1"]
    assert compiles(2)[1] == made


def test_renderables_are_no_plain_values(problems):
    for value in (util.Property("a"), util.Interpolate("%(prop:b)s"), "c", ["d"]):
        for _ in range(2):
            assert steps.ShellCommand(command=value).command is value
    assert problems == []


def test_with_positional_arguments(problems):
    made = [steps.Git(f"https://example.org/{n}.git") for n in range(3)]

    assert [step.repourl[-5:] for step in made] == ["0.git", "1.git", "2.git"]
