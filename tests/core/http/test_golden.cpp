// SPDX-License-Identifier: MIT
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>

#include "tests/core/http/http_client.h"
#include "tests/core/http/served_master.h"

using namespace kiln;
using namespace kiln::testing;

// Every GET that was recorded from Buildbot 4.3.0, asked of this server over the same database.
namespace {

// Differences that are meant, each with its reason.
const std::map<std::string, std::string>& accepted_differences() {
  static const std::map<std::string, std::string> differences{
      {"/api/v2/changes/7/properties_list", "upstream answers 500 because of a bug: the list itself is better"},
  };
  return differences;
}

// What upstream answers in no particular order, or not at all, is made equal before the comparison:
// - a worker's configured_on is a set there;
// - the body of a patch is always null in 4.3.0: having the text is better.
void normalise(Json& value) {
  if (JsonArray* list = value.if_array()) {
    for (Json& item : *list) normalise(item);
  }
  JsonObject* object = value.if_object();
  if (object == nullptr) return;
  if (object->contains("patchid")) object->erase("body");
  for (auto& pair : *object) {
    if (pair.key() == "configured_on" && pair.value().is_array()) {
      JsonArray& places = pair.value().get_array();
      std::sort(places.begin(), places.end(), [](const Json& a, const Json& b) {
        return a.at("builderid").get_int64() < b.at("builderid").get_int64();
      });
    }
    normalise(pair.value());
  }
}

std::string text_of(const Json& answer, const char* key) {
  const Json* value = answer.as_object().if_contains(key);
  return value == nullptr ? std::string() : std::string(value->get_string());
}

bool is_json(const std::string& text) { return text.starts_with('{'); }

// The part of the body that must be equal: parsed JSON, else the text itself.
Json comparable(const std::string& body) {
  Json value = is_json(body) ? parse_json(body).value() : Json(body);
  normalise(value);
  return value;
}

// What differs, in words; empty: nothing.
std::string compare(const Json& golden, const HttpAnswer& answer) {
  if (answer.status != golden.at("status").to_number<int>()) return "status " + std::to_string(answer.status);
  if (answer.header("content-type") != text_of(golden, "type")) return "type " + answer.header("content-type");
  if (answer.header("content-disposition") != text_of(golden, "content-disposition")) return "disposition";
  if (answer.header("location") != text_of(golden, "location")) return "location " + answer.header("location");
  const std::string wanted = text_of(golden, "body");
  if (wanted.empty() || golden.as_object().contains("body_base64")) return {};
  if (comparable(wanted) != comparable(answer.body)) {
    return "body\n  wanted " + wanted.substr(0, 1500) + "\n  got    " + answer.body.substr(0, 1500);
  }
  return {};
}

}  // namespace

TEST_CASE("recorded GETs of Buildbot 4.3.0 have the same answers here") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  const Json golden = read_json_file(KILN_TEST_DATA "/rest/golden.json");
  std::size_t same = 0;

  for (const Json& recorded : golden.get_array()) {
    const std::string url = text_of(recorded, "url");
    if (accepted_differences().contains(url)) continue;
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& header : recorded.at("headers").get_object()) {
      if (header.key() != "Accept-Encoding") headers.emplace_back(header.key(), header.value().get_string());
    }
    const std::string difference = compare(recorded, client.request("GET", url, headers));
    INFO(url);
    CHECK(difference == "");
    if (difference.empty()) ++same;
  }

  CHECK(same + accepted_differences().size() == golden.get_array().size());
}

TEST_CASE("recorded answers without Accept are the same text, indented") {
  ServedMaster master(golden_config());
  HttpClient client(master.port());
  const Json golden = read_json_file(KILN_TEST_DATA "/rest/golden.json");
  std::size_t checked = 0;

  for (const Json& recorded : golden.get_array()) {
    if (text_of(recorded, "url") != "/api/v2/builds/1" || !recorded.at("headers").get_object().empty()) continue;
    CHECK(client.request("GET", "/api/v2/builds/1").body == text_of(recorded, "body"));
    ++checked;
  }

  CHECK(checked > 0);
}
