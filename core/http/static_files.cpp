// SPDX-License-Identifier: MIT
#include <openssl/rand.h>

#include <array>

#include "core/http/assets.h"
#include "core/http/compress.h"
#include "core/http/pages.h"

namespace kiln::http {
namespace {

constexpr std::string_view config_place = "<!-- KILNBOT_CONFIG -->";
constexpr std::string_view missing_ui =
    "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Kilnbot</title></head>\n<body>\n"
    "<h1>Kilnbot is running</h1>\n<p>This executable was built without the user interface. To have it, run "
    "<code>npm ci &amp;&amp; npm run build</code> in <code>web/</code> and build again.</p>\n"
    "<p>The REST interface is at <a href=\"api/v2\">api/v2</a>.</p>\n</body>\n</html>\n";

std::string make_nonce() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no random bytes");
  constexpr std::string_view digits = "0123456789abcdef";
  std::string nonce;
  for (const unsigned char byte : bytes) {
    nonce += digits[byte >> 4];
    nonce += digits[byte & 15];
  }
  return nonce;
}

// JSON inside a script element: nothing in it may end the element or start a comment.
std::string script_safe(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char c : json) {
    switch (c) {
      case '<': safe += "\\u003c"; break;
      case '>': safe += "\\u003e"; break;
      case '&': safe += "\\u0026"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string policy(const std::string& nonce) {
  return "default-src 'none'; script-src 'self' 'nonce-" + nonce +
         "'; style-src 'self'; img-src 'self' data: https://www.gravatar.com; font-src 'self'; connect-src 'self'; "
         "manifest-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
}

Response index_page(const Request& request, const script::Config* config) {
  const Asset* page = find_asset("index.html");
  std::string html(page == nullptr ? missing_ui : page->plain);
  const std::string nonce = make_nonce();
  if (const std::size_t place = html.find(config_place); place != std::string::npos) {
    html.replace(place, config_place.size(),
                 "<script id=\"bb-config\" nonce=\"" + nonce + "\">window.buildbotFrontendConfig = " +
                     script_safe(frontend_config(request.user, config)) + ";</script>");
  }
  Response response = make_response(200, "text/html; charset=utf-8", std::move(html));
  response.headers.emplace_back("Cache-Control", "no-cache");
  response.headers.emplace_back("Content-Security-Policy", policy(nonce));
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("Referrer-Policy", "same-origin");
  return response;
}

std::string joined(const std::vector<std::string>& path) {
  std::string text;
  for (std::size_t i = 0; i < path.size(); ++i) text += (i == 0 ? "" : "/") + path[i];
  return text;
}

Response asset_response(const Request& request, const Asset& asset) {
  Response response;
  response.headers.emplace_back("Content-Type", asset.content_type);
  response.headers.emplace_back("Cache-Control",
                                asset.is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("ETag", '"' + std::string(asset.etag) + '"');
  response.headers.emplace_back("Vary", "Accept-Encoding");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (request.header("if-none-match") == '"' + std::string(asset.etag) + '"') {
    response.status = 304;
    return response;
  }
  const Encoding encoding = choose_encoding(request.header("accept-encoding"));
  response.static_body = asset.plain;
  if (encoding == Encoding::brotli && !asset.brotli.empty()) {
    response.static_body = asset.brotli;
  } else if (encoding != Encoding::none && !asset.gzip.empty()) {
    response.static_body = asset.gzip;
  } else {
    return response;
  }
  response.headers.emplace_back("Content-Encoding", to_string(response.static_body.data() == asset.brotli.data()
                                                                  ? Encoding::brotli
                                                                  : Encoding::gzip));
  return response;
}

}  // namespace

Response static_file(const Request& request, const script::Config* config) {
  const std::string path = joined(request.path);
  if (path.empty() || path == "index.html") return index_page(request, config);
  const Asset* asset = find_asset(path);
  return asset == nullptr ? not_found_page() : asset_response(request, *asset);
}

}  // namespace kiln::http
