# SPDX-License-Identifier: MIT
"""Secrets: providers, renderables, and what a step tells the engine of them."""

import asyncio

import pytest
from buildbot.plugins import secrets, steps, util
from buildbot.process.results import SUCCESS
from buildbot.secrets.providers.base import SecretProviderBase
from buildbot_cfg import _policy, _services
from buildbot_cfg._errors import ConfigErrors
from buildbot_cfg._master import MASTER
from buildbot_cfg._native import NativeShells


class Table(SecretProviderBase):
    """Secrets of a dict."""

    def reconfigService(self, values):
        self.values = values
        self.asked = []

    async def get(self, entry):
        self.asked.append(entry)
        return self.values.get(entry)


@pytest.fixture
def table(run):
    """The running master's only provider."""
    provider = Table({"key": "hush-hush", "blank": "  ", "multi": "a\nb"})
    run(MASTER.secrets.configure([provider]))
    yield provider
    run(MASTER.secrets.configure([]))


def secret_file(folder, name, text, mode=0o600):
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path


def provider_of(run, **kwargs):
    provider = secrets.SecretInAFile(**kwargs)
    run(provider.configure())
    return provider


def test_files_are_secrets_without_the_line_end(tmp_path, run):
    secret_file(tmp_path, "key", "hush\n")
    secret_file(tmp_path, "spaced", " x \n")

    provider = provider_of(run, dirname=str(tmp_path))

    assert provider.get("key") == "hush"
    assert provider.get("spaced") == " x "
    assert provider.get("missing") is None
    assert provider_of(run, dirname=str(tmp_path), strip=False).get("key") == "hush\n"


def test_suffixes_choose_the_files_and_are_no_part_of_names(tmp_path, run):
    secret_file(tmp_path, "a.txt", "of txt")
    secret_file(tmp_path, "a.key", "of key")
    secret_file(tmp_path, "other", "x")

    provider = provider_of(run, dirname=str(tmp_path), suffixes=[".key", ".txt"])

    assert provider.get("a") == "of key"
    assert provider.get("other") is None


def test_files_that_others_may_read_are_an_error(tmp_path):
    secret_file(tmp_path, "key", "hush", mode=0o644)

    with pytest.raises(
        ConfigErrors, match=r"others have access to the secret file .*key.*chmod 600"
    ):
        secrets.SecretInAFile(dirname=str(tmp_path))


def test_a_missing_directory_is_an_error(tmp_path):
    with pytest.raises(ConfigErrors, match="does not exist"):
        secrets.SecretInAFile(dirname=str(tmp_path / "no"))


def test_only_providers_may_be_configured(load):
    result = load("c = BuildmasterConfig = {'secretsProviders': ['x']}\n")

    assert any("must hold secret providers" in what for *_, what in result.problems)


def test_providers_are_asked_in_order(run, table):
    first = Table({"key": "from the first"})
    run(MASTER.secrets.configure([first, table]))

    found = run(_get("key"))

    assert (found.value, found.key, found.source) == ("from the first", "key", "Table")
    assert run(_get("multi")).value == "a\nb"
    assert run(_get("no")) is None
    assert "a\nb" not in repr(run(_get("multi")))


async def _get(name):
    return await MASTER.secrets.get(name)


def test_activation_reads_the_files_again(tmp_path, run, good):
    path = secret_file(tmp_path, "key", "old")
    config = good(
        f"""
        from buildbot.plugins import *
        c = BuildmasterConfig = {{"protocols": {{"pb": {{"port": 1}}}}}}
        c["workers"] = [worker.Worker("w1", "p")]
        c["schedulers"] = [schedulers.ForceScheduler(name="f", builderNames=["b"])]
        c["builders"] = [util.BuilderConfig(name="b", workername="w1", factory=util.BuildFactory())]
        c["secretsProviders"] = [secrets.SecretInAFile(dirname={str(path.parent)!r}, suffixes=["key"])]
        """
    )
    run(_services.activate(config))
    assert run(_get("")).value == "old"
    path.write_text("new")
    run(_services.activate(config))
    assert run(_get("")).value == "new"
    run(MASTER.secrets.configure([]))


def test_a_provider_that_fails_is_told_and_the_others_are_used(run):
    class Broken(SecretProviderBase):
        def reconfigService(self):
            raise OSError("no such vault")

    good_one = Table({"key": "value"})

    failed = run(MASTER.secrets.configure([Broken(), good_one]))

    assert [(type(provider).__name__, str(error)) for provider, error in failed] == [
        ("Broken", "no such vault")
    ]
    assert run(_get("key")).value == "value"
    run(MASTER.secrets.configure([]))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (util.Secret("key"), "hush-hush"),
        (util.Interpolate("-%(secret:key)s-"), "-hush-hush-"),
        (util.Interpolate("%(secret:key:+yes)s%(secret:multi:#?|t|f)s"), "yest"),
        (util.Interpolate("%(kw:a)s", a=util.Secret("key")), "hush-hush"),
        (util.Interpolate("%s", util.Secret("key")), "hush-hush"),
        (util.Interpolate("%(prop:branch:+%(secret:key)s)s"), "hush-hush"),
    ],
)
def test_a_step_gets_the_value_and_tells_the_engine(table, step_run, value, shown):
    _, handle, end = step_run(steps.SetProperty(property="p", value=value))

    assert end["results"] == SUCCESS
    assert handle.properties["p"][0] == shown
    assert handle.secrets["key"] == "hush-hush"


def test_only_secrets_that_the_text_uses_are_asked_for(table, step_run):
    text = util.Interpolate("%(prop:nothing:+%(secret:key)s)sx")

    _, handle, _ = step_run(steps.SetProperty(property="p", value=text))

    assert handle.properties["p"][0] == "x"
    assert table.asked == []
    assert handle.secrets == {}


def test_a_blank_secret_hides_nothing(table, step_run):
    _, handle, end = step_run(steps.SetProperty(property="p", value=util.Secret("blank")))

    assert end["results"] == SUCCESS
    assert handle.secrets == {}


@pytest.mark.parametrize(
    "value",
    [
        util.Secret("nosuch"),
        util.Interpolate("%(secret:nosuch)s"),
        util.Interpolate("%(secret:nosuch:-default)s"),
    ],
)
def test_a_secret_that_nobody_has_is_an_exception(table, step_run, value):
    _, _, end = step_run(steps.SetProperty(property="p", value=value))

    assert "secret key nosuch is not found in any provider" in end["error"]


def test_summaries_show_the_name(table, step_run):
    step = steps.SetProperty(property="p", value=1, descriptionDone=util.Secret("key"))

    _, _, end = step_run(step)

    assert end["step"] == "<key>"


def test_steps_with_secrets_are_run_by_python():
    shells = NativeShells()
    for command in (["echo", util.Secret("key")], util.Interpolate("echo %(secret:key)s")):
        assert shells.fields(steps.ShellCommand(command=command)) is None
    plain = util.Interpolate("echo %(prop:x)s")
    assert shells.fields(steps.ShellCommand(command=plain)) is not None


def test_secrets_in_files_of_the_worker(table, step_run):
    factory = util.BuildFactory()
    with factory.withSecrets([("/tmp/key", util.Secret("key"))]):
        factory.addStep(steps.ShellCommand(command="true"))
    factory.addSteps([steps.ShellCommand(command="true")], withSecrets=[("b", "text")])

    assert [type(step).__name__ for step in factory.steps] == [
        "DownloadSecretsToWorker", "ShellCommand", "RemoveWorkerFileSecret",
        "DownloadSecretsToWorker", "ShellCommand", "RemoveWorkerFileSecret",
    ]  # fmt: skip
    _, handle, end = step_run(factory.steps[3])
    assert end["results"] == SUCCESS
    assert handle.transfers == [{"kind": "download_text", "data": b"text"}]
    assert handle.commands[0][1]["mode"] == 0o600
    written = handle.root / "build" / "b"
    assert (written.read_text(), written.stat().st_mode & 0o777) == ("text", 0o600)
    _, handle, end = step_run(factory.steps[5])
    assert end["results"] == SUCCESS
    assert not written.exists()


def test_wrong_pairs_are_an_error():
    with pytest.raises(ConfigErrors, match="pairs of a path and a secret"):
        util.BuildFactory().addSteps([], withSecrets=["x"])


SECRET_CONFIG = """
from buildbot.plugins import *
from buildbot.secrets.providers.base import SecretProviderBase
class Vault(SecretProviderBase):
    async def get(self, entry):
        await asyncio.sleep(0)
        if entry == "sealed":
            raise OSError("the vault is sealed")
        return {"pw": "pw1", "ann": "hush", "db": "sqlite:///other.sqlite"}.get(entry)
import asyncio
c = BuildmasterConfig = {}
c["secretsProviders"] = [Vault()]
c["db"] = {"db_url": util.Secret("db")}
c["protocols"] = {"pb": {"port": 9989}}
c["workers"] = [
    worker.Worker("w1", util.Secret("pw")),
    worker.Worker("w2", util.Interpolate("%(secret:pw)s-2")),
    worker.Worker("w3", "plain"),
]
c["www"] = {"auth": util.UserPasswordAuth({"ann": util.Secret("ann"), "bob": "b"})}
c["builders"] = [util.BuilderConfig(name="b", workername="w1", factory=util.BuildFactory())]
c["schedulers"] = [schedulers.ForceScheduler(name="force", builderNames=["b"])]
"""


def load_to_use(folder, text, running=False):
    path = folder / "master.cfg"
    path.write_text(text)
    loop = asyncio.new_event_loop()
    try:
        if not running:
            return _policy.load_to_use(str(path), str(folder), loop)
        return loop.run_until_complete(
            asyncio.wait_for(
                asyncio.to_thread(_policy.load_to_use, str(path), str(folder), loop),
                60,
            )
        )
    finally:
        loop.close()


@pytest.mark.parametrize("running", [False, True], ids=["at the start", "while the master runs"])
def test_passwords_and_the_database_may_be_secrets(tmp_path, running):
    result = load_to_use(tmp_path, SECRET_CONFIG, running)

    assert result.problems == []
    view = result.config
    assert {w.name: w.password for w in view.workers} == {"w1": "pw1", "w2": "pw1-2", "w3": "plain"}
    assert view.www["auth"]["passwords"] == {"ann": "hush", "bob": "b"}
    assert view.db_url == "sqlite:///other.sqlite"


def test_a_configuration_that_is_only_looked_at_asks_no_provider(good):
    view = good(SECRET_CONFIG.replace("await asyncio.sleep(0)", "raise AssertionError"))

    assert {w.name: w.password for w in view.workers} == {"w1": "", "w2": "", "w3": "plain"}
    assert view.www["auth"]["passwords"] == {"bob": "b"}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("nosuch", "secret key nosuch is not found in any provider"),
        ("sealed", "OSError: the vault is sealed"),
    ],
)
def test_passwords_whose_secret_cannot_be_had_are_told(tmp_path, name, what):
    text = SECRET_CONFIG.replace('"w1", util.Secret("pw")', f'"w1", util.Secret("{name}")')
    line = 1 + text[: text.index(f'Secret("{name}")')].count("\n")

    result = load_to_use(tmp_path, text)

    assert result.config is None
    assert result.problems == [(str(tmp_path / "master.cfg"), line, 'worker "w1"', what)]


def test_a_provider_that_does_not_work_is_named(tmp_path):
    added = "    def reconfigService(self):\n        raise OSError('no such vault')\n"
    text = SECRET_CONFIG.replace("    async def get", added + "    async def get")

    ((_, line, label, what),) = load_to_use(tmp_path, text).problems

    assert text.splitlines()[line - 1] == 'c["secretsProviders"] = [Vault()]'
    assert (label, what) == (
        'secret provider "Vault"',
        "does not work: OSError: no such vault",
    )


@pytest.mark.parametrize(
    ("body", "call", "what"),
    [
        ("def checkConfig(self): raise RuntimeError('broken')", "Own()", "RuntimeError: broken"),
        (
            "def checkConfig(self, url): pass",
            "Own(urll='x')",
            'unknown argument "urll" (did you mean "url"?)',
        ),
        ("def checkConfig(self, url): pass", "Own()", 'argument "url" is missing'),
        (
            "async def reconfigService(self): pass",
            "Own(1)",
            "takes no positional arguments, 1 given; name them",
        ),
    ],
)
def test_services_whose_arguments_are_wrong_are_named(load, body, call, what):
    text = f"""
from buildbot.plugins import *
from buildbot.secrets.providers.base import SecretProviderBase
class Own(SecretProviderBase):
    {body}
BuildmasterConfig = {{"secretsProviders": [{call}]}}
"""
    problems = load(text).problems

    assert ('secret provider "Own"', what) in [(label, said) for _, _, label, said in problems]
    assert all(line for _, line, label, _ in problems if label.startswith("secret"))
