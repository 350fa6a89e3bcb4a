#include "app/agent_routes.hpp"

#include "agent/agent_store.hpp"
#include "app/config.hpp"
#include "app/render_agent.hpp"
#include "serve/api.hpp"

#include <charconv>
#include <chrono>
#include <mutex>

namespace tutti::app {

namespace {

namespace json = boost::json;
using serve::Reply;
using serve::Request;
using serve::Result;
using Store = std::unique_ptr<agent::AgentStore>;

class Agent {
  public:
    explicit Agent(std::string config) : config_(std::move(config)) {}

    Result<Reply> overview(const Request&) const {
        if (config_.empty()) return Json{{"configured", false}};
        return with([](const agent::Settings& settings, agent::AgentStore& store) -> Result<Reply> {
            const auto tally = store.tally();
            if (!tally) return serve::problem(tally.error());
            const auto open = store.open_submissions();
            if (!open) return serve::problem(open.error());
            json::array verdicts;
            for (const auto& t : *tally)
                verdicts.push_back({{"entry", t.entry}, {"verdict", t.verdict}, {"children", t.children}});
            json::object out{{"configured", true},
                             {"zone", settings.zone.text()},
                             {"registry", settings.registry},
                             {"interval_s", to_seconds(settings.interval)},
                             {"verdicts", std::move(verdicts)},
                             {"open", open->size()}};
            out["scanned_until"] = scanned_until(store);
            return Json(std::move(out));
        });
    }

    Result<Reply> delegations(const Request& r) const {
        const auto limit = serve::number(r, "limit", 100, 1000);
        if (!limit) return std::unexpected(limit.error());
        const auto most = static_cast<std::size_t>(*limit);
        return with([&](const agent::Settings&, agent::AgentStore& store) -> Result<Reply> {
            auto names = store.children(serve::text_of(r, "cursor"), most + 1);
            if (!names) return serve::problem(names.error());
            const bool more = names->size() > most;
            if (more) names->pop_back();
            json::array list;
            for (const auto& name : *names) {
                auto line = delegation(store, name);
                if (!line) return serve::problem(line.error());
                list.push_back(*std::move(line));
            }
            json::object out{{"delegations", std::move(list)}};
            if (more && !names->empty()) out["next"] = names->back().text();
            return serve::paged(Json(std::move(out)), r);
        });
    }

    Result<Reply> one(const Request& r) const {
        const auto child = dns::Name::parse(r.params.at("child"));
        if (!child) return std::unexpected(serve::Problem("child-invalid", child.error()));
        return with([&](const agent::Settings&, agent::AgentStore& store) -> Result<Reply> {
            const auto memory = store.load(*child);
            if (!memory) return serve::problem(memory.error());
            const auto open = store.open_submissions(*child);
            if (!open) return serve::problem(open.error());
            const auto entries = store.entries(*child, 0, 50);
            if (!entries) return serve::problem(entries.error());
            if (memory->empty() && open->empty() && entries->empty())
                return serve::problem("child-unknown", ErrorKind::not_found,
                                      "nothing is remembered of it: it never asked for a change", child->text(),
                                      "`tutti scan " + child->text() + "` looks at it now");
            return child_json(*child, *memory, *open, *entries);
        });
    }

    Result<Reply> log(const Request& r) const {
        const auto after = serve::number(r, "after", 0, INT64_MAX), limit = serve::number(r, "limit", 100, 10'000);
        if (!after) return std::unexpected(after.error());
        if (!limit) return std::unexpected(limit.error());
        return with([&](const agent::Settings&, agent::AgentStore& store) -> Result<Reply> {
            const auto entries = store.entries({}, *after, static_cast<std::size_t>(*limit));
            if (!entries) return serve::problem(entries.error());
            json::array list;
            for (const auto& e : *entries) list.push_back(to_json(e, false));
            return Json{{"entries", std::move(list)}};
        });
    }

  private:
    // The file is read each time: the agent may have been set up, or moved, since the daemon started.
    Result<Reply> with(const std::function<Result<Reply>(const agent::Settings&, agent::AgentStore&)>& use) const {
        if (config_.empty())
            return serve::problem("agent-absent", ErrorKind::not_found, "no parent's agent is configured here",
                                  "[page]", "set agent = \"FILE\" in [page] to its configuration file");
        const auto config = load_config(config_);
        if (!config) return serve::problem("agent-unreadable", 503, config.error().kind, config.error().seen, config_);
        if (!config->agent)
            return serve::problem("agent-unreadable", 503, ErrorKind::not_found, "there is no section [parent-agent]",
                                  config_, "doc/parent-serve.md shows one");
        auto store = agent::AgentStore::look_into(config->agent->database);
        if (!store)
            return serve::problem("agent-unreadable", 503, store.error().kind, store.error().seen, store.error().where,
                                  "has the agent been started?");
        return use(*config->agent, **store);
    }

    // All children have had their turn up to this moment of the agent's round.
    static Json scanned_until(agent::AgentStore& store) {
        const auto hand = store.setting("hand");
        std::int64_t us = 0;
        if (!hand || !*hand ||
            std::from_chars((*hand)->data(), (*hand)->data() + (*hand)->size(), us).ec != std::errc{})
            return nullptr;
        return json::string(to_rfc3339(Instant{Duration{us}}));
    }

    static Expected<Json> delegation(agent::AgentStore& store, const dns::Name& name) {
        const auto memory = store.load(name);
        if (!memory) return std::unexpected(memory.error());
        const auto last = store.entries(name, 0, 1);
        if (!last) return std::unexpected(last.error());
        json::object out{{"child", name.text()},
                         {"suspended", memory->suspended},
                         {"notifies", memory->notifies},
                         {"look_at", nullptr},
                         {"last", nullptr}};
        if (memory->look_at) out["look_at"] = json::string(to_rfc3339(*memory->look_at));
        if (!last->empty()) out["last"] = to_json(last->back(), false);
        return Json(std::move(out));
    }

    std::string config_;
};

} // namespace

std::vector<serve::Route> agent_routes(const std::string& config) {
    const auto a = std::make_shared<const Agent>(config);
    return {
        {"GET", "/v1/agent", "The parent's agent on this machine", serve::Scope::read,
         [a](const Request& r) { return a->overview(r); }},
        {"GET",
         "/v1/agent/delegations",
         "The children of which it knows something",
         serve::Scope::read,
         [a](const Request& r) { return a->delegations(r); },
         {"cursor", "limit"}},
        {"GET", "/v1/agent/delegations/{child}", "What it knows of a child, and on which evidence", serve::Scope::read,
         [a](const Request& r) { return a->one(r); }},
        {"GET",
         "/v1/agent/log",
         "What it decided and did",
         serve::Scope::read,
         [a](const Request& r) { return a->log(r); },
         {"after", "limit"}},
    };
}

} // namespace tutti::app
