#pragma once
// The daemon: everything wired together.
#include "app/config.hpp"
#include "app/system_clock.hpp"

#include <functional>
#include <memory>

namespace tutti::app {

class Daemon {
  public:
    // Opens the store, builds the drivers, listens. Nothing is looked at or changed before `go`.
    static Expected<std::unique_ptr<Daemon>> make(const Config& config);
    ~Daemon();
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;

    // Begins to look after the zones when the clock can be trusted; otherwise nothing happens, and the reason is given.
    // To be called again until it returns nothing.
    std::string go();

  private:
    struct Parts;
    explicit Daemon(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

} // namespace tutti::app
