#include "sim/memory_store.hpp"

namespace tutti::sim {

namespace {
std::unexpected<Error> no_such(const dns::Name& zone) {
    return fail(ErrorKind::not_found, "zone " + zone.text() + " is not known");
}
} // namespace

Expected<std::vector<dns::Name>> MemoryStore::zones() {
    before();
    std::vector<dns::Name> out;
    for (const auto& [name, zone] : zones_) out.push_back(name);
    return out;
}

Expected<port::ZoneRecord> MemoryStore::load(const dns::Name& zone) {
    before();
    auto it = zones_.find(zone);
    if (it == zones_.end()) return no_such(zone);
    return it->second.record;
}

Expected<void> MemoryStore::save(port::ZoneRecord& record, const std::vector<port::Event>& events) {
    before();
    auto it = zones_.find(record.zone);
    const std::uint64_t there = it == zones_.end() ? 0 : it->second.record.revision;
    if (record.revision != there)
        return fail(ErrorKind::conflict, "somebody else saved " + record.zone.text() + " since it was loaded");
    record.revision += 1;
    if (it == zones_.end())
        it = zones_.emplace(record.zone, Zone{record, {}, {}}).first;
    else
        it->second.record = record;
    if (keep_events_)
        for (auto event : events) {
            event.id = ++last_id_;
            it->second.events.push_back(std::move(event));
        }
    after();
    return {};
}

Expected<void> MemoryStore::remove(const dns::Name& zone) {
    before();
    if (zones_.erase(zone) == 0) return no_such(zone);
    after();
    return {};
}

Expected<std::vector<port::Event>> MemoryStore::events(const dns::Name& zone, std::int64_t from, std::size_t limit) {
    before();
    std::vector<port::Event> out;
    auto it = zones_.find(zone);
    if (it == zones_.end()) return no_such(zone);
    for (const auto& event : it->second.events)
        if (event.id > from && out.size() < limit) out.push_back(event);
    return out;
}

Expected<std::vector<port::Transition>> MemoryStore::transitions(const dns::Name& zone) {
    before();
    auto it = zones_.find(zone);
    if (it == zones_.end()) return no_such(zone);
    return it->second.transitions;
}

Expected<void> MemoryStore::add_transition(const dns::Name& zone, const port::Transition& transition) {
    before();
    auto it = zones_.find(zone);
    if (it == zones_.end()) return no_such(zone);
    it->second.transitions.push_back(transition);
    after();
    return {};
}

Expected<std::vector<std::pair<std::string, std::string>>> MemoryStore::configs(const std::string& kind) {
    before();
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [name, json] : configs_[kind]) out.emplace_back(name, json);
    return out;
}

Expected<void> MemoryStore::put_config(const std::string& kind, const std::string& name, const std::string& json) {
    before();
    configs_[kind][name] = json;
    after();
    return {};
}

Expected<void> MemoryStore::drop_config(const std::string& kind, const std::string& name) {
    before();
    if (configs_[kind].erase(name) == 0) return fail(ErrorKind::not_found, "there is no " + kind + " " + name);
    after();
    return {};
}

port::ZoneRecord* MemoryStore::peek(const dns::Name& zone) {
    auto it = zones_.find(zone);
    return it == zones_.end() ? nullptr : &it->second.record;
}

} // namespace tutti::sim
