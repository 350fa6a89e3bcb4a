#pragma once
// The signers and parents that are configured, by name, with their drivers. Those of the configuration file cannot be
// changed at run time; the others live in the store.
#include "port/driver.hpp"
#include "port/settings.hpp"
#include "port/store.hpp"
#include "serve/problem.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>

namespace tutti::serve {

template <class Settings, class Driver>
class Shelf {
  public:
    using Make = std::function<Expected<std::shared_ptr<Driver>>(const Settings&)>;
    struct Entry {
        Settings settings;
        std::shared_ptr<Driver> driver;
        bool from_file = false;
    };

    Shelf(std::string kind, port::Store& store, Make make)
        : kind_(std::move(kind)), store_(store), make_(std::move(make)) {}

    // At the start: what the file says, then what the store has. A name in both: the file's.
    Expected<void> load(const std::vector<Settings>& file);
    Expected<Entry> make(const Settings& settings) const;
    Result<void> add(const Entry& entry);
    Result<void> remove(const std::string& name);

    std::shared_ptr<Driver> driver(std::string_view name) const;
    Result<Entry> find(const std::string& name) const; // not_found, with the nearest name
    std::vector<Entry> all() const;
    std::vector<std::string> names() const;

  private:
    std::string kind_;
    port::Store& store_;
    Make make_;
    mutable std::mutex mutex_;
    std::map<std::string, Entry, std::less<>> entries_;
};

using Signers = Shelf<port::SignerSettings, port::SignerDriver>;
using Parents = Shelf<port::ParentSettings, port::ParentDriver>;

extern template class Shelf<port::SignerSettings, port::SignerDriver>;
extern template class Shelf<port::ParentSettings, port::ParentDriver>;

} // namespace tutti::serve
