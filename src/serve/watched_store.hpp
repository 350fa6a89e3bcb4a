#pragma once
// A store that tells when something was saved, so that readers of events need not ask again and again.
#include "port/store.hpp"

#include <functional>

namespace tutti::serve {

class WatchedStore final : public port::Store {
  public:
    // Called after each save, and after a zone was removed, from the thread that did it: be quick.
    using Saved = std::function<void(const port::ZoneRecord&, const std::vector<port::Event>&)>;
    using Removed = std::function<void(const dns::Name&)>;
    WatchedStore(port::Store& inner, Saved saved, Removed removed = {})
        : inner_(inner), saved_(std::move(saved)), removed_(std::move(removed)) {}

    Expected<std::vector<dns::Name>> zones() override { return inner_.zones(); }
    Expected<port::ZoneRecord> load(const dns::Name& zone) override { return inner_.load(zone); }
    Expected<void> save(port::ZoneRecord& record, const std::vector<port::Event>& events) override {
        auto ok = inner_.save(record, events);
        if (ok) saved_(record, events);
        return ok;
    }
    Expected<void> remove(const dns::Name& zone) override {
        auto ok = inner_.remove(zone);
        if (ok && removed_) removed_(zone);
        return ok;
    }
    Expected<std::vector<port::Event>> events(const dns::Name& zone, std::int64_t after, std::size_t limit) override {
        return inner_.events(zone, after, limit);
    }
    Expected<std::vector<port::ZoneEvent>> all_events(std::int64_t after, std::size_t limit) override {
        return inner_.all_events(after, limit);
    }
    Expected<std::int64_t> last_event() override { return inner_.last_event(); }
    Expected<std::vector<port::Transition>> transitions(const dns::Name& zone) override {
        return inner_.transitions(zone);
    }
    Expected<void> add_transition(const dns::Name& zone, const port::Transition& transition) override {
        return inner_.add_transition(zone, transition);
    }
    Expected<std::vector<std::pair<std::string, std::string>>> configs(const std::string& kind) override {
        return inner_.configs(kind);
    }
    Expected<void> put_config(const std::string& kind, const std::string& name, const std::string& json) override {
        return inner_.put_config(kind, name, json);
    }
    Expected<void> drop_config(const std::string& kind, const std::string& name) override {
        return inner_.drop_config(kind, name);
    }

  private:
    port::Store& inner_;
    Saved saved_;
    Removed removed_;
};

} // namespace tutti::serve
