#include "app/parent_daemon.hpp"

#include "agent/agent.hpp"
#include "agent/hear.hpp"
#include "agent/reporter.hpp"
#include "app/scan_input.hpp"
#include "app/system_clock.hpp"
#include "net/dns_client.hpp"
#include "net/http_client.hpp"
#include "net/notify_listener.hpp"
#include "net/resolver.hpp"
#include "net/secrets.hpp"
#include "parent/make.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

namespace tutti::app {

namespace {

namespace fs = std::filesystem;

constexpr const char* kRootKey = "/usr/share/dns/root.key"; // of Debian's dns-root-data
constexpr Duration kClockSlack = std::chrono::hours{1};

// The delegations: by IXFR or AXFR, by the serial; from a file, by its time and size.
class Delegations final : public agent::Source {
  public:
    Delegations(const agent::Settings& settings, port::Dns& dns, port::Clock& clock)
        : settings_(settings), dns_(dns), clock_(clock) {}

    Expected<std::string> version() override {
        const auto& d = settings_.delegated;
        if (d.transfer) return serial(*d.transfer);
        const std::string& path = d.file.empty() ? d.list : d.file;
        std::error_code ec;
        const auto time = fs::last_write_time(path, ec);
        const auto size = ec ? 0 : fs::file_size(path, ec);
        if (ec) return fail(ErrorKind::not_found, "the delegations cannot be read: " + ec.message(), path);
        return fmt::format("{}/{}", time.time_since_epoch().count(), size);
    }

    Expected<void> read(scan::Delegations& out, const scan::Delegations* before) override {
        const auto& d = settings_.delegated;
        ScanInput input;
        input.zone = settings_.zone.text();
        input.file = d.file;
        input.list = d.list;
        if (d.transfer) input.transfer = d.transfer->text();
        if (d.tsig) {
            input.tsig_name = d.tsig->name.text();
            input.tsig_algorithm = d.tsig->algorithm;
            input.tsig_secret = d.tsig->secret.text();
        }
        return read_input(input, nullptr, clock_, out, before);
    }

  private:
    Expected<std::string> serial(const port::Endpoint& server) {
        const port::Query query{server, {settings_.zone, dns::Type::SOA}};
        const auto replies = dns_.ask({&query, 1});
        const auto& message = replies.front().message;
        if (!message) return std::unexpected(message.error());
        const auto set = dns::find_rrset(message->answer, settings_.zone, dns::Type::SOA);
        if (!set || message->rcode != dns::Rcode::noerror)
            return fail(ErrorKind::bad_answer, "no SOA of " + settings_.zone.text() + " came", server.text(),
                        "name a server of the zone as `transfer`");
        const auto soa = dns::parse_soa(set->rdata.front());
        if (!soa) return std::unexpected(soa.error());
        return std::to_string(soa->serial);
    }

    const agent::Settings& settings_;
    port::Dns& dns_;
    port::Clock& clock_;
};

Expected<std::unique_ptr<port::Resolver>> resolver_of(const agent::Settings& settings) {
    if (!settings.lookup) return nullptr;
    net::ResolverOptions options;
    if (settings.resolver) options.forward = {*settings.resolver};
    options.trust_anchor_file = settings.trust_anchor;
    if (settings.trust_anchor.empty() && fs::exists(kRootKey)) options.trust_anchor_file = kRootKey;
    return net::make_resolver(options);
}

Expected<port::ParentSettings> registry_of(const Config& config) {
    const auto found = std::ranges::find(config.parents, config.agent->registry, &port::ParentSettings::name);
    if (found != config.parents.end()) {
        auto out = *found;
        if (!out.zone) out.zone = config.agent->zone;
        return out;
    }
    return fail(ErrorKind::not_found, fmt::format("there is no section [parent.{}]", config.agent->registry),
                "parent-agent.registry", "write one: it says how the registry is changed");
}

// Waits that were begun by a clock that was right must not be judged by one that is wrong.
Expected<void> check_clock(agent::AgentStore& store, port::Clock& clock) {
    const auto newest = store.entries({}, 0, 1);
    if (!newest) return std::unexpected(newest.error());
    if (newest->empty() || newest->front().last <= clock.now() + kClockSlack) return {};
    return fail(ErrorKind::invalid,
                fmt::format("the clock says {}, and the data base has an entry from {}", to_rfc3339(clock.now()),
                            to_rfc3339(newest->front().last)),
                "the clock", "set the clock right and start again");
}

sigset_t signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
    return set;
}

// Takes signals until the agent has ended.
class Signals {
  public:
    explicit Signals(agent::Agent& agent)
        : thread_([&agent](const std::stop_token& stop) {
              const sigset_t set = signals();
              const timespec moment{0, 200'000'000};
              while (!stop.stop_requested()) {
                  const int signal = ::sigtimedwait(&set, nullptr, &moment);
                  if (signal == SIGHUP) agent.reload();
                  if (signal != SIGTERM && signal != SIGINT) continue;
                  spdlog::info("ending ({})", signal == SIGTERM ? "SIGTERM" : "SIGINT");
                  agent.stop();
              }
          }) {}

  private:
    std::jthread thread_;
};

Expected<std::unique_ptr<net::NotifyListener>> listen(const agent::Settings& settings, agent::Hearing& hearing,
                                                      agent::Reporter& reporter, port::Clock& clock) {
    return net::NotifyListener::start(settings.notify.listen, [&](const net::Notification& n) -> net::NotifyAnswer {
        const auto answer = hearing.hear({n.zone, n.type, n.source.address}, clock.now());
        spdlog::debug("NOTIFY({}) for {} from {}: {}", dns::to_string(n.type), n.zone.text(), n.source.text(),
                      dns::to_string(answer.rcode));
        if (answer.taken && n.report_channel) reporter.channel(n.zone, *n.report_channel);
        return {answer.rcode, answer.ede};
    });
}

} // namespace

Expected<void> serve_parent(const Config& config) {
    const agent::Settings& settings = *config.agent;
    const auto set = signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    SystemClock clock;
    auto store = agent::AgentStore::open(settings.database);
    if (!store) return std::unexpected(store.error());
    if (auto ok = check_clock(**store, clock); !ok) return ok;
    auto resolver = resolver_of(settings);
    if (!resolver) return std::unexpected(resolver.error());
    net::DnsClient dns(clock);
    net::SecretReader secrets;
    auto how = registry_of(config);
    if (!how) return std::unexpected(how.error());
    auto registry = parent::make_registry(*how, {dns, secrets, resolver->get()});
    if (!registry) return std::unexpected(registry.error());
    Delegations source(settings, dns, clock);
    const agent::Say say = [](bool bad, const std::string& text) {
        spdlog::log(bad ? spdlog::level::warn : spdlog::level::info, "{}", text);
    };
    net::HttpClient http;
    agent::Reporter reporter({**store, clock, resolver->get(), http, secrets, say}, settings);
    auto agent = agent::Agent::make(
        {source, **registry, resolver->get(), **store, clock, say, [&](const agent::Occasion& o) { reporter.tell(o); }},
        settings);
    if (!agent) return std::unexpected(agent.error());
    agent::Hearing hearing(settings.notify, (*agent)->salt(), [&](const dns::Name& child) {
        return (*agent)->desk().hint(child, accept::Trigger::notify);
    });
    std::unique_ptr<net::NotifyListener> listener;
    if (!settings.notify.listen.empty() && !settings.once) {
        auto started = listen(settings, hearing, reporter, clock);
        if (!started) return std::unexpected(started.error());
        listener = *std::move(started);
    }
    const Signals watch(**agent);
    auto done = (*agent)->run();
    if (listener) listener->stop();
    return done;
}

} // namespace tutti::app
