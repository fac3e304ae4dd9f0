# SPDX-License-Identifier: MIT
"""A file of a repository that says how it is built: commands, and a matrix of environments."""

from __future__ import annotations

import ast
import importlib
import operator
import shlex
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from buildbot_cfg._errors import ConfigErrors
from buildbot_cfg.process._interpolate import Interpolate

SCRIPTS = (
    "before_install", "install", "after_install", "before_script", "script", "after_script",
)  # fmt: skip
#: Steps that work on the master's files or in its network: who sends a change must not have them.
_MASTERS_OWN = frozenset(
    "MasterShellCommand FileUpload DirectoryUpload MultipleFileUpload FileDownload "
    "HTTPStep DELETE GET HEAD OPTIONS POST PUT".split()
)


class BuildbotCiYmlInvalid(Exception):
    """The file is malformed; the text says where."""


class BuildbotCiYml:
    """What such a file says.

    Example:
        >>> said = BuildbotCiYml.load_from_dict({"script": ["make"], "env": {"global": "A=1"}})
        >>> said.script_commands["script"], said.global_env
        (['make'], {'A': '1'})
    """

    SCRIPTS = SCRIPTS

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.label_mapping: dict[str, str] = {}
        self.global_env: dict[str, str] = {}
        self.script_commands: dict[str, list[Any]] = {name: [] for name in SCRIPTS}
        self.matrix: list[dict[str, Any]] = []

    @classmethod
    def load_from_str(cls, config_input: str) -> BuildbotCiYml:
        """Reads the text of a file.

        Raises:
            BuildbotCiYmlInvalid: it is malformed.
        """
        yaml, loader = _yaml()
        try:
            said = yaml.load(config_input, Loader=loader)
        except BuildbotCiYmlInvalid:
            raise
        except (yaml.YAMLError, ConfigErrors, TypeError, ValueError, RecursionError) as error:
            raise BuildbotCiYmlInvalid(f"Invalid YAML data\n{error}") from error
        return cls.load_from_dict(said)

    @classmethod
    def load_from_dict(cls, config: Any) -> BuildbotCiYml:
        """Takes what was read over.

        Raises:
            BuildbotCiYmlInvalid: a part of it is not as it should be.
        """
        made = cls()
        made.config = _dict(config, "the file")
        made.label_mapping = _dict(config.get("label_mapping") or {}, "'label_mapping'")
        made.global_env = cls.load_global_env(config)
        made.script_commands = cls.load_scripts(config)
        made.matrix = cls.load_matrix(config, made.global_env)
        return made

    @classmethod
    def load_global_env(cls, config: dict[str, Any]) -> dict[str, str]:
        """The variables of all environments."""
        env = config.get("env")
        if env is None or isinstance(env, list):
            return {}
        if not isinstance(env, dict):
            raise BuildbotCiYmlInvalid("'env' parameter is invalid")
        lines = env.get("global")
        if isinstance(lines, str):
            lines = [lines]
        if not isinstance(lines, list):
            raise BuildbotCiYmlInvalid("'env.global' configuration parameter is invalid")
        found: dict[str, str] = {}
        for line in lines:
            found.update(parse_env_string(line))
        return found

    @classmethod
    def load_scripts(cls, config: dict[str, Any]) -> dict[str, list[Any]]:
        """The commands by section."""
        found = {}
        for name in SCRIPTS:
            commands = config.get(name, [])
            if isinstance(commands, str):
                commands = [commands]
            if not isinstance(commands, list):
                raise BuildbotCiYmlInvalid(f"'{name}' parameter is invalid")
            found[name] = commands
        return found

    @staticmethod
    def adjust_matrix_config(c: dict[str, Any], global_env: dict[str, str]) -> dict[str, Any]:
        """An entry with its whole environment."""
        own = parse_env_string(c["env"]) if "env" in c else {}
        return {**c, "env": {**global_env, **own}}

    @classmethod
    def load_matrix(
        cls, config: dict[str, Any], global_env: dict[str, str]
    ) -> list[dict[str, Any]]:
        """The entries of the matrix."""
        entries = _dict(config.get("matrix") or {}, "'matrix'").get("include") or []
        if not isinstance(entries, list):
            raise BuildbotCiYmlInvalid("'matrix.include' must be a list")
        return [
            cls.adjust_matrix_config(_dict(entry, "an entry of 'matrix.include'"), global_env)
            for entry in entries
        ]


def _dict(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BuildbotCiYmlInvalid(f"{what} must be a mapping, not {value!r}")
    return value


def parse_env_string(env_str: Any, parent_env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables that a text sets: ``NAME=value OTHER="two words"``.

    Raises:
        BuildbotCiYmlInvalid: it is malformed.
    """
    found = dict(parent_env or {})
    if not isinstance(env_str, str):
        raise BuildbotCiYmlInvalid(f"variables must be a text, not {env_str!r}")
    try:
        words = shlex.split(env_str)
    except ValueError as error:
        raise BuildbotCiYmlInvalid(f"Could not parse {env_str!r}: {error}") from error
    for word in words:
        name, sign, value = word.partition("=")
        if not sign:
            raise BuildbotCiYmlInvalid(f"Could not parse {env_str!r}: {word!r} has no value")
        found[name] = value
    return found


@cache
def _yaml() -> tuple[Any, Any]:
    """The module yaml, and a loader that knows steps and texts with properties."""
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as error:
        text = "the Python module 'yaml' is needed on the master: pip install PyYAML"
        raise BuildbotCiYmlInvalid(text) from error

    class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
        pass

    Loader.add_constructor("!i", _interpolated)
    Loader.add_constructor("!Interpolate", _interpolated)
    Loader.add_multi_constructor("!", _step)
    return yaml, Loader


def _interpolated(loader: Any, node: Any) -> Interpolate:
    text = loader.construct_scalar(node)
    if "(secret:" in text:
        raise BuildbotCiYmlInvalid(f"a file of the repository must not use secrets: {text!r}")
    return Interpolate(text)


def _step(loader: Any, name: str, node: Any) -> Any:
    from buildbot_cfg.plugins import steps

    if name in _MASTERS_OWN:
        text = f"{name} works on the master: a file of the repository must not use it"
        raise BuildbotCiYmlInvalid(text)
    made = steps.get(name) if name.isidentifier() else None
    if made is None:
        raise BuildbotCiYmlInvalid(
            f"Invalid YAML data\nthere is no step {name!r}\n{node.start_mark}"
        )
    return made(**loader.construct_mapping(node, deep=True))


# -- conditions ------------------------------------------------------------------------------

_COMPARING: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
_COMPUTING: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Div: operator.truediv,
}
_SIGNS: dict[type, Callable[[Any], Any]] = {ast.Not: operator.not_, ast.USub: operator.neg}


def evaluate_condition(condition: Any, local_dict: Mapping[str, Any]) -> bool:
    """Whether an expression of names, constants, comparisons, ``and``, ``or``, ``not`` holds.

    Args:
        condition: the expression.
        local_dict: the values of its names.

    Raises:
        ValueError: it has no value.

    Example:
        >>> evaluate_condition('os == "linux" and not fast', {"os": "linux", "fast": ""})
        True
    """
    try:
        tree = ast.parse(condition, "<condition>", "eval")
        return bool(_value(tree.body, local_dict))
    except (
        SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, RecursionError,
    ) as error:  # fmt: skip
        raise ValueError(f"condition {condition!r}: {error}") from error


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return node.value
        case ast.Name() if node.id in names:
            return names[node.id]
        case ast.Name():
            raise ValueError(f"name {node.id!r} is not defined")
        case ast.Tuple():
            return tuple(_value(part, names) for part in node.elts)
        case ast.BoolOp():
            return _joined(node, names)
        case ast.UnaryOp() if type(node.op) in _SIGNS:
            return _SIGNS[type(node.op)](_value(node.operand, names))
        case ast.BinOp() if type(node.op) in _COMPUTING:
            left, right = _value(node.left, names), _value(node.right, names)
            return _COMPUTING[type(node.op)](left, right)
        case ast.Compare():
            return _compared(node, names)
        case ast.IfExp():
            chosen = node.body if _value(node.test, names) else node.orelse
            return _value(chosen, names)
        case ast.Subscript():
            return _value(node.value, names)[_value(node.slice, names)]
    raise ValueError(f"conditions have no {type(node).__name__}")


def _joined(node: ast.BoolOp, names: Mapping[str, Any]) -> Any:
    is_and = isinstance(node.op, ast.And)
    value: Any = is_and
    for part in node.values:
        value = _value(part, names)
        if bool(value) is not is_and:
            break
    return value


def _compared(node: ast.Compare, names: Mapping[str, Any]) -> Any:
    left = _value(node.left, names)
    for sign, part in zip(node.ops, node.comparators, strict=True):
        right = _value(part, names)
        if not _COMPARING[type(sign)](left, right):
            return False
        left = right
    return True
