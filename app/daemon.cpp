#include "app/daemon.hpp"

#include "app/cli.hpp"
#include "engine/live_world.hpp"
#include "engine/runner.hpp"
#include "net/dns_client.hpp"
#include "net/http_client.hpp"
#include "net/notify_listener.hpp"
#include "net/resolver.hpp"
#include "net/secrets.hpp"
#include "parent/make.hpp"
#include "serve/api.hpp"
#include "serve/server.hpp"
#include "serve/watched_store.hpp"
#include "signer/make.hpp"
#include "store/sqlite_store.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace tutti::app {

namespace {

Expected<std::unique_ptr<port::Resolver>> resolver_of(const Config& config) {
    net::ResolverOptions options;
    if (config.daemon.resolver) options.forward = {*config.daemon.resolver};
    return net::make_resolver(options);
}

void log_events(const port::ZoneRecord& record, const std::vector<port::Event>& events) {
    for (const auto& e : events) {
        const bool bad = e.kind == "alarm" || e.kind == "failure";
        spdlog::log(bad ? spdlog::level::warn : spdlog::level::info, "{} {}: {}", record.zone.text(), e.kind, e.text);
    }
}

} // namespace

// In the order in which they need each other; taken down in the opposite one.
struct Daemon::Parts {
    Parts(const Config& c, std::unique_ptr<store::SqliteStore> s, std::unique_ptr<port::Resolver> r)
        : config(c), disk(std::move(s)), resolver(std::move(r)) {}

    engine::Directory directory() {
        return {[this](const std::string& name) { return signers.driver(name); },
                [this](const std::string& name) { return parents.driver(name); }};
    }
    serve::ServiceDeps deps() {
        return {.clock = clock,
                .world = world,
                .store = store,
                .secrets = secrets,
                .signers = signers,
                .parents = parents,
                .policy = config.policy,
                .look = [this](const dns::Name& zone) { runner.wake(zone); },
                .added = [this](const dns::Name& zone) { runner.add(zone); },
                .removed =
                    [this](const dns::Name& zone) {
                        runner.remove(zone);
                        world.forget(zone);
                    },
                .trouble = [this] { return trouble(); },
                .version = kVersion};
    }
    std::string trouble() {
        const std::lock_guard guard(trouble_mutex);
        return trouble_text;
    }

    Config config;
    std::unique_ptr<store::SqliteStore> disk;
    std::unique_ptr<port::Resolver> resolver;
    SystemClock clock;
    net::DnsClient dns{clock};
    net::HttpClient http;
    net::SecretReader secrets;
    serve::Signers signers{"signer", *disk, [this](const port::SignerSettings& s) {
                               return signer::make(s, {dns, http, secrets, clock});
                           }};
    serve::Parents parents{"parent", *disk, [this](const port::ParentSettings& s) {
                               return parent::make(s, {dns, secrets, resolver.get()});
                           }};
    serve::EventHub hub{*disk};
    serve::WatchedStore store{*disk, [this](const port::ZoneRecord& record, const std::vector<port::Event>& events) {
                                  log_events(record, events);
                                  hub.poke();
                              }};
    engine::LiveWorld world{dns, clock, directory()};
    engine::Runner runner{{clock, world, store}, {}, config.daemon.workers};
    std::mutex trouble_mutex;
    std::string trouble_text = "it has just been started";
    serve::Service service{deps()};
    serve::Router router{serve::api(service)};
    std::unique_ptr<net::NotifyListener> notify;
    std::unique_ptr<serve::Server> server;
};

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Daemon::~Daemon() {
    if (!parts_) return;
    if (parts_->notify) parts_->notify->stop();
    parts_->server.reset();
    parts_->runner.stop();
}

Expected<std::unique_ptr<Daemon>> Daemon::make(const Config& config) {
    auto disk = store::SqliteStore::open(config.daemon.database);
    if (!disk) return std::unexpected(disk.error());
    auto resolver = resolver_of(config);
    if (!resolver) return std::unexpected(resolver.error());
    auto parts = std::make_unique<Parts>(config, *std::move(disk), *std::move(resolver));
    if (auto ok = parts->parents.load(config.parents); !ok) return std::unexpected(ok.error());
    if (auto ok = parts->signers.load(config.signers); !ok) return std::unexpected(ok.error());
    if (!config.daemon.notify.empty()) {
        auto listener = net::NotifyListener::start(config.daemon.notify, [p = parts.get()](const net::Notification& n) {
            p->runner.wake(n.zone);
            return dns::Rcode::noerror;
        });
        if (!listener) return std::unexpected(listener.error());
        parts->notify = *std::move(listener);
    }
    serve::ServerOptions options;
    options.socket = config.daemon.socket;
    auto server = serve::Server::start(parts->router, parts->hub, options);
    if (!server) return std::unexpected(server.error());
    parts->server = *std::move(server);
    return std::unique_ptr<Daemon>(new Daemon(std::move(parts)));
}

std::string Daemon::go() {
    auto& p = *parts_;
    const auto halt = [&](const std::string& why) {
        const std::lock_guard guard(p.trouble_mutex);
        return p.trouble_text = why;
    };
    auto stored = p.disk->configs("clock");
    auto newest = p.disk->newest();
    if (!stored) return halt(stored.error().text());
    if (!newest) return halt(newest.error().text());
    std::optional<ClockReading> anchor;
    for (const auto& [name, text] : *stored)
        if (auto read = parse_clock_reading(text)) anchor = *read;
    const auto reading = read_clocks();
    const auto verdict = judge_clock(reading, anchor, *newest, p.config.daemon.accept_clock);
    if (!verdict.trouble.empty()) return halt(verdict.trouble + "; " + verdict.remedy);
    p.clock.begin(reading, verdict.start);
    if (auto ok = p.disk->put_config("clock", "anchor", to_text({reading.boot_id, reading.boottime, verdict.start}));
        !ok)
        return halt(ok.error().text());
    auto zones = p.disk->zones();
    if (!zones) return halt(zones.error().text());
    for (const auto& zone : *zones) p.runner.add(zone);
    halt("");
    p.runner.start();
    return {};
}

} // namespace tutti::app
