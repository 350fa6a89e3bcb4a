#include "serve/registry.hpp"

#include "model/json.hpp"
#include "port/nearest.hpp"

namespace tutti::serve {

namespace {

void read(const Json& v, Expected<port::SignerSettings>& out) {
    out = port::signer_settings_from_json(v);
}
void read(const Json& v, Expected<port::ParentSettings>& out) {
    out = port::parent_settings_from_json(v);
}

template <class Settings>
Expected<Settings> parse(const std::string& text) {
    auto value = model::parse_json(text);
    if (!value) return std::unexpected(value.error());
    Expected<Settings> out;
    read(*value, out);
    return out;
}

} // namespace

template <class S, class D>
Expected<typename Shelf<S, D>::Entry> Shelf<S, D>::make(const S& settings) const {
    auto driver = make_(settings);
    if (!driver) return std::unexpected(driver.error());
    return Entry{settings, *std::move(driver), false};
}

template <class S, class D>
Expected<void> Shelf<S, D>::load(const std::vector<S>& file) {
    auto stored = store_.configs(kind_);
    if (!stored) return std::unexpected(stored.error());
    std::map<std::string, Entry, std::less<>> entries;
    for (const auto& [name, text] : *stored) {
        auto settings = parse<S>(text);
        if (!settings) return std::unexpected(settings.error());
        auto entry = make(*settings);
        if (!entry) return std::unexpected(entry.error());
        entries[name] = *std::move(entry);
    }
    for (const auto& settings : file) {
        auto entry = make(settings);
        if (!entry) return std::unexpected(entry.error());
        entry->from_file = true;
        entries[settings.name] = *std::move(entry);
    }
    const std::lock_guard guard(mutex_);
    entries_ = std::move(entries);
    return {};
}

template <class S, class D>
Result<void> Shelf<S, D>::add(const Entry& entry) {
    const std::lock_guard guard(mutex_);
    const auto& name = entry.settings.name;
    if (entries_.contains(name))
        return problem(kind_ + "-exists", ErrorKind::conflict, "there is a " + kind_ + " \"" + name + "\" already",
                       name, "choose another name, or remove that one first");
    if (auto ok = store_.put_config(kind_, name, serialize(port::to_json(entry.settings))); !ok)
        return problem(ok.error());
    entries_[name] = entry;
    return {};
}

template <class S, class D>
Result<void> Shelf<S, D>::remove(const std::string& name) {
    auto entry = find(name);
    if (!entry) return std::unexpected(entry.error());
    if (entry->from_file)
        return problem(kind_ + "-in-file", ErrorKind::conflict, name + " comes from the configuration file", name,
                       "take it out there, and restart the daemon");
    if (auto ok = store_.drop_config(kind_, name); !ok) return problem(ok.error());
    const std::lock_guard guard(mutex_);
    entries_.erase(name);
    return {};
}

template <class S, class D>
std::shared_ptr<D> Shelf<S, D>::driver(std::string_view name) const {
    const std::lock_guard guard(mutex_);
    const auto found = entries_.find(name);
    return found == entries_.end() ? nullptr : found->second.driver;
}

template <class S, class D>
Result<typename Shelf<S, D>::Entry> Shelf<S, D>::find(const std::string& name) const {
    {
        const std::lock_guard guard(mutex_);
        if (const auto found = entries_.find(name); found != entries_.end()) return found->second;
    }
    return problem(kind_ + "-unknown", ErrorKind::not_found, "there is no " + kind_ + " \"" + name + '"', name,
                   port::suggestion(name, names(), "none is configured: `tutti " + kind_ + " add` adds one"));
}

template <class S, class D>
std::vector<typename Shelf<S, D>::Entry> Shelf<S, D>::all() const {
    const std::lock_guard guard(mutex_);
    std::vector<Entry> out;
    for (const auto& [name, entry] : entries_) out.push_back(entry);
    return out;
}

template <class S, class D>
std::vector<std::string> Shelf<S, D>::names() const {
    const std::lock_guard guard(mutex_);
    std::vector<std::string> out;
    for (const auto& [name, entry] : entries_) out.push_back(name);
    return out;
}

template class Shelf<port::SignerSettings, port::SignerDriver>;
template class Shelf<port::ParentSettings, port::ParentDriver>;

} // namespace tutti::serve
