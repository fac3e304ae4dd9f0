// SPDX-License-Identifier: MIT
#include "tests/core/http/served_master.h"

#include <unistd.h>

#include <fstream>
#include <sstream>

#include "core/db/connection.h"
#include "core/db/url.h"

namespace kiln::testing {
namespace {

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// In memory where that can be had: each test makes a database, and waiting for a disk is not what is tested.
std::filesystem::path make_directory() {
  const std::filesystem::path memory = "/dev/shm";
  const bool has_memory = ::access(memory.c_str(), W_OK) == 0;
  std::string name = ((has_memory ? memory : std::filesystem::temp_directory_path()) / "kiln-http-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory");
  return name;
}

void copy_database(const std::filesystem::path& directory) {
  std::filesystem::copy_file(KILN_TEST_DATA "/db/golden.sqlite", directory / "state.sqlite");
  std::filesystem::permissions(directory / "state.sqlite", std::filesystem::perms::owner_write,
                               std::filesystem::perm_options::add);
}

// What a stopped master leaves out.
void restore_live_tables(const std::filesystem::path& directory) {
  const auto url = db::parse_url("sqlite:///state.sqlite", directory).value();
  const auto connection = db::connect(url, db::Access::write).value();
  connection->script(read_file(KILN_TEST_DATA "/rest/live.sql")).value();
}

}  // namespace

Json read_json_file(const std::filesystem::path& file) { return parse_json(read_file(file)).value(); }

void RecordingControls::control(data::ControlRequest request, Reply<Json> reply) {
  requests.push_back(std::move(request));
  reply(answer);
}

void RecordingControls::add_change(script::ChangeDraft draft, Reply<ChangeId> reply) {
  changes.push_back(std::move(draft));
  reply(ChangeId(static_cast<std::int64_t>(changes.size())));
}

ServedMaster::ServedMaster(script::ConfigPtr config, http::Server::Options options)
    : directory_(make_directory()), config_(std::move(config)) {
  copy_database(directory_);
  const auto post = [this](std::function<void()> work) { boost::asio::post(loop_, std::move(work)); };
  db::Database::Options db_options;
  db_options.basedir = directory_;
  db_options.post_to_loop = post;
  db_ = db::Database::open(std::move(db_options)).value();
  db_->start_master("vm:/srv/golden/master", 1795252622).value();
  restore_live_tables(directory_);
  logs_ = logs::LogStore::open({.directory = directory_ / "kiln-logs", .post_to_loop = post}).value();
  api_ = std::make_unique<data::Api>(data::Api::Needs{*db_, *logs_, [this] { return config_; }, nullptr});
  authz_ = std::make_unique<data::Authz>(data::Authz::Needs{*db_, [this] { return config_; }});
  server_ = std::make_unique<http::Server>(
      http::Server::Needs{loop_.get_executor(), *api_, controls_, *authz_, events_}, std::move(options));
  port_ = server_->start("tcp:0:interface=127.0.0.1").value();
  thread_ = std::thread([this] { loop_.run(); });
}

void ServedMaster::set_log_lines(LogId log, std::int64_t lines) {
  std::promise<void> committed;
  on_loop([&] {
    Unit unit;
    unit.add(writes::SetLogLines{log, lines});
    unit.then([&](const Committed&) { committed.set_value(); });
    db_->journal().commit(std::move(unit));
  });
  if (committed.get_future().wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
    throw std::runtime_error("the database did not commit");
  }
}

ServedMaster::~ServedMaster() {
  on_loop([this] { server_.reset(); });
  db_->shutdown();
  work_.reset();
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::shared_ptr<script::Config> golden_config() {
  auto config = std::make_shared<script::Config>();
  config->title = "Golden CI";
  config->title_url = "http://golden.example/";
  config->buildbot_url = "http://127.0.0.1:21010/";
  config->www.allowed_origins = {"http://*.example.org", "http://127.0.0.1:21010"};
  config->www.json_cache_seconds = 5;
  config->www.hook_base = true;
  const Json golden = read_json_file(KILN_TEST_DATA "/rest/golden.json");
  for (const Json& answer : golden.get_array()) {
    if (answer.at("url").get_string() != "/api/v2/forceschedulers") continue;
    const Json rows = parse_json(answer.at("body").get_string()).value();
    for (const Json& row : rows.at("forceschedulers").get_array()) {
      auto scheduler = std::make_shared<script::SchedulerConfig>();
      scheduler->kind = script::SchedulerConfig::Kind::force;
      scheduler->name = row.at("name").get_string().c_str();
      scheduler->button_name = row.at("button_name").get_string().c_str();
      scheduler->label = row.at("label").get_string().c_str();
      for (const Json& name : row.at("builder_names").get_array()) {
        scheduler->builder_names.emplace_back(name.get_string());
      }
      scheduler->all_fields = row.at("all_fields").get_array();
      config->schedulers.push_back(std::move(scheduler));
    }
  }
  return config;
}

}  // namespace kiln::testing
