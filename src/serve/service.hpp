#pragma once
// What can be asked of the daemon, apart from HTTP. Everything that changes something is checked first and changes
// nothing when a check fails.
#include "engine/engine.hpp"
#include "plan/forecast.hpp"
#include "port/secret.hpp"
#include "serve/registry.hpp"

#include <functional>

namespace tutti::serve {

struct ServiceDeps {
    port::Clock& clock;
    port::World& world;
    port::Store& store;
    port::Secrets& secrets;
    Signers& signers;
    Parents& parents;
    model::Policy policy;                       // of new zones
    std::function<void(const dns::Name&)> look; // the zone was changed: look now
    std::function<void(const dns::Name&)> added, removed;
    std::function<std::string()> trouble; // why nothing is done at present (clock); empty if all is well
    std::string version;
};

class Service {
  public:
    explicit Service(ServiceDeps deps) : d_(std::move(deps)) {}

    Result<Json> health();

    Result<Json> signers();
    Result<Json> signer(const std::string& name);
    Result<Json> add_signer(const boost::json::object& body);
    Result<Json> remove_signer(const std::string& name);
    Result<Json> probe_signer(const std::string& name, const std::string& zone);

    Result<Json> parents();
    Result<Json> parent(const std::string& name);
    Result<Json> add_parent(const boost::json::object& body);
    Result<Json> remove_parent(const std::string& name);
    Result<Json> probe_parent(const std::string& name, const std::string& zone);

    Result<Json> zones();
    Result<Json> zone(const std::string& name);
    Result<Json> add_zone(const boost::json::object& body);
    Result<Json> remove_zone(const std::string& name);
    Result<Json> explain(const std::string& name);
    Result<Json> history(const std::string& name, std::int64_t after, std::size_t limit);
    Result<Json> plan(const std::string& name, const boost::json::object& body);
    Result<Json> set_intent(const std::string& name, const boost::json::object& body);
    Result<Json> set_mode(const std::string& name, const std::string& mode);
    Result<Json> set_paused(const std::string& name, bool paused);
    Result<Json> step(const std::string& name);

  private:
    Result<port::ZoneRecord> load(const std::string& name);
    // Loads, changes, saves with an event; repeats when the engine was faster.
    Result<port::ZoneRecord> edit(const std::string& name,
                                  const std::function<Result<port::Event>(port::ZoneRecord&)>& how);
    Result<void> check_secret(const std::optional<port::SecretRef>& ref, const std::string& field);
    template <class List>
    Result<void> check_unused(const List& names_of, const std::string& kind, const std::string& name);

    ServiceDeps d_;
};

} // namespace tutti::serve
