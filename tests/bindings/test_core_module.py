# SPDX-License-Identifier: MIT
"""Run inside the product's interpreter: `kilnbot python -m pytest tests/bindings`."""

import copy
import gc
import signal
import subprocess
import sys
import weakref

import pytest

_core = pytest.importorskip("buildbot_cfg._core", reason="only exists inside kilnbot")

BASES = [_core.StepBase, _core.BuilderBase, _core.SchedulerBase, _core.WorkerBase]


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.__name__)
def test_a_recorded_base_remembers_class_and_arguments(base):
    class Mine(base):
        def __init__(self, first, **kwargs):
            super().__init__()
            kwargs["later"] = "not recorded"

    mine = Mine([1], key="value")

    assert mine._recipe() == (Mine, ([1],), {"key": "value"})


def test_the_recipe_makes_an_equal_step_with_the_same_argument_objects():
    class Mine(_core.StepBase):
        def __init__(self, command):
            self.command = command

    command = ["make"]
    cls, args, kwargs = Mine(command)._recipe()

    assert cls(*args, **kwargs).command is command


def test_the_location_is_the_line_of_the_user_who_made_it():
    class Mine(_core.StepBase):
        pass

    code = compile("\n\nmade = Mine()", "/home/u/master.cfg", "exec")
    scope = {"Mine": Mine, "__name__": "user"}
    exec(code, scope)

    assert scope["made"]._location() == ("/home/u/master.cfg", 3)


def test_frames_of_the_package_are_not_the_users():
    class Mine(_core.StepBase):
        pass

    inner = {"Mine": Mine, "__name__": "buildbot_cfg.process.factory"}
    exec(compile("def make(): return Mine()", "factory.py", "exec"), inner)
    outer = {"make": inner["make"], "__name__": "buildbot_cfg_of_mine"}
    exec(compile("made = make()", "mine.py", "exec"), outer)

    assert outer["made"]._location() == ("mine.py", 1)


def test_a_class_attribute_of_a_user_hides_nothing():
    class Mine(_core.StepBase):
        name = "x"
        args = "y"
        kwargs = file = line = None

    assert Mine(1)._recipe() == (Mine, (1,), {})


def test_recorded_objects_in_a_cycle_are_collected():
    class Mine(_core.StepBase):
        pass

    holder = []
    mine = Mine(holder)
    holder.append(mine)
    watcher = weakref.ref(mine)
    del mine, holder
    gc.collect()

    assert watcher() is None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy], ids=["copy", "deepcopy"])
def test_a_copy_is_the_same_recipe_from_the_same_place_with_the_same_state(copied):
    class Mixin:
        def speak(self):
            return self.word

    class Mine(Mixin, _core.StepBase):
        pass

    mine = Mine(["make"], a=2)
    mine.word = "hello"
    twin = copied(mine)

    assert twin is not mine
    assert twin.speak() == "hello"
    assert twin._recipe() == (Mine, (["make"],), {"a": 2})
    assert twin._location() == mine._location()


def test_only_recorded_classes_are_remade():
    with pytest.raises(TypeError, match="does not record"):
        _core._remade(str, (), {}, None, 0, False)


def test_a_sealed_step_refuses_changes():
    refused = []

    class Mine(_core.StepBase):
        def _refuse_change(self, name):
            refused.append(name)

    step = Mine()
    step.word = "make"
    step._sealed = True
    step.word = "test"
    copied = copy.copy(step)
    copied.word = "test"
    assert (step.word, copied.word, refused) == ("make", "make", ["word", "word"])

    step._sealed = False
    step.word = "test"
    assert step.word == "test"


def test_what_a_sealed_step_raises_reaches_who_changes_it():
    class Mine(_core.StepBase):
        def _refuse_change(self, name):
            raise RuntimeError(name)

    step = Mine()
    step._sealed = True
    with pytest.raises(RuntimeError, match="word"):
        step.word = "test"


class Lookup:
    def __init__(self, **values):
        self.values = values

    def property(self, name):
        return self.values[name]

    def keyword(self, name):
        return self.values["kw_" + name]

    def source(self, codebase, attribute):
        return f"{attribute}@{codebase}"

    def worker(self, name):
        raise LookupError(name)

    def secret(self, name):
        return "s3cret"


@pytest.mark.parametrize(
    ("fmt", "values", "expected"),
    [
        ("plain", {}, "plain"),
        ("%(prop:a)s-%(kw:b)s", {"a": 1, "kw_b": "é"}, "1-é"),
        ("%(src:lib:revision)s", {}, "revision@lib"),
        ("%(secret:pw)s", {}, "s3cret"),
        ("%(worker:os:-none)s", {}, "none"),
        ("%(prop:a:-default)s", {}, "default"),
        ("%(prop:a)s", {"a": (1, "x")}, "(1, 'x')"),
        ("%(prop:a)s", {"a": 2**70}, str(2**70)),
        ("%(prop:a:~empty)s", {"a": []}, "empty"),
    ],
    ids=str,
)
def test_an_interpolation_asks_the_lookup(fmt, values, expected):
    assert _core.Interpolation(fmt).evaluate(Lookup(**values)) == expected


def test_an_interpolation_tells_what_it_refers_to():
    interpolation = _core.Interpolation("ab%(prop:one)s%(kw:two)s%(prop:three)s")

    assert interpolation.property_names == ["one", "three"]
    assert interpolation.keyword_names == ["two"]
    assert interpolation.shortest_length == 2


def test_a_wrong_format_is_a_value_error_that_says_why():
    with pytest.raises(ValueError, match="nonsense"):
        _core.Interpolation("%(nonsense:x)s")


def test_what_a_lookup_raises_comes_through_unchanged():
    class Broken(Lookup):
        def property(self, name):
            raise ZeroDivisionError(name)

    with pytest.raises(ZeroDivisionError, match="mine"):
        _core.Interpolation("%(prop:mine)s").evaluate(Broken())


def test_there_is_no_master_outside_a_running_one():
    assert _core.master is None


def test_the_log_refuses_a_level_it_does_not_know():
    with pytest.raises(ValueError, match="loud"):
        _core.log("loud", "text")


def test_awaitables_come_from_the_master_only():
    with pytest.raises(TypeError):
        _core.Awaitable()


def test_the_interpreter_is_set_up_for_the_master():
    assert sys.getswitchinterval() == pytest.approx(0.001)
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    assert sys.prefix != sys.base_prefix  # the environment's packages are seen


def test_the_module_is_part_of_its_package():
    import buildbot_cfg

    assert buildbot_cfg._core is _core
    assert sys.modules["buildbot_cfg._core"] is _core


def test_a_broken_pipe_is_an_error_not_the_end():
    child = subprocess.Popen(["true"], stdin=subprocess.PIPE, bufsize=0)
    child.wait()
    with pytest.raises(BrokenPipeError):
        child.stdin.write(b"x")
    child.stdin.close()
