#pragma once
// port::Store in memory. What was saved survives a crash of the controller; the world can lose it all.
#include "port/store.hpp"

#include <functional>
#include <map>

namespace tutti::sim {

class MemoryStore final : public port::Store {
  public:
    Expected<std::vector<dns::Name>> zones() override;
    Expected<port::ZoneRecord> load(const dns::Name& zone) override;
    Expected<void> save(port::ZoneRecord& record, const std::vector<port::Event>& events) override;
    Expected<void> remove(const dns::Name& zone) override;
    Expected<std::vector<port::Event>> events(const dns::Name& zone, std::int64_t after, std::size_t limit) override;
    Expected<std::vector<port::Transition>> transitions(const dns::Name& zone) override;
    Expected<void> add_transition(const dns::Name& zone, const port::Transition& transition) override;
    Expected<std::vector<std::pair<std::string, std::string>>> configs(const std::string& kind) override;
    Expected<void> put_config(const std::string& kind, const std::string& name, const std::string& json) override;
    Expected<void> drop_config(const std::string& kind, const std::string& name) override;

    // Runs before each call, and after each one that changed something; may throw.
    void set_hooks(std::function<void()> before, std::function<void()> after) {
        before_ = std::move(before);
        after_ = std::move(after);
    }
    void keep_events(bool keep) { keep_events_ = keep; }
    // Past the hooks: for the operator and the runner.
    port::ZoneRecord* peek(const dns::Name& zone);
    void lose_everything() { zones_.clear(); }

  private:
    struct Zone {
        port::ZoneRecord record;
        std::vector<port::Event> events;
        std::vector<port::Transition> transitions;
    };
    void before() const {
        if (before_) before_();
    }
    void after() const {
        if (after_) after_();
    }
    std::map<dns::Name, Zone> zones_;
    std::map<std::string, std::map<std::string, std::string>> configs_;
    std::int64_t last_id_ = 0;
    bool keep_events_ = true;
    std::function<void()> before_, after_;
};

} // namespace tutti::sim
