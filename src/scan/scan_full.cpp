// The full path: every address of every server (R1, R2), in rounds. SOA comes first and last, for CSYNC (R50).
#include "scan/scan_run.hpp"

#include <algorithm>

namespace tutti::scan {

namespace {

using accept::Resolution;

// Questions to one child, from one vantage point: a child with very many servers is not worth more.
constexpr std::size_t kMaxQuestions = 90; // some are put again over TCP: 100 queries in all

} // namespace

void Scan::open_look(std::uint32_t c) {
    Child& child = children_[c];
    auto name = dns::Name::from_wire(delegations_.name(child.job.child)).value();
    child.look = std::make_unique<Look>(Look{.job = child.job, .child = std::move(name), .registry = {}});
    Look& look = *child.look;
    look.registry = desk_.registry(child.job.child);
    look.started = clock_.now();
    look.csync = options_.policy.csync && !look.registry.ds.empty() && (child.csync_seen || child.job.in_full);
    child.round = 0;
    ++counts_.in_full;
}

void Scan::gather(std::uint32_t c) {
    Child& child = children_[c];
    if (!child.look) open_look(c);
    child.stage = Child::Stage::gathering;
    const bool too_many = too_many_servers(c);
    if (!too_many && wait_for_hosts(c)) return;
    Look& look = *child.look;
    fill_hosts(look);
    if (too_many) return hand_over(c);
    const auto vantages = static_cast<std::uint8_t>(place_.vantages.size()); // open() sees to it
    for (std::uint8_t source = 0; source < vantages; ++source)
        for (const auto& host : look.hosts)
            for (const ServerId server : host.servers) {
                if (std::ranges::find(look.targets, Target{server, source}) != look.targets.end()) continue;
                if (look.targets.size() == options_.policy.max_servers)
                    look.work_limit = "more addresses than max_servers allows";
                else
                    look.targets.push_back({server, source});
            }
    use_kept(child);
    child.stage = Child::Stage::asking;
    ask_round(c);
}

void Scan::add_host(Look& look, const dns::Name& name, const HostState& state, bool candidate) const {
    LookHost host{{name, state.resolution, {}, state.detail}, state.servers, candidate};
    for (const ServerId id : state.servers) host.host.addresses.push_back(asker_->servers().at(id).ip);
    // Nobody but the child's own servers can tell the address of a name in the child.
    if (host.host.resolution == Resolution::failed && !host.servers.empty() && name.is_at_or_below(look.child))
        host.host.resolution = Resolution::glue;
    look.hosts.push_back(std::move(host));
}

void Scan::fill_hosts(Look& look) {
    for (const HostId id : delegations_.hosts_of(delegations_.ns_set(look.job.child)))
        add_host(look, dns::Name::from_wire(delegations_.host_name(id)).value(), hosts_->at(id), false);
}

// What the fast path heard is not asked again, unless it was heard over UDP and only TCP counts (R4).
void Scan::use_kept(Child& child) {
    Look& look = *child.look;
    for (auto& [target, reply] : child.kept) {
        if (only_tcp(look) && reply.transport != accept::Transport::tcp) continue;
        const auto at = std::ranges::find(look.targets, child.targets[target]);
        if (at == look.targets.end()) continue;
        look.asked.push_back({static_cast<std::uint16_t>(at - look.targets.begin()), Ask::cds, 0, std::move(reply)});
    }
    child.kept.clear();
}

bool Scan::only_tcp(const Look& look) const {
    return options_.tcp ||
           (look.registry.ds.empty() && options_.policy.bootstrap_delay && options_.policy.delay_needs_tcp);
}

void Scan::put(std::uint32_t c, std::size_t target, Ask what, std::size_t host) {
    Child& child = children_[c];
    Look& look = *child.look;
    if (look.find(target, what, host) != nullptr) return;
    if (look.asked.size() >= kMaxQuestions * place_.vantages.size()) {
        look.work_limit = "more questions to this child than one look has";
        return;
    }
    const bool at_host = what == Ask::host_a || what == Ask::host_aaaa;
    const std::string_view name = at_host ? std::string_view{look.new_hosts[host].wire()} : look.child.wire();
    look.asked.push_back({static_cast<std::uint16_t>(target), what, static_cast<std::uint16_t>(host), {}});
    ++child.pending;
    asker_->ask({look.targets[target].server, look.targets[target].source, name, type_of(what), only_tcp(look),
                 std::uint64_t{c} << 32 | (look.asked.size() - 1)});
}

// The questions of this round; with none, the next one.
void Scan::ask_round(std::uint32_t c) {
    Child& child = children_[c];
    Look& look = *child.look;
    const std::size_t own = look.targets.size();
    const auto everywhere = [&](std::initializer_list<Ask> asks) {
        for (std::size_t t = 0; t < own; ++t)
            if (child.round == 0 || look.answers(t))
                for (const Ask what : asks) put(c, t, what);
    };
    switch (child.round) {
    case 0:
        everywhere({Ask::cds});
        if (look.csync) everywhere({Ask::soa});
        break;
    case 1:
        everywhere({Ask::cdnskey, Ask::dnskey});
        if (look.csync) everywhere({Ask::csync, Ask::ns_set});
        break;
    case 2:
        if (!look.csync) break;
        look.new_hosts = child_ns(look, options_.policy).in_child;
        for (std::size_t h = 0; h < look.new_hosts.size(); ++h)
            for (std::size_t t = 0; t < own; ++t)
                if (look.answers(t)) put(c, t, Ask::host_a, h), put(c, t, Ask::host_aaaa, h);
        break;
    case 3:
        if (look.csync) everywhere({Ask::soa_after});
        break;
    case 4:
        if (look.csync) return ask_candidates(c);
        break;
    case 5:
        for (std::size_t t = 0; t < own; ++t)
            if (look.find(t, Ask::cds) == nullptr) put(c, t, Ask::soa), put(c, t, Ask::dnskey);
        break;
    default:
        return judge_or_signal(c);
    }
    if (child.pending == 0) next_round(c);
}

void Scan::next_round(std::uint32_t c) {
    ++children_[c].round;
    ask_round(c);
}

void Scan::full_reply(std::uint32_t c, std::uint32_t asked, const Reply& reply) {
    Child& child = children_[c];
    child.look->asked[asked].reply = keep(reply);
    if (--child.pending == 0) next_round(c);
}

// The servers that the child's own NS set names and the delegation does not, and the addresses that the child gives
// to its own ones: a change must not lead to dead ones (R53).
void Scan::ask_candidates(std::uint32_t c) {
    Child& child = children_[c];
    auto [in_child, names] = child_ns(*child.look, options_.policy);
    for (auto& name : in_child)
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    child.stage = Child::Stage::elsewhere;
    // More than are taken are refused by their number (R71).
    const bool look_them_up = resolver_ != nullptr && names.size() <= options_.policy.max_ns;
    lookups_->add([this, c, look_them_up, unknown = std::move(names)] {
        Look& look = *children_[c].look;
        for (const auto& name : unknown) {
            LookHost host{{name, Resolution::not_tried, {}, {}}, {}, true};
            if (name.is_at_or_below(look.child)) {
                host.host.resolution = Resolution::glue;
                for (const auto& asked : look.asked) {
                    if ((asked.what != Ask::host_a && asked.what != Ask::host_aaaa) ||
                        look.new_hosts[asked.host] != name)
                        continue;
                    const auto type = type_of(asked.what);
                    const auto answer = read_answer({name, type}, asked.reply, options_.policy, false);
                    for (const auto& rdata : answer.set ? answer.set->rdata : std::vector<dns::Rdata>{})
                        host.host.addresses.push_back(dns::rdata_text(type, rdata));
                }
            } else if (look_them_up) {
                host.host = look_up(*resolver_, name);
            }
            std::ranges::sort(host.host.addresses);
            const auto repeated = std::ranges::unique(host.host.addresses);
            host.host.addresses.erase(repeated.begin(), repeated.end());
            look.hosts.push_back(std::move(host));
        }
        {
            const std::scoped_lock lock{mutex_};
            back_.emplace_back(c, Back::candidates);
        }
        asker_->wake();
    });
}

void Scan::candidates_known(std::uint32_t c) {
    Child& child = children_[c];
    Look& look = *child.look;
    child.stage = Child::Stage::asking;
    const auto vantages = static_cast<std::uint8_t>(place_.vantages.size());
    for (auto& host : look.hosts) {
        if (!host.candidate) continue;
        for (const auto& address : host.host.addresses) host.servers.push_back(hosts_->server(address));
        for (std::uint8_t source = 0; source < vantages; ++source)
            for (const ServerId server : host.servers)
                if (std::ranges::find(look.targets, Target{server, source}) == look.targets.end()) {
                    if (look.targets.size() < 2UL * options_.policy.max_servers)
                        look.targets.push_back({server, source});
                    else
                        look.work_limit = "more new addresses than max_servers allows";
                }
    }
    next_round(c);
}

void Scan::judge_or_signal(std::uint32_t c) {
    Child& child = children_[c];
    Look& look = *child.look;
    const bool bootstrap = look.registry.ds.empty() && options_.policy.bootstrap_signal && resolver_ != nullptr;
    if (!bootstrap || !look.publishes()) return hand_over(c);
    child.stage = Child::Stage::elsewhere;
    lookups_->add([this, c] {
        Look& mine = *children_[c].look;
        mine.signals = look_for_signals(*resolver_, mine.child, mine.registry.ns);
        {
            const std::scoped_lock lock{mutex_};
            back_.emplace_back(c, Back::signals);
        }
        asker_->wake();
    });
}

} // namespace tutti::scan
