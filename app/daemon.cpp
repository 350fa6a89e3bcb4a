#include "app/daemon.hpp"

#include "app/agent_routes.hpp"
#include "app/cli.hpp"
#include "app/testbed_routes.hpp"
#include "app/trace_route.hpp"
#include "engine/live_world.hpp"
#include "engine/runner.hpp"
#include "engine/signaller.hpp"
#include "net/dns_client.hpp"
#include "net/http_client.hpp"
#include "net/notify_listener.hpp"
#include "net/resolver.hpp"
#include "net/secrets.hpp"
#include "net/smtp.hpp"
#include "os/process.hpp"
#include "parent/make.hpp"
#include "serve/api.hpp"
#include "serve/metrics.hpp"
#include "serve/outbox.hpp"
#include "serve/page.hpp"
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
    options.trust_anchor_file = config.daemon.trust_anchor;
    if (config.daemon.resolver) options.forward = {*config.daemon.resolver};
    return net::make_resolver(options);
}

serve::ServerOptions options_of(const Config& config) {
    serve::ServerOptions out;
    out.socket = config.daemon.socket;
    out.listen = config.api.listen;
    out.certificate = config.api.certificate;
    out.key = config.api.key;
    out.connections_per_address = static_cast<std::size_t>(config.api.connections_per_address);
    return out;
}

void log_events(const port::ZoneRecord& record, const std::vector<port::Event>& events) {
    for (const auto& e : events) {
        const bool bad = e.kind == "alarm" || e.kind == "failure";
        spdlog::log(bad ? spdlog::level::warn : spdlog::level::info, "{} {}: {}", record.zone.text(), e.kind, e.text);
    }
}

// Who is told of alarms.
std::vector<serve::Outbox::Channel> channels_of(const AlertSettings& a, port::Http& http, port::Secrets& secrets,
                                                port::Clock& clock) {
    std::vector<serve::Outbox::Channel> out;
    if (!a.webhook.empty())
        out.push_back({"webhook", [&](const serve::Notice& n) -> Expected<void> {
                           const auto secret = secrets.read(*a.webhook_secret);
                           if (!secret) return std::unexpected(secret.error());
                           const auto request = alert::post(a.webhook, serve::json_of(n), *secret, clock.now());
                           return alert::taken(http.send(request), a.webhook);
                       }});
    if (!a.mail_to.empty())
        out.push_back({"mail", [&a](const serve::Notice& n) {
                           const auto mail = serve::mail_of(n, a.mail_from, a.mail_to);
                           return a.mail_command.empty()
                                      ? net::send_mail(a.mail_server, alert::address_of(a.mail_from),
                                                       alert::address_of(a.mail_to), alert::text_of(mail))
                                      : os::feed_command(a.mail_command, alert::text_of(mail), seconds(30));
                       }});
    return out;
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
                .board = board,
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
                        signaller.look(zone);
                    },
                .trouble = [this] { return trouble(); },
                .version = kVersion};
    }
    std::vector<serve::Route> routes() {
        auto out = serve::api(service, proposals);
        for (auto& more : {serve::token_routes(tokens), serve::proposal_routes(proposals), serve::audit_routes(*disk),
                           trace_route(service), agent_routes(config.page.agent), testbed_routes(config.page.testbed)})
            out.insert(out.end(), more.begin(), more.end());
        out.push_back(serve::metrics_route(metrics, [this] {
            return serve::Metrics::Moment{clock.now(), kVersion, !trouble().empty(), runner.behind()};
        }));
        out.push_back(serve::index_route(out));
        return out;
    }
    serve::GateRules rules() const {
        serve::GateRules out;
        out.public_read = config.api.public_read;
        out.per_second = config.api.requests_per_second;
        out.burst = 5.0 * config.api.requests_per_second;
        return out;
    }
    std::vector<model::SignalPlace> signal_places() const {
        std::vector<model::SignalPlace> out;
        for (const auto& signer : signers.all())
            for (const auto& zone : signer.settings.signal_zones) out.push_back({zone, signer.settings.name});
        return out;
    }
    // Zones that nobody saves have their place in the list and in the metrics, too. One that cannot be read keeps
    // nobody from the others.
    Expected<void> count_zones() {
        const auto zones = disk->zones();
        if (!zones) return std::unexpected(zones.error());
        for (const auto& zone : *zones) {
            const auto record = disk->load(zone);
            if (!record) {
                spdlog::error("{}: {}", zone.text(), record.error().text());
                continue;
            }
            board.update(*record);
            metrics.update(*record, {});
        }
        return {};
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
    serve::Board board;
    serve::Metrics metrics{clock.now()};
    serve::WatchedStore store{*disk,
                              [this](const port::ZoneRecord& record, const std::vector<port::Event>& events) {
                                  board.update(record);
                                  metrics.update(record, events);
                                  if (events.empty()) return;
                                  log_events(record, events);
                                  hub.poke();
                                  if (outbox) outbox->poke();
                              },
                              [this](const dns::Name& zone) {
                                  board.remove(zone);
                                  metrics.remove(zone);
                              }};
    std::unique_ptr<serve::Outbox> outbox;
    engine::LiveWorld world{dns, clock, directory()};
    serve::TimedWorld timed{world, clock, metrics};
    engine::Signaller signaller{{clock, dns, store, *resolver, directory(), [this] { return signal_places(); }}};
    engine::Runner runner{{clock, timed, store}, {}, config.daemon.workers, [this](const dns::Name& zone) {
                              metrics.passed();
                              return signaller.look(zone);
                          }};
    std::mutex trouble_mutex;
    std::string trouble_text = "it has just been started";
    serve::Service service{deps()};
    serve::Tokens tokens{*disk, clock};
    serve::Proposals proposals{*disk, clock, service, {config.approval.required, config.approval.zones}};
    serve::Router router{routes()};
    serve::Gate gate{router, tokens, *disk, clock, rules()};
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
    const auto warn = [](const std::string& text) { spdlog::warn("{}", text); };
    parts->outbox = std::make_unique<serve::Outbox>(
        serve::Outbox::Ports{*parts->disk, parts->clock, parts->metrics, warn},
        channels_of(parts->config.alerts, parts->http, parts->secrets, parts->clock), parts->hub.last());
    if (auto ok = parts->count_zones(); !ok) return std::unexpected(ok.error());
    if (!config.daemon.notify.empty()) {
        auto listener = net::NotifyListener::start(config.daemon.notify, [p = parts.get()](const net::Notification& n) {
            p->runner.wake(n.zone);
            return dns::Rcode::noerror;
        });
        if (!listener) return std::unexpected(listener.error());
        parts->notify = *std::move(listener);
    }
    if (auto ok = parts->tokens.load(); !ok) return std::unexpected(ok.error());
    auto server = serve::Server::start(parts->gate, parts->hub, serve::page, options_of(config));
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
