// SPDX-License-Identifier: MIT
#include "core/http/pages.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <charconv>

#include "core/base/json.h"
#include "core/base/text.h"

namespace kiln::http {
namespace {

std::string base_url(const script::Config* config) {
  std::string url = config == nullptr ? "/" : config->buildbot_url;
  if (!url.ends_with('/')) url += '/';
  return url;
}

std::string error_page(int status, std::string_view title, std::string_view text) {
  return fmt::format(
      "<!doctype html>\n<html>\n  <head><title>{} - {}</title></head>\n  <body>\n    <h1>{}</h1>\n    <p>{}</p>\n"
      "  </body>\n</html>\n",
      status, title, title, text);
}

Response redirect(std::string location) {
  Response response;
  response.status = 302;
  response.headers.emplace_back("Location", std::move(location));
  return response;
}

std::string md5_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_md5(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string argument(const std::vector<std::pair<std::string, std::string>>& args, std::string_view name) {
  for (const auto& [key, value] : args) {
    if (key == name) return value;
  }
  return {};
}

// Plain data of c['www'] that a browser may see.
constexpr std::array<std::string_view, 9> public_settings{
    "port",           "plugins",         "avatar_methods",     "logfileName", "allowed_origins",
    "json_cache_seconds", "ui_default_config", "debug", "ws_ping_interval"};

}  // namespace

Response not_found_page() {
  return make_response(404, "text/html; charset=utf-8",
                       error_page(404, "No Such Resource", "Sorry. No luck finding that resource."));
}

Response method_not_allowed(const Request&) {
  Response response = make_response(405, "text/html; charset=utf-8",
                                    error_page(405, "Method Not Allowed", "Only GET and HEAD are allowed here."));
  response.headers.emplace_back("Allow", "HEAD, GET");
  return response;
}

Response upgrade_required() {
  Response response = make_response(426, "text/plain; charset=utf-8", "this is a websocket: upgrade the connection\n");
  response.reason = "HTTP Upgrade header missing";
  response.headers.emplace_back("Upgrade", "websocket");
  return response;
}

Response api_versions(const script::Config* config) {
  const JsonObject versions{{"api_versions", JsonObject{{"v2", base_url(config) + "api/v2"}}}};
  return make_response(200, "application/json", dump_json_spaced(Json(versions)));
}

std::string frontend_config(const script::User& user, const script::Config* config) {
  JsonObject shown;
  const JsonObject empty;
  const JsonObject& settings = config == nullptr ? empty : config->www.settings;
  for (const std::string_view key : public_settings) {
    if (const Json* value = settings.if_contains(key)) shown[key] = *value;
  }
  if (config != nullptr && config->www.port && !shown.contains("port")) shown["port"] = *config->www.port;
  if (!shown.contains("plugins")) shown["plugins"] = JsonObject();
  if (!shown.contains("avatar_methods")) shown["avatar_methods"] = JsonObject{{"name", "gravatar"}};
  if (!shown.contains("logfileName")) shown["logfileName"] = "http.log";
  shown["auth"] = JsonObject{{"name", config == nullptr ? "NoAuth" : config->www.auth.name}};
  shown["authz"] = JsonObject();
  shown["versions"] = JsonArray{JsonArray{"Buildbot", "4.3.0"}, JsonArray{"Kilnbot", KILN_VERSION}};
  shown["buildbotURL"] = base_url(config);
  shown["title"] = config == nullptr ? "Buildbot" : config->title;
  shown["titleURL"] = config == nullptr ? "" : config->title_url;
  shown["multiMaster"] = false;
  shown["user"] = user.info;
  return dump_json_spaced(Json(std::move(shown)));
}

Response config_json(const Request& request, const script::Config* config) {
  Response response = make_response(200, "application/json", frontend_config(request.user, config));
  // A proxy may not give one user's answer to another.
  response.headers.emplace_back("Cache-Control",
                                request.user.is_anonymous() ? "public,max-age=0" : "private,max-age=0");
  return response;
}

Response redirect_to_page(const Request& request, const script::Config* config) {
  const std::string page = argument(parse_query(request.query), "redirect");
  return redirect(base_url(config) + '#' + (page.empty() ? "/" : page));
}

Response avatar(const Request& request, const script::Config*) {
  const auto args = parse_query(request.query);
  const std::string email = argument(args, "email");
  const std::string size_text = argument(args, "size");
  int size = 32;
  std::from_chars(size_text.data(), size_text.data() + size_text.size(), size);
  Response response = redirect("//www.gravatar.com/avatar/" + md5_hex(to_lower_ascii(email)) + "?d=retro&s=" +
                               std::to_string(size));
  response.headers.emplace_back("Content-Type", "text/html");
  return response;
}

}  // namespace kiln::http
