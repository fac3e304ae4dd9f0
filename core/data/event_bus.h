// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/model/event.h"

namespace kiln::data {

// One message, the same for all its subscribers.
struct Message {
  std::string key;                               // "builds/7/finished"
  std::shared_ptr<const std::string> body;       // JSON of the row
  std::shared_ptr<const std::string> frame;      // {"k":key,"m":body}, as websocket clients get it
};

class Subscriber {
 public:
  virtual ~Subscriber() = default;
  // On the loop thread, once for each matching subscription. May unsubscribe.
  virtual void deliver(const Message& message) = 0;
};

// Turns events into messages under upstream's routing keys and hands them to whom they concern (rest.md section 7).
// JSON is made once an event, and only when somebody listens. Loop thread; owned by app/.
class EventBus : public EventSink {
 public:
  // `pattern`: elements joined by '/', `*` stands for exactly one. Twice the same is one subscription.
  void subscribe(Subscriber& subscriber, const std::string& pattern);
  // False: there was no such subscription.
  bool unsubscribe(Subscriber& subscriber, const std::string& pattern);
  void drop(Subscriber& subscriber);

  void publish(const Event& event) override;
  // Upstream announces controls too: `control/<what>/<id>/<verb>`.
  void publish_control(std::string_view path, std::string_view verb, const JsonObject& params);

  std::size_t subscriptions() const;

 private:
  struct Pattern {
    std::vector<std::string> elements;
    std::set<Subscriber*> subscribers;
  };
  template <class MakeBody>
  void route(std::string key, std::shared_ptr<const std::string>& body, MakeBody&& make_body);
  template <class Row>
  void publish_row(const Row& row, std::string_view verb);
  void publish_row(const BuildPropertiesRow& row, std::string_view verb);
  void publish_row(const BuildsetRow& row, std::string_view verb);
  void publish_row(const BuilderStateRow& row, std::string_view verb);

  std::map<std::string, Pattern, std::less<>> patterns_;
};

}  // namespace kiln::data
