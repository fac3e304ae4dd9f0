// SPDX-License-Identifier: MIT
#include "core/data/json_text.h"

namespace kiln::data {
namespace {

std::size_t end_of_string(std::string_view text, std::size_t quote) {
  std::size_t i = quote + 1;
  while (i < text.size() && text[i] != '"') i += text[i] == '\\' ? 2 : 1;
  return i + 1;
}

class Indenter {
 public:
  explicit Indenter(std::string_view text) : text_(text) { out_.reserve(text.size() * 2); }

  std::string run() {
    for (std::size_t i = 0; i < text_.size();) {
      if (text_[i] == '"') {
        const std::size_t end = end_of_string(text_, i);
        out_ += text_.substr(i, end - i);
        i = end;
      } else {
        take(i);
        ++i;
      }
    }
    return std::move(out_);
  }

 private:
  void take(std::size_t i) {
    const char c = text_[i];
    switch (c) {
      case '{':
      case '[':
        out_ += c;
        ++depth_;
        if (i + 1 < text_.size() && text_[i + 1] != '}' && text_[i + 1] != ']') new_line();
        return;
      case '}':
      case ']':
        --depth_;
        if (text_[i - 1] != '{' && text_[i - 1] != '[') new_line();
        out_ += c;
        return;
      case ',':
        out_ += ", ";
        new_line();
        return;
      case ':': out_ += ": "; return;
      default: out_ += c;
    }
  }
  void new_line() {
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  std::string_view text_;
  std::string out_;
  std::size_t depth_ = 0;
};

}  // namespace

std::string indent_json(std::string_view compact) { return Indenter(compact).run(); }

}  // namespace kiln::data
