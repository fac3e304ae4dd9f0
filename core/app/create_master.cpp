// SPDX-License-Identifier: MIT
#include "core/app/create_master.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <vector>

#include "core/app/basedir.h"
#include "core/db/database.h"

namespace kiln::app {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view tac_text = R"(# Where this master lives and how its log rotates. Kilnbot reads the plain values of this file and does not
# execute it; Buildbot 4.3 can run it as it is.
import os

from twisted.application import service
from twisted.python.log import FileLogObserver
from twisted.python.log import ILogObserver
from twisted.python.logfile import LogFile

from buildbot.master import BuildMaster

basedir = {basedir}
if basedir == ".":
    basedir = os.path.abspath(os.path.dirname(__file__))

configfile = {config}
umask = None
rotateLength = {log_size}
maxRotatedFiles = {log_count}

application = service.Application('buildmaster')
{log_setup}
master = BuildMaster(basedir, configfile, umask)
master.setServiceParent(application)
{rotation}
)";

constexpr std::string_view log_setup = R"(twistd_log = LogFile.fromFullPath(
    os.path.join(basedir, "twistd.log"), rotateLength=rotateLength, maxRotatedFiles=maxRotatedFiles
)
application.setComponent(ILogObserver, FileLogObserver(twistd_log).emit)
)";

constexpr std::string_view rotation = R"(master.log_rotation.rotateLength = rotateLength
master.log_rotation.maxRotatedFiles = maxRotatedFiles)";

constexpr std::string_view sample_text = R"(# A small configuration to start from: copy it to master.cfg and change it. It is Python and runs as such.
from buildbot.plugins import changes, schedulers, steps, util, worker

c = BuildmasterConfig = {}

c["title"] = "My project"
c["buildbotURL"] = "http://127.0.0.1:8010/"
c["db"] = {"db_url": DB_URL}

# Both ports listen on this machine only. Remove ":interface=127.0.0.1" from the first to let workers on other
# machines connect; put a proxy with TLS in front of the second before others can reach it.
c["protocols"] = {"pb": {"port": "tcp:9989:interface=127.0.0.1"}}

# Everybody who reaches the web server may look; only "admin" may start, stop or change anything. There is no default
# password: choose one here, then log in at the top right.
admin_password = ""
c["www"] = {
    "port": "tcp:8010:interface=127.0.0.1",
    "plugins": {},
    "auth": util.UserPasswordAuth({"admin": admin_password} if admin_password else {}),
    "authz": util.Authz(
        allowRules=[util.AnyControlEndpointMatcher(role="admins")],
        roleMatchers=[util.RolesFromUsername(roles=["admins"], usernames=["admin"])],
    ),
}

# On the worker's machine: buildbot-worker create-worker DIR 127.0.0.1 example-worker CHANGE-ME
c["workers"] = [worker.Worker("example-worker", "CHANGE-ME")]

repository = "https://git.example.org/project.git"
c["change_source"] = [changes.GitPoller(repourl=repository, branches=["main"], pollInterval=300)]

factory = util.BuildFactory(
    [
        steps.Git(repourl=repository, mode="incremental"),
        steps.Compile(command=["make", "all"]),
        steps.Test(command=["make", "check"]),
    ]
)
c["builders"] = [util.BuilderConfig(name="linux", workernames=["example-worker"], factory=factory)]

c["schedulers"] = [
    schedulers.SingleBranchScheduler(
        name="main",
        change_filter=util.ChangeFilter(branch="main"),
        treeStableTimer=60,
        builderNames=["linux"],
    ),
    schedulers.ForceScheduler(name="force", builderNames=["linux"]),
]
)";

// A Python string literal.
std::string python_literal(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') literal += '\\';
    if (c == '\n') literal += "\\n";
    else literal += c;
  }
  return literal + "'";
}

std::string make_tac(const CreateMaster& options, const fs::path& basedir) {
  return fmt::format(fmt::runtime(tac_text), fmt::arg("basedir", python_literal(options.relocatable ? "." : basedir.string())),
                     fmt::arg("config", python_literal(options.config)), fmt::arg("log_size", options.log_size),
                     fmt::arg("log_count", options.log_count),
                     fmt::arg("log_setup", options.no_logrotate ? "" : log_setup),
                     fmt::arg("rotation", options.no_logrotate ? "" : rotation));
}

std::string make_sample(const std::string& db_url) {
  std::string text(sample_text);
  constexpr std::string_view mark = "DB_URL";
  text.replace(text.find(mark), mark.size(), python_literal(db_url));
  return text;
}

// Removes what was made unless keep() is called.
class Made {
 public:
  ~Made() {
    std::error_code ignored;
    for (auto it = paths_.rbegin(); it != paths_.rend(); ++it) fs::remove(*it, ignored);
  }
  void add(fs::path path) { paths_.push_back(std::move(path)); }
  void keep() { paths_.clear(); }

 private:
  std::vector<fs::path> paths_;
};

Result<void> write_new(const fs::path& file, const std::string& text, Made& made) {
  if (!fs::exists(file)) made.add(file);
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  if (!out) return make_error(Errc::fatal, "cannot write '" + file.string() + "'");
  return {};
}

Result<void> make_directory(const fs::path& dir, Made& made) {
  std::error_code error;
  if (fs::is_directory(dir, error)) return {};
  if (fs::exists(dir, error)) {
    return make_error(Errc::conflict, "cannot make '" + dir.string() + "': a file of that name is there");
  }
  fs::create_directories(dir, error);
  if (error) return make_error(Errc::fatal, "cannot make directory '" + dir.string() + "': " + error.message());
  made.add(dir);
  return {};
}

Result<void> write_tac(const CreateMaster& options, const BasedirFiles& files, Made& made) {
  const std::string text = make_tac(options, files.dir);
  if (!fs::exists(files.tac()) || options.force) return write_new(files.tac(), text, made);
  std::ifstream in(files.tac(), std::ios::binary);
  std::ostringstream old;
  old << in.rdbuf();
  if (old.str() == text) return {};
  return make_error(Errc::conflict,
                    "'" + files.tac().string() + "' exists and differs: give --force to replace it");
}

Result<void> check_log_count(const std::string& count) {
  const bool number = !count.empty() && count.find_first_not_of("0123456789") == std::string::npos;
  if (number || count == "None") return {};
  return make_error(Errc::bad_input, "--log-count must be a number or None, not '" + count + "'");
}

}  // namespace

Result<void> create_master(const CreateMaster& options) {
  if (auto checked = check_log_count(options.log_count); !checked) return checked;
  const BasedirFiles files = files_in(options.basedir);
  if (const auto pid = running_master(files)) {
    return make_error(Errc::conflict, "a master runs in '" + files.dir.string() + "' as process " +
                                          std::to_string(*pid) + ": stop it first");
  }
  Made made;
  if (auto done = make_directory(files.dir, made); !done) return done;
  if (auto done = write_tac(options, files, made); !done) return done;
  if (auto done = write_new(files.sample(), make_sample(options.db), made); !done) return done;
  if (auto done = db::create_database(options.db, files.dir); !done) return done;
  made.keep();
  if (!options.quiet) {
    fmt::print("made a master in {}: write master.cfg (see master.cfg.sample), then run kilnbot start {}\n",
               files.dir.string(), files.dir.string());
  }
  return {};
}

}  // namespace kiln::app
