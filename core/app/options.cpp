// SPDX-License-Identifier: MIT
#include "core/app/options.h"

#include <CLI/CLI.hpp>
#include <cstring>

namespace kiln::app {
namespace {

void add_create_master(CLI::App& app, CreateMaster& options) {
  CLI::App* sub = app.add_subcommand("create-master", "Make a base directory for a new master");
  sub->add_flag("-q,--quiet", options.quiet, "Print nothing but errors");
  sub->add_flag("-f,--force", options.force, "Replace an existing buildbot.tac");
  sub->add_flag("-r,--relocatable", options.relocatable, "Let buildbot.tac find its base directory itself");
  sub->add_flag("-d,--develop", options.develop, "Accepted for compatibility");
  sub->add_flag("-n,--no-logrotate", options.no_logrotate, "Do not rotate twistd.log");
  sub->add_option("-c,--config", options.config, "Name of the configuration file")->capture_default_str();
  sub->add_option("-s,--log-size", options.log_size, "Size in bytes at which twistd.log is rotated")
      ->capture_default_str();
  sub->add_option("-l,--log-count", options.log_count, "How many old twistd.log files are kept, or None")
      ->capture_default_str();
  sub->add_option("--db", options.db, "URL of the database")->capture_default_str();
  sub->add_option("basedir", options.basedir, "The directory to make")->capture_default_str();
}

void add_start_options(CLI::App* sub, Start& options) {
  sub->add_flag("-q,--quiet", options.quiet, "Print nothing but errors");
  sub->add_flag("--nodaemon", options.nodaemon, "Stay in the foreground");
  sub->add_option("--start_timeout", options.start_timeout_s, "Seconds to wait for the start")
      ->envname("START_TIMEOUT");
  sub->add_option("basedir", options.basedir, "The master's base directory")->capture_default_str();
}

void add_start(CLI::App& app, Start& options) {
  add_start_options(app.add_subcommand("start", "Start the master of a base directory"), options);
}

void add_restart(CLI::App& app, Restart& options) {
  CLI::App* sub = app.add_subcommand("restart", "Stop the master of a base directory, and start it again");
  add_start_options(sub, options.start);
  sub->add_flag("-c,--clean", options.clean, "Let running builds finish first");
}

// `sighup` is upstream's other name for it.
void add_reconfig(CLI::App& app, Reconfig& options) {
  for (const char* verb : {"reconfig", "sighup"}) {
    CLI::App* sub = app.add_subcommand(verb, "Make the running master read its configuration again");
    sub->add_flag("-q,--quiet", options.quiet, "Print nothing but errors");
    sub->add_option("--progress_timeout", options.progress_timeout_s, "Seconds to wait without any progress");
    sub->add_option("basedir", options.basedir, "The master's base directory")->capture_default_str();
  }
}

void add_stop(CLI::App& app, Stop& options) {
  CLI::App* sub = app.add_subcommand("stop", "Stop the master of a base directory");
  sub->add_flag("-q,--quiet", options.quiet, "Print nothing but errors");
  sub->add_flag("-c,--clean", options.clean, "Let running builds finish first");
  sub->add_flag("--no-wait", options.no_wait, "Do not wait until it has ended");
  sub->add_flag("--cancel", options.cancel, "Call a clean stop off: the master goes on")->excludes("--clean");
  sub->add_option("basedir", options.basedir, "The master's base directory")->capture_default_str();
}

void add_checkconfig(CLI::App& app, CheckConfig& options) {
  CLI::App* sub = app.add_subcommand("checkconfig", "Check a configuration without running it");
  sub->add_flag("-q,--quiet", options.quiet, "Print nothing but errors");
  sub->add_option("--report-fd", options.report_fd)->group("");
  sub->add_option("--memory", options.memory_mib)->group("");
  sub->add_option("--basedir", options.basedir)->group("");
  sub->add_option("target", options.target, "A configuration file or a base directory")->capture_default_str();
}

// Everything after `python` belongs to the script, options too, so it never goes through the parser.
int find_python_verb(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "python") == 0) return i;
    const bool global = std::strncmp(argv[i], "--python", 8) == 0 || std::strcmp(argv[i], "--verbose") == 0;
    if (!global) return -1;
    if (std::strcmp(argv[i], "--python") == 0) ++i;
  }
  return -1;
}

}  // namespace

ParsedOptions parse_options(int argc, char** argv) {
  CLI::App app{"Kilnbot, a continuous-integration master", "kilnbot"};
  Options options;
  CreateMaster create;
  Start start;
  Stop stop;
  Restart restart;
  Reconfig reconfig;
  CheckConfig check;
  bool version = false;
  app.add_flag("--version", version, "Print the version and stop");
  app.add_flag("--verbose", options.verbose, "Say more");
  app.add_option("--python", options.python, "The Python interpreter whose environment is used");
  add_create_master(app, create);
  add_start(app, start);
  add_stop(app, stop);
  add_restart(app, restart);
  add_reconfig(app, reconfig);
  add_checkconfig(app, check);
  CLI::App* python = app.add_subcommand("python", "Run a Python script in the master's interpreter");
  app.require_subcommand(0, 1);

  const int verb = find_python_verb(argc, argv);
  try {
    app.parse(verb < 0 ? argc : verb + 1, argv);
  } catch (const CLI::ParseError& error) {
    return {std::nullopt, app.exit(error)};
  }
  if (version) return {Options{ShowVersion{}, options.python, options.verbose}, 0};
  if (app.got_subcommand("create-master")) options.command = create;
  else if (app.got_subcommand("start")) options.command = start;
  else if (app.got_subcommand("stop")) options.command = stop;
  else if (app.got_subcommand("restart")) options.command = restart;
  else if (app.got_subcommand("reconfig") || app.got_subcommand("sighup")) options.command = reconfig;
  else if (app.got_subcommand("checkconfig")) options.command = check;
  else if (app.got_subcommand(python)) options.command = RunPython{{argv + verb + 1, argv + argc}};
  else {
    std::cerr << app.help();
    return {std::nullopt, 1};
  }
  return {std::move(options), 0};
}

}  // namespace kiln::app
