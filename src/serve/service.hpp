#pragma once
// What can be asked of the daemon, apart from HTTP. Everything that changes something is checked first and changes
// nothing when a check fails.
#include "engine/engine.hpp"
#include "engine/signaller.hpp"
#include "plan/forecast.hpp"
#include "port/secret.hpp"
#include "serve/board.hpp"
#include "serve/caller.hpp"
#include "serve/registry.hpp"

#include <functional>

namespace tutti::serve {

struct ServiceDeps {
    port::Clock& clock;
    port::World& world;
    port::Store& store;
    Board& board;
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
    // Well, and at work; a problem with status 503 otherwise.
    Result<Json> ready();

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

    Result<Json> zones(const ListWish& wish, const Caller& caller);
    Result<Json> zone(const std::string& name);
    Result<Json> add_zone(const boost::json::object& body);
    Result<Json> remove_zone(const std::string& name, const std::string& match = {});
    Result<Json> explain(const std::string& name);
    Result<Json> intent(const std::string& name);
    Result<Json> decision(const std::string& name);
    // What is known of the world.
    Result<Json> observation(const std::string& name);
    Result<Json> keys(const std::string& name);
    Result<Json> timeline(const std::string& name);
    // What will happen by itself, from what is known; nobody is asked.
    Result<Json> forecast(const std::string& name);
    Result<Json> history(const std::string& name, std::int64_t after, std::size_t limit);
    Result<Json> plan(const std::string& name, const boost::json::object& body);
    // `match`: an ETag, or several, or "*", or nothing: the change is refused unless what the operator had set before
    // is that (RFC 9110 13.1.1).
    Result<Json> set_intent(const std::string& name, const boost::json::object& body, const std::string& match = {});
    // Would they be accepted? Nothing is changed.
    Result<Json> check_intent(const std::string& name, const boost::json::object& body);
    Result<Json> check_zone(const boost::json::object& body);
    // An event in the history of a zone; if there is no such zone, none.
    void note(const dns::Name& zone, const std::string& kind, const std::string& text);
    Result<Json> set_mode(const std::string& name, const std::string& mode, const std::string& match = {});
    Result<Json> set_paused(const std::string& name, bool paused, const std::string& match = {});
    Result<Json> step(const std::string& name, const std::string& match = {});

  private:
    Result<port::ZoneRecord> load(const std::string& name);
    Result<Json> show(const std::string& name, const std::function<Json(const port::ZoneRecord&)>& how);
    // Loads, changes, saves with an event; repeats when the engine was faster.
    Result<port::ZoneRecord> edit(const std::string& name, const std::string& match,
                                  const std::function<Result<port::Event>(port::ZoneRecord&)>& how);
    Result<void> check_secret(const std::optional<port::SecretRef>& ref, const std::string& field);
    // A request that was checked, and the reports of those who were probed.
    struct Wanted {
        model::Intent intent;
        boost::json::array reports;
    };
    struct Wished {
        port::ZoneRecord record;
        boost::json::array reports;
    };
    Result<Wanted> want(const std::string& name, const boost::json::object& body);
    Result<Wished> wish(const boost::json::object& body);
    template <class List>
    Result<void> check_unused(const List& names_of, const std::string& kind, const std::string& name);

    ServiceDeps d_;
};

} // namespace tutti::serve
