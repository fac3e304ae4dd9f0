# SPDX-License-Identifier: MIT
"""Values that depend on the build (semantics 5)."""

import asyncio

import pytest
from buildbot.config import ConfigErrors
from buildbot.process.properties import (
    FlattenList,
    Interpolate,
    Properties,
    Property,
    Transform,
    WithProperties,
    renderer,
)

ZERO = Property("zero", defaultWhenFalse=False)


class Build:
    """What Interpolate asks of a build."""

    master = "the master"

    def getAllSourceStamps(self):
        return []

    def getWorkerInfo(self):
        return {"admin": "Ann"}


@pytest.fixture
def props():
    made = Properties()
    made.update({"a": "A", "empty": "", "zero": 0, "none": None, "list": [1, 2]}, "Test")
    made.setProperty("late", Interpolate("<%(prop:a)s>"), "Test")
    made.sourcestamps = [
        {"codebase": "", "branch": "main", "revision": None},
        {"codebase": "lib", "branch": "dev"},
    ]
    return made


def rendered(value, props):
    return asyncio.run(props.render(value))


INTERPOLATIONS = [
    ("plain", "plain"),
    ("100%%", "100%"),
    ("%(prop:a)s", "A"),
    ("%(prop:missing)s", ""),
    ("%(prop:none)s", ""),
    ("%(prop:zero)s", "0"),
    ("%(prop:list)s", "[1, 2]"),
    ("%(prop:late)s", "<A>"),
    ("%(prop:missing:-text)s", "text"),
    ("%(prop:empty:-text)s", ""),
    ("%(prop:none:-text)s", ""),
    ("%(prop:a:-text)s", "A"),
    ("%(prop:missing:~text)s", "text"),
    ("%(prop:empty:~text)s", "text"),
    ("%(prop:zero:~text)s", "text"),
    ("%(prop:none:~text)s", "text"),
    ("%(prop:a:~text)s", "A"),
    ("%(prop:a:+text)s", "text"),
    ("%(prop:empty:+text)s", "text"),
    ("%(prop:missing:+text)s", ""),
    ("%(prop:a:?:yes:no)s", "yes"),
    ("%(prop:empty:?|yes|no)s", "yes"),
    ("%(prop:missing:?|yes|no)s", "no"),
    ("%(prop:empty:#?|yes|no)s", "no"),
    ("%(prop:a:#?|yes|no)s", "yes"),
    ("%(prop:missing:#?|yes|no)s", "no"),
    ("%(prop:missing:-%(prop:a)s)s", "A"),
    ("%(prop:a:?|%(prop:missing:-deep)s|no)s", "deep"),
    ("%(src::branch)s", "main"),
    ("%(src::revision:-tip)s", ""),
    ("%(src::revision:~tip)s", "tip"),
    ("%(src:lib:branch)s", "dev"),
    ("%(src:none:branch:-no)s", "no"),
    ("%(kw:k)s-%(kw:late)s", "K-A"),
    ("%(kw:missing)s", ""),
]


@pytest.mark.parametrize(("fmt", "text"), INTERPOLATIONS)
def test_an_interpolation_becomes_text(props, fmt, text):
    assert rendered(Interpolate(fmt, k="K", late=Property("a")), props) == text


MALFORMED = [
    "%(prop:a)d",
    "%(a)s",
    "%(prp:a)s",
    "%(src:a)s",
    "%(prop:a b)s",
    "%(prop:a:?|yes)s",
    "%(prop:a:!x)s",
    "%(prop:a",
]


@pytest.mark.parametrize("fmt", MALFORMED)
def test_a_malformed_interpolation_is_an_error_when_it_is_made(fmt):
    with pytest.raises(ConfigErrors):
        Interpolate(fmt, k=1)


def test_positional_arguments_are_rendered(props):
    assert rendered(Interpolate("%s %s %s", "x", Property("a"), None), props) == "x A None"


def test_positional_and_keyword_arguments_exclude_each_other():
    with pytest.raises(ConfigErrors, match="not both"):
        Interpolate("%s", "x", y=1)


def test_worker_information_comes_from_the_build(props):
    props.build = Build()

    assert rendered(Interpolate("%(worker:admin)s%(worker:nosuch:-?)s"), props) == "Ann?"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Property("a"), "A"),
        (Property("missing"), None),
        (Property("missing", "d"), "d"),
        (Property("empty", "d"), "d"),
        (Property("zero", default=Property("a")), "A"),
        (Property("empty", "d", defaultWhenFalse=False), ""),
        (Property("late"), "<A>"),
        ([Property("a"), ("x", Property("a"))], ["A", ("x", "A")]),
        ({Transform(str, Property("a")): Property("zero", 7)}, {"A": 7}),
        (FlattenList([["a", [Property("a")]], ("b", "c")]), ["a", "A", "b", "c"]),
        (FlattenList([1]) + [[2]], [1, 2]),
        (Transform(lambda a, b=1: f"{a}{b}", Property("a"), b=ZERO), "A0"),
        (Property("a") + "!", "A!"),
        (Property("a") == "A", True),
        (Property("a") != "A", False),
        (ZERO < 1, True),
        (ZERO - 1, -1),
        (Property("a") * 2, "AA"),
        (Property("list").in_([[1, 2]]), True),
        (Interpolate("%(prop:a)s") == Property("a"), True),
        (WithProperties("%s-%s", "a", "none"), "A-"),
        (
            WithProperties(
                "%(a)s %(missing:-d)s %(empty:~e)s %(a:+p)s %(x)s", x=lambda p: p["a"] * 2
            ),
            "A d e p AA",
        ),
    ],
    ids=repr,
)
def test_a_renderable_has_a_value(props, value, expected):
    assert rendered(value, props) == expected


def test_a_renderer_may_be_async_take_arguments_and_give_a_renderable(props):
    @renderer
    async def late(props, one, two=None):
        await asyncio.sleep(0)
        return [Property("a"), one, two, props.getProperty("zero")]

    assert rendered(late.withArgs(Property("empty"), two=2), props) == ["A", None, 2, 0]


def test_interpolate_of_a_renderable_is_its_value(props):
    assert rendered(Interpolate(Interpolate("%(prop:a)s!")), props) == "A!"
    assert rendered(Interpolate(Property("list")), props) == [1, 2]
    assert repr(Interpolate(Property("a"))) == "Interpolate(Property(a))"
    with pytest.raises(ConfigErrors, match="no further arguments"):
        Interpolate(Property("a"), "b")


def test_a_renderer_is_no_function():
    @renderer
    def late(props):
        return 1

    assert not callable(late)
    with pytest.raises(TypeError, match="'_Renderer' object is not callable"):
        late()


def test_renderables_cannot_be_hashed_and_their_comparisons_are_true():
    assert bool(Property("a") == Property("b"))
    with pytest.raises(TypeError):
        hash(Property("a"))


def test_properties_remember_sources_and_what_was_set_at_run_time(props):
    props.setProperty("r", 1, "Step", runtime=True)
    other = Properties()
    other.updateFromPropertiesNoRuntime(props)

    assert props.getPropertySource("r") == "Step"
    assert "r" in props
    assert "r" not in other
    assert other["a"] == "A"
    assert ("a", "A", "Test") in props.asList()
    assert Properties.fromDict(props.asDict()) == props


@pytest.mark.parametrize("value", [object(), {1, 2}, b"x"], ids=["object", "set", "bytes"])
def test_a_property_must_be_plain_data_or_a_renderable(props, value):
    with pytest.raises(TypeError, match='property "x" must be plain data'):
        props.setProperty("x", value, "Test")


def test_used_secrets_are_replaced_longest_first():
    props = Properties()
    props.useSecret("abc", "short")
    props.useSecret("abcdef", "long")
    props.useSecret("  ", "blank")

    assert props.cleanupTextFromSecrets("abcdef abc  ") == "<long> <short>  "
