# SPDX-License-Identifier: MIT
"""Which module has which name of the plugin namespaces."""

from __future__ import annotations

NAMES: dict[str, dict[str, str]] = {
    "changes": {
        "GitPoller": "buildbot_cfg.changes.gitpoller",
    },
    "reporters": {},
    "schedulers": {
        "AnyBranchScheduler": "buildbot_cfg.schedulers.basic",
        "Dependent": "buildbot_cfg.schedulers.dependent",
        "ForceScheduler": "buildbot_cfg.schedulers.forcesched",
        "Nightly": "buildbot_cfg.schedulers.timed",
        "NightlyTriggerable": "buildbot_cfg.schedulers.timed",
        "Periodic": "buildbot_cfg.schedulers.timed",
        "SingleBranchScheduler": "buildbot_cfg.schedulers.basic",
        "Triggerable": "buildbot_cfg.schedulers.triggerable",
    },
    "secrets": {
        "SecretInAFile": "buildbot_cfg.secrets.providers.file",
    },
    "steps": {
        "Assert": "buildbot_cfg.steps.master",
        "BuildStep": "buildbot_cfg.process.buildstep",
        "Compile": "buildbot_cfg.steps.shell",
        "Configure": "buildbot_cfg.steps.shell",
        "CopyDirectory": "buildbot_cfg.steps.worker",
        "DirectoryUpload": "buildbot_cfg.steps.transfer",
        "FileDownload": "buildbot_cfg.steps.transfer",
        "FileExists": "buildbot_cfg.steps.worker",
        "FileUpload": "buildbot_cfg.steps.transfer",
        "Gerrit": "buildbot_cfg.steps.source.gerrit",
        "Git": "buildbot_cfg.steps.source.git",
        "GitCommit": "buildbot_cfg.steps.source.git",
        "GitHub": "buildbot_cfg.steps.source.github",
        "GitLab": "buildbot_cfg.steps.source.gitlab",
        "GitPush": "buildbot_cfg.steps.source.git",
        "GitTag": "buildbot_cfg.steps.source.git",
        "JSONPropertiesDownload": "buildbot_cfg.steps.transfer",
        "JSONStringDownload": "buildbot_cfg.steps.transfer",
        "LogRenderable": "buildbot_cfg.steps.master",
        "MakeDirectory": "buildbot_cfg.steps.worker",
        "MasterShellCommand": "buildbot_cfg.steps.master",
        "MultipleFileUpload": "buildbot_cfg.steps.transfer",
        "RemoveDirectory": "buildbot_cfg.steps.worker",
        "RemovePYCs": "buildbot_cfg.steps.python_twisted",
        "SetProperties": "buildbot_cfg.steps.master",
        "SetPropertiesFromEnv": "buildbot_cfg.steps.worker",
        "SetProperty": "buildbot_cfg.steps.master",
        "SetPropertyFromCommand": "buildbot_cfg.steps.shell",
        "ShellCommand": "buildbot_cfg.steps.shell",
        "ShellSequence": "buildbot_cfg.steps.shellsequence",
        "StringDownload": "buildbot_cfg.steps.transfer",
        "Test": "buildbot_cfg.steps.shell",
        "Trigger": "buildbot_cfg.steps.trigger",
        "WarningCountingShellCommand": "buildbot_cfg.steps.shell",
    },
    "util": {
        "AnyControlEndpointMatcher": "buildbot_cfg.www.authz.endpointmatchers",
        "AnyEndpointMatcher": "buildbot_cfg.www.authz.endpointmatchers",
        "AnyPropertyParameter": "buildbot_cfg.schedulers.forcesched",
        "Authz": "buildbot_cfg.www.authz.authz",
        "BooleanParameter": "buildbot_cfg.schedulers.forcesched",
        "BuildFactory": "buildbot_cfg.process.factory",
        "BuilderConfig": "buildbot_cfg.config.builder",
        "CANCELLED": "buildbot_cfg.process.results",
        "ChangeFilter": "buildbot_cfg.changes.filter",
        "ChoiceStringParameter": "buildbot_cfg.schedulers.forcesched",
        "Codebase": "buildbot_cfg.process.codebase",
        "CodebaseParameter": "buildbot_cfg.schedulers.forcesched",
        "CustomAuth": "buildbot_cfg.www.auth",
        "EXCEPTION": "buildbot_cfg.process.results",
        "EnableSchedulerEndpointMatcher": "buildbot_cfg.www.authz.endpointmatchers",
        "FAILURE": "buildbot_cfg.process.results",
        "FileParameter": "buildbot_cfg.schedulers.forcesched",
        "FixedParameter": "buildbot_cfg.schedulers.forcesched",
        "FlattenList": "buildbot_cfg.process.properties",
        "ForceBuildEndpointMatcher": "buildbot_cfg.www.authz.endpointmatchers",
        "GitCredentialInputRenderer": "buildbot_cfg.util.git_credential",
        "GitCredentialOptions": "buildbot_cfg.util.git_credential",
        "HTPasswdAuth": "buildbot_cfg.www.auth",
        "InheritBuildParameter": "buildbot_cfg.schedulers.forcesched",
        "IntParameter": "buildbot_cfg.schedulers.forcesched",
        "Interpolate": "buildbot_cfg.process.properties",
        "LogLineObserver": "buildbot_cfg.process.logobserver",
        "NestedParameter": "buildbot_cfg.schedulers.forcesched",
        "ParameterGroup": "buildbot_cfg.schedulers.forcesched",
        "PatchParameter": "buildbot_cfg.schedulers.forcesched",
        "Project": "buildbot_cfg.process.project",
        "Property": "buildbot_cfg.process.properties",
        "RETRY": "buildbot_cfg.process.results",
        "RebuildBuildEndpointMatcher": "buildbot_cfg.www.authz.endpointmatchers",
        "Results": "buildbot_cfg.process.results",
        "RolesFromDomain": "buildbot_cfg.www.authz.roles",
        "RolesFromEmails": "buildbot_cfg.www.authz.roles",
        "RolesFromGroups": "buildbot_cfg.www.authz.roles",
        "RolesFromOwner": "buildbot_cfg.www.authz.roles",
        "RolesFromUsername": "buildbot_cfg.www.authz.roles",
        "SKIPPED": "buildbot_cfg.process.results",
        "SUCCESS": "buildbot_cfg.process.results",
        "Secret": "buildbot_cfg.process.properties",
        "ShellArg": "buildbot_cfg.steps.shellsequence",
        "StopBuildEndpointMatcher": "buildbot_cfg.www.authz.endpointmatchers",
        "StringParameter": "buildbot_cfg.schedulers.forcesched",
        "TextParameter": "buildbot_cfg.schedulers.forcesched",
        "Transform": "buildbot_cfg.process.properties",
        "UserNameParameter": "buildbot_cfg.schedulers.forcesched",
        "UserPasswordAuth": "buildbot_cfg.www.auth",
        "WARNINGS": "buildbot_cfg.process.results",
        "WithProperties": "buildbot_cfg.process.properties",
        "WorkerChoiceParameter": "buildbot_cfg.schedulers.forcesched",
        "fnmatchStrMatcher": "buildbot_cfg.www.authz.authz",
        "reStrMatcher": "buildbot_cfg.www.authz.authz",
        "renderer": "buildbot_cfg.process.properties",
    },
    "webhooks": {},
    "worker": {
        "Worker": "buildbot_cfg.worker.base",
    },
}

#: Names of Buildbot 4.3 that this version does not have yet: the message says so.
LATER = frozenset(
    """
    AuthorizedKeysManhole AvatarGitHub AvatarGravatar BasicBuildFactory BasicSVN BitbucketAuth
    BitbucketPullrequestPoller BitbucketServerCoreAPIStatusPush BitbucketServerPRCommentPush
    BitbucketServerStatusPush BitbucketStatusPush BuildEPYDoc BuildRequestGenerator
    BuildSetCombinedStatusGenerator BuildSetStatusGenerator BuildStartEndStatusGenerator
    BuildStatusGenerator BuildbotCiSetupSteps BuildbotTestCiTrigger Bzr
    BzrLaunchpadEmailMaildirSource CMake CPAN CVS CVSMaildirSource CaptureBuildDuration
    CaptureBuildDurationAllBuilders CaptureBuildEndTime CaptureBuildEndTimeAllBuilders
    CaptureBuildStartTime CaptureBuildStartTimeAllBuilders CaptureData CaptureDataAllBuilders
    CaptureProperty CapturePropertyAllBuilders CommandlineUserManager Connection Cppcheck DELETE
    Darcs DbConfig DebCowbuilder DebLintian DebPbuilder Distutils DockerLatentWorker
    EC2LatentWorker FailingBuildsetCanceller GET GNUAutoconf GerritChangeFilter
    GerritChangeSource GerritEventLogPoller GerritStatusPush GerritVerifyStatusPush GitDiffInfo
    GitHubAuth GitHubCommentPush GitHubPullrequestPoller GitHubStatusPush GitLabAuth
    GitLabStatusPush GoogleAuth HEAD HLint HTTPStep HashiCorpVaultKvSecretProvider HgPoller
    HttpStatusPush IRC InfluxStorageService JanitorConfigurator KubeCtlProxyConfigLoader
    KubeHardcodedConfig KubeInClusterConfigLoader KubeLatentWorker LdapUserInfo LibVirtWorker
    LocalWorker Machine MailNotifier MaildirSource MasterLock MaxQ Mercurial MessageFormatter
    MessageFormatterEmpty MessageFormatterFunction MessageFormatterFunctionRaw
    MessageFormatterMissingWorker MessageFormatterRenderable Mock MockBuildSRPM MockRebuild
    Monotone MsBuild MsBuild12 MsBuild14 MsBuild141 MsBuild15 MsBuild16 MsBuild17 MsBuild4
    OPTIONS OldBuildCanceller OpenStackLatentWorker P4 P4Source PBChangeSource POST PUT
    PasswordManhole PerlModuleTest PushjetNotifier PushoverNotifier PyFlakes PyLint
    QuickBuildFactory RemoteUserAuth Repo RevlinkMatch Robocopy RpmBuild RpmLint SVN
    SVNCommitEmailMaildirSource SVNPoller SecretInPass SourceStampFilter Sphinx StatsService
    SubunitShellCommand TelegramBot TelnetManhole TreeSize Trial Try_Jobdir Try_Userpass
    URLForBuild UbuCowbuilder UbuPbuilder VC10 VC11 VC12 VC14 VC141 VC6 VC7 VC8 VC9 VCExpress9
    VS2003 VS2005 VS2008 VS2010 VS2012 VS2013 VS2015 VS2017 VS2019 VS2022
    VaultAuthenticatorApprole VaultAuthenticatorToken WorkerLock WorkerMissingGenerator
    ZulipStatusPush badges base bitbucket bitbucketcloud bitbucketserver console_view
    enforceChosenWorker github gitlab gitorious grid_view poller waterfall_view wsgi_dashboards
    """.split()
)
