# SPDX-License-Identifier: MIT
"""The known differences from Buildbot 4.3, each with the reason why it stays."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Allowed:
    scenarios: tuple[str, ...]
    path: str  # of the difference, as it is printed; * stands for any text
    reason: str


ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        ("do_build_if_api",),
        "builds.later/1.*",
        "The answer of do_build_if may come later, as those of other functions; Buildbot takes the Deferred for a yes.",
    ),
    Allowed(
        ("do_build_if_api",),
        "buildrequests.*/later.results",
        "The answer of do_build_if may come later, as those of other functions; Buildbot takes the Deferred for a yes.",
    ),
    Allowed(
        ("bad_steps",),
        "builds.b1/1.steps.no run.logs.err_text.text",
        "The message is in our own words.",
    ),
    Allowed(
        ("lock_stops",),
        "builds.lost/1.steps.waits.logs.cancelled_while_waiting_for_locks.*",
        "The text is our own: Buildbot prints a Python object.",
    ),
    Allowed(
        ("builder_locks",),
        "builds.shared/1.*",
        "A step that takes a lock of its own builder is an exception like any other, and the steps that always run do "
        "run; Buildbot leaves the step without an end.",
    ),
    Allowed(
        ("worker_lost",),
        "builds.*.logs.cancelled.*",
        "The text is our own: Buildbot prints a Python object.",
    ),
    Allowed(
        ("shell_results", "factories"),
        "builds.empty/1.properties.*dir",
        "Buildbot stores the directories after the first step, so that a build without steps has none.",
    ),
    Allowed(
        ("force_parameters",),
        "notes.forms*.regex",
        "The pattern: Buildbot has no way to put a compiled one into JSON.",
    ),
    Allowed(
        ("raising",),
        "builds.command/1.steps.needs-command.logs.err_text.text",
        "The message is in our own words.",
    ),
    Allowed(
        ("raising",),
        "builds.summary/1.*",
        "A summary that raises is an exception of its step like any other, and the steps that always run do run; "
        "Buildbot leaves the step without an end.",
    ),
    Allowed(
        ("rebuilds", "force_parameters", "collapse_rules"),
        "buildsets.*.sourcestamps*.patch.body",
        "Buildbot leaves out the text of a patch among buildsets.",
    ),
    Allowed(
        ("master_steps",),
        "builds.b1/1.steps.MasterShellCommand_1.logs.stdio.text",
        "The directory is the one in which the command runs; Buildbot names the master's own.",
    ),
    Allowed(
        ("master_steps",),
        "builds.b1/1.steps.fails.logs.stdio.text",
        "The exit status is told; Buildbot says None.",
    ),
    Allowed(
        ("secrets",),
        "builds.b1/1.steps.shell_*.logs.err_text.text",
        "The error itself, without the Twisted errors around it.",
    ),
    Allowed(
        ("secrets",),
        "builds.b1/1.steps.shell_6.logs.stdio.text",
        "A secret of several lines is masked in the argv line, too; Buildbot shows it.",
    ),
    Allowed(
        ("worker_files",),
        "builds.b1/1.steps.remove_pyc.logs.stdio.text",
        "The pattern without quotes finds the files; Buildbot's finds none.",
    ),
    Allowed(
        ("stubborn",),
        "builds.*.steps.shell.logs.err_text.text",
        "The error itself, without Twisted's words about where it came from.",
    ),
    Allowed(
        ("transfers",),
        "builds.b1/1.steps.download_3.logs.err_text.text",
        "The error itself, without Twisted's words about where it came from.",
    ),
    Allowed(
        ("renderers",),
        "builds.b1/1.steps.*.logs.err_text.text",
        "The message is in our own words.",
    ),
    Allowed(
        ("interpolate_nesting",),
        "builds.b1/1.properties.of secret*",
        "A secret is masked in a property; Buildbot shows it.",
    ),
    *(
        Allowed(
            ("interpolate_errors",),
            f"builds.b1/1.properties.told {name}",
            "Told when the configuration is read; Buildbot's builds fail.",
        )
        for name in ("Interpolate %s", "bytes", "renderer of text", "renderer of renderer")
    ),
    *(
        Allowed(
            ("step_checks",),
            f"builds.b1/1.properties.told {name}",
            "Told when the configuration is read; Buildbot's builds fail, or the argument has no effect.",
        )
        for name in (
            "argument flag",
            "builder collapse",
            "decode list",
            "description dict",
            "description number",
            "do if none",
            "env list",
            "from command not callable",
            "log files list",
            "suffix number",
            "trigger text",
            "trigger two stamps",
        )
    ),
    Allowed(
        ("step_checks",),
        "builds.b1/1.properties.told is type*",
        "A step is of its class; Buildbot makes a subclass of it for each.",
    ),
    *(
        Allowed(
            ("step_arguments",),
            f"builds.b1/1.{path}",
            "The worker tells of a command that is none, in our own words; Buildbot fails over None before.",
        )
        for path in (
            "state_string",
            "steps.* as command.*",
            "steps.empty command.logs.err_text.text",
        )
    ),
    *(
        Allowed(
            ("msgpack",),
            f"builds.b1/1.{path}",
            "The file arrives; over msgpack Buildbot's StringDownload leaves an empty one.",
        )
        for path in (
            "properties.back",
            "steps.shows.logs.stdio.*",
            "steps.setproperty.logs.*",
            "steps.look.logs.stdio.*",
        )
    ),
    Allowed(
        ("properties_api",),
        "builds.b1/1.steps.shell.logs.stdio.text",
        "Keys of a dict in a property are texts at once; Buildbot makes them texts when it stores the property.",
    ),
    Allowed(
        ("http_steps",),
        "builds.b1/1.steps.*redirect.logs.content.complete",
        "A log that was written whole is complete; Buildbot leaves the first of two of one name open.",
    ),
    Allowed(
        ("http_steps",),
        "builds.b1/1.steps.status-302.logs.content.complete",
        "The same.",
    ),
    *(
        Allowed(
            ("trigger",),
            path,
            "The project of a stamp stays, also where the scheduler does not know the stamp's codebase.",
        )
        for path in ("buildsets.*.sourcestamps[*].name", "buildsets.lib 1.sourcestamps[0].project")
    ),
    Allowed(
        ("trigger",),
        "builds.p-not-triggerable/1.steps.trigger.logs.err_text.text",
        "The message is in our own words.",
    ),
    Allowed(
        ("trigger",),
        "builds.raises/1.*state_string",
        "A renderer is named by its function; Buildbot adds the function's address.",
    ),
    *(
        Allowed(
            ("virtual_builders",),
            path,
            "A builder of the configuration keeps its description and tags when builds of others appear under it.",
        )
        for path in ("notes.builders?3?.*", "builders.real.*")
    ),
    Allowed(
        ("build_hooks",),
        "builds.told/1.properties.done fails",
        "What the class of a build sets after the last step is stored, too.",
    ),
    Allowed(
        ("hand_made_steps",),
        "builds.sections/1.steps.*.started_at",
        "A step that is made by hand has started when it is there; Buildbot waits to be told so, which few know.",
    ),
    Allowed(
        (
            "git_patch",
            "svn",
            "mercurial",
            "darcs",
            "bzr",
            "monotone",
            "own_source",
            "cvs",
            "try_jobdir",
            "try_userpass",
        ),
        "buildsets.*.sourcestamps*.patch.body",
        "Buildbot leaves out the text of a patch among buildsets.",
    ),
    Allowed(
        ("try_jobdir", "try_userpass"),
        "builds.*.properties.owners",
        "A patch without an author has no owner; Buildbot makes one without a name.",
    ),
    Allowed(
        ("try_userpass",),
        "buildrequests.try *.priority",
        "The scheduler's priority counts; Buildbot forgets it for try jobs.",
    ),
    Allowed(
        ("git_patch",),
        "builds.b1/*.steps.*.logs.stdio.*",
        "The mark of a patched tree is where the next build looks, whichever folder was patched; Buildbot's is in the "
        "folder, so that the next build does not clean.",
    ),
    Allowed(
        ("git_auth",),
        "notes.calls",
        "A property in a credential is rendered; Buildbot leaves the line out.",
    ),
    Allowed(
        ("git_auth",),
        "builds.b1/1.steps.git-credentials.logs.stdio.text",
        "A property in a credential is rendered; Buildbot leaves the line out.",
    ),
    Allowed(
        ("git_auth",),
        "builds.old/1.steps.git-password-old.logs.stdio.text",
        "Keys and passwords are deleted also when the step cannot begin.",
    ),
    *(
        Allowed(
            ("git_hosts",),
            path,
            "Changes below ten are refs/changes/07/7/2; Buildbot has a blank for the nought, and fails.",
        )
        for path in ("build*.number 2*", "builds.gerrit/6.*")
    ),
    Allowed(
        ("own_source",),
        "builds.b1/*.steps.based-lib.logs.log.text",
        "The message is in our own words.",
    ),
    Allowed(
        ("own_source",),
        "builds.nothing/1.*",
        "What is no result is an exception of its step like any other; Buildbot's step has no end.",
    ),
    Allowed(
        ("repo",),
        "builds.failing/*.steps.repo-missing.logs.stdio.text",
        "Ours does not wait once more after the last attempt.",
    ),
    *(
        Allowed(
            ("repo",),
            f"builds.failing/2.steps.repo-{name}.logs.stdio.text",
            "Ours does not look again whether the tree that it is about to delete is there.",
        )
        for name in ("sync", "healed", "wget")
    ),
    Allowed(
        ("repo",),
        "builds.changes/1.steps.repo-real.logs.stdio.text",
        "The script that cleans the tree is our own.",
    ),
    Allowed(
        ("darcs",),
        "builds.new/1.*",
        "darcs makes no directory that is there already, and reads its context where it runs: Buildbot's first checkout fails "
        "with a real darcs.",
    ),
    Allowed(
        ("darcs",),
        "builds.b1/4.steps.*",
        'After a patch the tree of the step is made anew; Buildbot makes one in "build", whatever the step\'s directory is.',
    ),
    *(
        Allowed(
            ("observers_raising",),
            f"builds.b1/1.properties.{name}*",
            "Observers get what a step itself writes a moment later, and one that comes late gets all of it.",
        )
        for name in ("early both", "early default", "told late")
    ),
    *(
        Allowed(
            ("nonsense_results",),
            path,
            "What is no result is an exception of its step like any other, and the steps that always run do run; "
            "Buildbot's step has no end, and the build ends at once.",
        )
        for path in ("builds.no*/1.s*", "builds.text/1.s*")
    ),
    *(
        Allowed(
            ("nonsense_results",),
            path,
            "A number that is no result is an exception; Buildbot stores it and takes no notice.",
        )
        for path in (
            "buildsets.force 1.results",
            "buildrequests.force 1/99.results",
            "builds.99/1.*",
        )
    ),
    Allowed(
        ("ci_file",),
        "builds.b1/*.steps.setup-steps.logs.error.*",
        "The message is in our own words.",
    ),
    Allowed(
        ("bzr",),
        "builds.b1/*.properties.got_revision",
        "The number; Buildbot's has a line's end after it.",
    ),
    Allowed(
        ("bzr",),
        "builds.b1/*.steps.*copy.logs.stdio.*",
        'The copy is patched and asked for its revision, and the step\'s timeout counts; Buildbot patches "source".',
    ),
    Allowed(
        ("bzr",),
        "builds.b1/*.steps.*no-tree.*",
        "Buildbot cleans a tree that is not there, and fails; ours checks out.",
    ),
    Allowed(
        ("secrets_in_errors",),
        "builds.b1/1.*",
        "Secrets never show; Buildbot shows those that a step's own code puts into logs, summaries and errors.",
    ),
    Allowed(
        ("with_secrets",),
        "builds.b*",
        "The files of secrets are removed also when a step fails; Buildbot leaves them.",
    ),
    Allowed(
        ("shell_mixin",),
        "builds.b1/1.properties.told not a dict*",
        "Told when the configuration is read; Buildbot's builds fail.",
    ),
    Allowed(
        ("shell_mixin",),
        "builds.b1/1.steps.without command.logs.err_text.text",
        "The message is in our own words.",
    ),
    *(
        Allowed(
            ("raising_early",),
            f"builds.{name}/1.s*",
            "A name or a description that cannot be rendered is an exception of its step like any other, and the steps "
            "that always run do run; Buildbot has no such step, or one without a text, and the build ends at once.",
        )
        for name in ("name", "description")
    ),
    Allowed(
        ("build_classes",),
        "builds.done/1.properties.done two",
        "A property that is set after the last step is stored, too.",
    ),
    *(
        Allowed(
            ("result_totals",),
            f"builds.none/1.properties.{name}",
            "A build without steps has the properties of its directories, too.",
        )
        for name in ("basedir", "builddir")
    ),
    Allowed(
        ("step_arguments",),
        "builds.b1/1.steps.by class.logs.err_text.text",
        "The message is in our own words.",
    ),
)
