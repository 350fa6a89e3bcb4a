#include "parent/epp.hpp"

#include "epp/namespaces.hpp"
#include "epp/reactions.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>

namespace tutti::parent {

using dns::Name;
using epp::Reaction;
using port::Submission;

namespace {

constexpr int kRounds = 4;          // looks and commands for one change
constexpr int kMostMessages = 1000; // at one time
constexpr Duration kConnectLimit = seconds(15);

epp::ClientLimits limits_of(const port::EppSettings& s) {
    return {.sessions = static_cast<int>(s.sessions), .per_minute = static_cast<int>(s.per_minute)};
}

// Nothing is changed by a question: that its answer was lost leaves nothing unknown.
Error of_a_question(Error error) {
    if (error.kind == ErrorKind::unknown_outcome) error.kind = ErrorKind::transient;
    return error;
}

// One form for each address: registries write them in their own ways.
void make_canonical(std::vector<std::string>& addresses) {
    for (auto& a : addresses) {
        const auto type = a.contains(':') ? dns::Type::AAAA : dns::Type::A;
        if (const auto rdata = dns::parse_rdata(type, a)) a = dns::rdata_text(type, *rdata);
    }
    std::ranges::sort(addresses);
}

} // namespace

EppRegistry::EppRegistry(port::ParentSettings settings, Ports ports, std::optional<epp::ClientLimits> limits)
    : settings_(std::move(settings)), ports_(ports), limits_(limits ? *limits : limits_of(*settings_.epp)),
      client_([this] { return open(); }, limits_) {}

// Secrets are read for each connection and kept no longer.
Expected<std::unique_ptr<epp::Session>> EppRegistry::open() {
    const auto at = port::parse_host_port(epp_.server, 700);
    if (!at) return fail(ErrorKind::invalid, '"' + epp_.server + "\" is not the address of a server", name());
    epp::TlsSettings tls{.host = at->host, .port = at->port, .server_name = epp_.server_name, .ca_file = epp_.ca};
    tls.certificate_file = epp_.certificate;
    if (epp_.key) {
        auto key = ports_.secrets.read(*epp_.key);
        if (!key) return std::unexpected(std::move(key.error()));
        tls.private_key = *std::move(key);
    }
    auto password = ports_.secrets.read(epp_.password);
    if (!password) return std::unexpected(std::move(password.error()));
    auto transport = connect_tls(tls, kConnectLimit);
    if (!transport) return std::unexpected(std::move(transport.error()));
    const epp::LoginSettings login{
        .client = epp_.client, .password = *std::move(password), .reply_limit = limits_.reply};
    auto session = epp::Session::open(*std::move(transport), login,
                                      [this](bool sent, std::string_view xml) { log_frame(sent, xml); });
    if (!session && session.error().where.empty()) session.error().where = tls.text();
    return session;
}

void EppRegistry::log_frame(bool sent, std::string_view xml) {
    if (epp_.frame_log.empty()) return;
    const std::lock_guard lock(mutex_);
    std::ofstream{epp_.frame_log, std::ios::app} << fmt::format(
        "{:%FT%TZ} {}\n{}\n", std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()),
        sent ? "sent" : "received", xml);
}

Error EppRegistry::explain(const epp::Response& response, const Name& child, const std::string& doing) const {
    const auto& rule = epp::rule_for(response);
    return {rule.kind, fmt::format("{} {}: {}: {}", doing, child.text(), response.text(), rule.meaning),
            fmt::format("{} ({})", name(), epp_.server), std::string{rule.remedy}};
}

Expected<std::optional<epp::HostInfo>> EppRegistry::look_at_host(const Name& host) {
    auto reply = client_.run(epp::host_info(host));
    if (!reply) return std::unexpected(of_a_question(std::move(reply.error())));
    const auto reaction = epp::rule_for(*reply).reaction;
    if (reaction == Reaction::gone) return std::optional<epp::HostInfo>{};
    if (reaction != Reaction::done || !reply->host)
        return std::unexpected(of_a_question(explain(*reply, host, "reading the host")));
    make_canonical(reply->host->addresses);
    return std::move(reply->host);
}

// Glue is an attribute of host objects. Name servers exist; of others it is asked first whether they do.
Expected<std::vector<epp::HostInfo>> EppRegistry::look_at_hosts(const epp::DomainInfo& domain,
                                                                std::span<const Name> hosts) {
    std::vector<Name> there, perhaps;
    for (const auto& server : domain.ns) {
        const bool wanted = std::ranges::find(hosts, server.name) != hosts.end();
        if (wanted || server.name.is_at_or_below(domain.name)) there.push_back(server.name);
    }
    for (const auto& host : hosts)
        if (std::ranges::find(there, host) == there.end()) perhaps.push_back(host);
    if (!perhaps.empty()) {
        const auto reply = client_.run(epp::host_check(perhaps));
        if (!reply) return std::unexpected(of_a_question(reply.error()));
        if (epp::rule_for(*reply).reaction != Reaction::done)
            return std::unexpected(of_a_question(explain(*reply, domain.name, "checking the hosts of")));
        for (const auto& host : reply->checked)
            if (!host.available) there.push_back(host.name);
    }
    std::vector<epp::HostInfo> out;
    for (const auto& name : there) {
        auto host = look_at_host(name);
        if (!host) return std::unexpected(std::move(host.error()));
        if (*host) out.push_back(**std::move(host));
    }
    return out;
}

Expected<EppLook> EppRegistry::look(const Name& child, std::span<const Name> hosts,
                                    std::span<const dnssec::Ds> mentioned) {
    const auto known = traits();
    if (!known) return std::unexpected(known.error());
    auto reply = client_.run(epp::domain_info(child, known->ttl));
    if (reply && known->ttl && epp::rule_for(*reply).reaction == Reaction::without_extension) {
        no_ttl_ = true;
        reply = client_.run(epp::domain_info(child, false));
    }
    if (!reply) return std::unexpected(of_a_question(std::move(reply.error())));
    if (epp::rule_for(*reply).reaction != Reaction::done)
        return std::unexpected(of_a_question(explain(*reply, child, "reading")));
    if (!reply->domain || reply->domain->name != child)
        return fail(ErrorKind::bad_answer,
                    fmt::format("the registry answered about something else than {}", child.text()), name());
    EppLook out{.domain = *std::move(reply->domain), .hosts = {}, .registry = {}};
    for (auto& server : out.domain.ns) make_canonical(server.addresses);
    if (known->host_objects && !out.domain.host_attributes) {
        auto found = look_at_hosts(out.domain, hosts);
        if (!found) return std::unexpected(std::move(found.error()));
        out.hosts = *std::move(found);
    }
    out.registry = registry_of(out, mentioned);
    return out;
}

Expected<EppTraits> EppRegistry::traits() {
    EppTraits out{.keys = epp_.interface == "key"};
    const auto sec = client_.speaks(epp::kSecDns), hosts = client_.speaks(epp::kHost), ttl = client_.speaks(epp::kTtl);
    for (const auto* answer : {&sec, &hosts, &ttl})
        if (!*answer) return std::unexpected(answer->error());
    if (!*sec)
        return fail(ErrorKind::unsupported, "the registry does not offer secDNS-1.1: it takes no DS", name(),
                    "ask the registry for DNSSEC on this account");
    out.host_objects = *hosts;
    out.ttl = *ttl && !no_ttl_;
    out.urgent = epp_.urgent && !no_options_;
    if (epp_.max_sig_life > 0 && !no_options_) out.max_sig_life = epp_.max_sig_life;
    return out;
}

Expected<accept::Registry> EppRegistry::read(const Name& child) {
    auto seen = look(child, {}, {});
    if (!seen) return std::unexpected(std::move(seen.error()));
    return std::move(seen->registry);
}

// A key vouches for itself by the digest: it does not matter who tells it.
Expected<port::RegistryChange> EppRegistry::with_keys(port::RegistryChange change) {
    if (epp_.interface != "key" || change.change.ds_add.empty() || ports_.resolver == nullptr) return change;
    for (const auto type : {dns::Type::DNSKEY, dns::Type::CDNSKEY}) {
        const auto answer = ports_.resolver->resolve({change.child, type});
        if (!answer) continue;
        for (const auto& record : answer->records)
            if (auto key = dnssec::parse_dnskey(record.rdata)) change.keys.push_back(*std::move(key));
    }
    return change;
}

// A registrar cannot change what is locked; he can only ask for the lock to be lifted.
std::optional<Submission> EppRegistry::obstacle(const EppLook& look) {
    const auto& d = look.domain;
    if (d.has_status("pendingUpdate")) {
        const std::lock_guard lock(mutex_);
        const auto found = pending_.find(d.name);
        return Submission{Submission::State::pending, found == pending_.end() ? "" : found->second,
                          "the registry has an update of it to decide on"};
    }
    {
        const std::lock_guard lock(mutex_);
        pending_.erase(d.name);
    }
    for (const char* status : {"serverUpdateProhibited", "clientUpdateProhibited", "pendingDelete", "pendingTransfer"})
        if (d.has_status(status))
            return Submission{
                Submission::State::held, "",
                fmt::format("{} has the status {}, under which a registrar cannot change it", d.name.text(), status)};
    return std::nullopt;
}

EppRegistry::Outcome EppRegistry::answer(const epp::Response& response, const Name& child) {
    const auto& rule = epp::rule_for(response);
    auto error = explain(response, child, "the update of");
    switch (rule.reaction) {
    case Reaction::done:
        return {};
    case Reaction::pending: {
        const std::lock_guard lock(mutex_);
        pending_[child] = response.server_id;
        return {.end = Submission{Submission::State::pending, response.server_id, response.text()}};
    }
    case Reaction::without_option:
        return {.error = std::move(error), .again = !no_options_.exchange(true)};
    case Reaction::without_extension:
        return {.error = std::move(error), .again = !no_ttl_.exchange(true)};
    case Reaction::hold:
        return {.end = Submission{Submission::State::held, "", error.text()}};
    case Reaction::reread:
        return {.error = std::move(error), .again = true};
    case Reaction::later:
        return {.error = std::move(error)};
    case Reaction::reconnect:
        return {.error = std::move(error), .again = rule.kind == ErrorKind::unknown_outcome};
    default:
        return {.error = std::move(error)};
    }
}

EppRegistry::Outcome EppRegistry::judge(const Expected<epp::Response>& reply, const Name& child) {
    if (reply) return answer(*reply, child);
    return {.error = reply.error(), .again = reply.error().kind == ErrorKind::unknown_outcome};
}

EppRegistry::Outcome EppRegistry::send(const EppSteps& steps, const Name& child) {
    for (const auto& command : steps.before) {
        auto outcome = judge(client_.run(command), child);
        if (outcome.end || outcome.error) return outcome;
    }
    if (steps.main) {
        auto outcome = judge(client_.run(*steps.main), child);
        if (outcome.end || outcome.error) return outcome;
    }
    for (const auto& command : steps.after) static_cast<void>(client_.run(command)); // 2305: somebody else needs it
    return {.end = Submission{Submission::State::done, "", "the registry has it"}};
}

Expected<Submission> EppRegistry::apply(const port::RegistryChange& wanted) {
    const auto change = with_keys(wanted);
    if (!change) return std::unexpected(change.error());
    Outcome last;
    int conflicts = 0;
    for (int round = 0; round < kRounds; ++round) {
        const auto seen = look(change->child, hosts_of(change->change), mentioned_in(*change));
        // Something was sent, and nobody tells what became of it.
        if (!seen) return std::unexpected(last.error ? *last.error : seen.error());
        const auto known = traits();
        if (!known) return std::unexpected(known.error());
        const auto steps = plan(*seen, *change, *known);
        if (!steps) return std::unexpected(steps.error());
        const auto as_expected = check_expected(seen->registry, *change);
        if (steps->none())
            return Submission{round == 0 ? Submission::State::already : Submission::State::done, "",
                              "the registry has: " + in_words(change->change)};
        if (auto stopped = obstacle(*seen)) return *std::move(stopped);
        if (last.error && !last.again) {
            // The server failed, and nothing of it is there.
            if (last.error->kind == ErrorKind::unknown_outcome) last.error->kind = ErrorKind::transient;
            return std::unexpected(std::move(*last.error));
        }
        if (!as_expected) return std::unexpected(as_expected.error());
        last = send(*steps, change->child);
        if (last.end) return *std::move(last.end);
        if (last.error->kind == ErrorKind::conflict && ++conflicts > 1) last.again = false;
    }
    return std::unexpected(std::move(*last.error));
}

Expected<std::string> EppRegistry::dry_run(const port::RegistryChange& wanted) {
    const auto change = with_keys(wanted);
    if (!change) return std::unexpected(change.error());
    const auto seen = look(change->child, hosts_of(change->change), mentioned_in(*change));
    if (!seen) return std::unexpected(seen.error());
    const auto known = traits();
    if (!known) return std::unexpected(known.error());
    const auto steps = plan(*seen, *change, *known);
    if (!steps) return std::unexpected(steps.error());
    if (steps->none()) return "nothing: the registry has it already";
    if (const auto as_expected = check_expected(seen->registry, *change); !as_expected)
        return "nothing: " + as_expected.error().text();
    auto commands = steps->before;
    if (steps->main) commands.push_back(*steps->main);
    commands.insert(commands.end(), steps->after.begin(), steps->after.end());
    std::string out;
    for (const auto& command : commands) {
        const auto xml = compose(command, "DRY-RUN");
        if (!xml) return std::unexpected(xml.error());
        out += *xml;
    }
    return out;
}

namespace {

port::Notice notice_of(const epp::Response& r) {
    port::Notice out{
        .kind = port::Notice::Kind::other, .child = {}, .id = r.queue->id, .transaction = {}, .text = r.queue->message};
    if (r.domain) out.child = r.domain->name;
    if (r.pending) {
        out.kind = r.pending->accepted ? port::Notice::Kind::done : port::Notice::Kind::rejected;
        out.child = r.pending->name;
        out.transaction = r.pending->server_id;
    } else if (r.change) {
        out.kind = port::Notice::Kind::changed;
        out.text +=
            fmt::format(" ({} by {} at {}: {})", r.change->operation, r.change->who, r.change->date, r.change->reason);
    }
    return out;
}

} // namespace

Expected<void> EppRegistry::messages(const std::function<bool(const port::Notice&)>& keep) {
    client_.keep_alive();
    for (int count = 0; count < kMostMessages; ++count) {
        const auto reply = client_.run(epp::poll_request());
        if (!reply) return std::unexpected(reply.error());
        if (epp::rule_for(*reply).reaction != Reaction::done)
            return std::unexpected(explain(*reply, Name::root(), "asking for messages,"));
        if (reply->code() != 1301 || !reply->queue) return {};
        const auto notice = notice_of(*reply);
        if (!keep(notice)) return {};
        // Answered or not: one that is still there comes again.
        const auto confirmed = client_.run(epp::poll_ack(notice.id));
        if (!confirmed) return std::unexpected(confirmed.error());
    }
    return {};
}

} // namespace tutti::parent
