// The fast path: one or two questions, and no signature. It can only ever say "nothing would change" (R8, R12, R21); a
// forged answer to it can delay a change, not cause one.
#include "scan/scan_run.hpp"

#include <algorithm>
#include <array>

namespace tutti::scan {

namespace {

using accept::Outcome;

// How often CDNSKEY is asked for at a server that has no CDS for a child: the first times, then one time in so many,
// and always where CDNSKEY was ever found alone.
constexpr std::uint32_t kFirstTimes = 8, kNowAndThen = 32;

std::string_view text_of(Octets octets) {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

// The same records, whatever the order, each once.
bool same_as_registry(const Delegations& delegations, ChildId child, const WireView& view) {
    const std::uint32_t count = delegations.ds_count(child);
    if (count == 0 || count > WireView::kMaxItems) return false;
    std::array<std::string_view, WireView::kMaxItems> have, want;
    for (std::uint32_t i = 0; i < count; ++i) have[i] = delegations.ds(child, i);
    for (std::size_t i = 0; i < view.count; ++i) want[i] = text_of(view.items[i]);
    const auto tidy = [](auto& all, std::size_t size) {
        std::sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size));
        return std::span{all.begin(), std::unique(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(size))};
    };
    return std::ranges::equal(tidy(have, count), tidy(want, view.count));
}

} // namespace

RawReply keep(const Reply& reply) {
    return {reply.outcome,
            {reply.message.begin(), reply.message.end()},
            reply.transport,
            reply.rtt,
            std::string{reply.detail}};
}

FastSays fast_says(const Delegations& delegations, ChildId child, dns::Type type, const Reply& reply,
                   const accept::Policy& policy) {
    if (reply.outcome == Outcome::nxdomain) return FastSays::differs; // the child itself is not there: told in full
    if (reply.outcome != Outcome::records || reply.view == nullptr || !reply.view->authoritative)
        return FastSays::failed;
    const WireView& view = *reply.view;
    if (view.nodata()) return FastSays::nothing;
    if (view.odd || view.count == 0 || type == dns::Type::CSYNC) return FastSays::differs;
    if (type == dns::Type::CDS && same_as_registry(delegations, child, view)) return FastSays::same;
    const auto owner = dns::Name::from_wire(delegations.name(child)).value();
    const auto answer = read_answer({owner, type}, keep(reply), policy, false);
    if (answer.outcome != Outcome::records) return FastSays::differs;
    return accept::nothing_to_do(owner, delegations.registry(child).ds, answer, policy) ? FastSays::same
                                                                                        : FastSays::differs;
}

void Scan::begin(std::uint32_t c) {
    Child& child = children_[c];
    if (child.job.in_full) return gather(c);
    child.targets.clear();
    bool complete = true;
    for (const HostId host : delegations_.hosts_of(delegations_.ns_set(child.job.child))) {
        const HostState& state = hosts_->at(host);
        complete = complete && state.complete;
        for (const ServerId server : state.servers)
            if (std::ranges::find(child.targets, Target{server, 0}) == child.targets.end() &&
                child.targets.size() < options_.policy.max_servers)
                child.targets.push_back({server, 0});
    }
    if (child.targets.empty()) {
        if (complete || too_many_servers(c)) return gather(c); // told in full
        child.stage = Child::Stage::hosts;
        if (!wait_for_hosts(c)) begin(c);
        return;
    }
    child.stage = Child::Stage::fast;
    child.first =
        static_cast<std::uint16_t>(asker_->randomness().below(static_cast<std::uint32_t>(child.targets.size())));
    child.tried = 0;
    const std::size_t count = options_.every_address ? child.targets.size() : 1;
    for (std::size_t i = 0; i < count; ++i) ask_fast(c, child.first);
}

// So many that their names alone settle it (R71): none is looked up.
bool Scan::too_many_servers(std::uint32_t c) const {
    return delegations_.hosts_of(delegations_.ns_set(children_[c].job.child)).size() > options_.policy.max_servers;
}

// True: some host is being looked up, and the child goes on when it is known.
bool Scan::wait_for_hosts(std::uint32_t c) {
    Child& child = children_[c];
    child.hosts_missing = 0;
    for (const HostId host : delegations_.hosts_of(delegations_.ns_set(child.job.child))) {
        if (hosts_->at(host).complete) continue;
        ++child.hosts_missing;
        hosts_->complete(host, c);
    }
    return child.hosts_missing > 0;
}

// The next address, beginning at `first`.
void Scan::ask_fast(std::uint32_t c, std::uint16_t first) {
    Child& child = children_[c];
    const auto target = static_cast<std::uint16_t>((first + child.tried++) % child.targets.size());
    const bool keys_only = options_.policy.source == accept::Source::cdnskey;
    put_fast(c, target, keys_only ? Ask::cdnskey : Ask::cds);
    if (options_.policy.csync && delegations_.ds_count(child.job.child) > 0) put_fast(c, target, Ask::csync);
}

void Scan::put_fast(std::uint32_t c, std::uint16_t target, Ask what) {
    Child& child = children_[c];
    ++child.pending;
    asker_->ask({child.targets[target].server, 0, delegations_.name(child.job.child), type_of(what), options_.tcp,
                 std::uint64_t{c} << 32 | 1ULL << 31 | static_cast<std::uint64_t>(target) << 8 |
                     static_cast<std::uint64_t>(what)});
}

void Scan::replied(std::uint64_t cookie, const Reply& reply) {
    const auto c = static_cast<std::uint32_t>(cookie >> 32);
    const auto rest = static_cast<std::uint32_t>(cookie & 0x7fffffff);
    if ((cookie >> 31 & 1) != 0)
        fast_reply(c, static_cast<std::uint16_t>(rest >> 8), static_cast<Ask>(rest & 0xff), reply);
    else
        full_reply(c, rest, reply);
}

void Scan::fast_reply(std::uint32_t c, std::uint16_t target, Ask what, const Reply& reply) {
    Child& child = children_[c];
    --child.pending;
    const auto says = fast_says(delegations_, child.job.child, type_of(what), reply, options_.policy);
    if (what == Ask::csync) {
        if (says == FastSays::differs) child.differs = child.csync_seen = true;
    } else {
        if (what == Ask::cds && says != FastSays::nothing && says != FastSays::same)
            child.kept.emplace_back(target, keep(reply));
        const bool cds_is_missing = what == Ask::cds && says == FastSays::nothing;
        Server& server = asker_->servers().at(child.targets[target].server);
        if (what == Ask::cdnskey && says == FastSays::same && options_.policy.source != accept::Source::cdnskey)
            server.cdnskey_only = true;
        if (says == FastSays::differs) {
            child.differs = true;
            if (what == Ask::cdnskey) server.cdnskey_only = true;
        } else if (cds_is_missing && ask_cdnskey_too(child.targets[target].server)) {
            put_fast(c, target, Ask::cdnskey);
        } else if (says != FastSays::failed) {
            child.confirmed = true;
            if (says == FastSays::same) child.why = Unchanged::same_as_registry;
        }
    }
    if (child.pending == 0) decide_fast(c);
}

bool Scan::ask_cdnskey_too(ServerId id) {
    Server& server = asker_->servers().at(id);
    const std::uint32_t seen = server.nodata_seen++;
    return server.cdnskey_only || seen < kFirstTimes || asker_->randomness().below(kNowAndThen) == 0;
}

void Scan::decide_fast(std::uint32_t c) {
    Child& child = children_[c];
    if (child.differs) return gather(c);
    if (child.confirmed) {
        ++counts_.unchanged;
        desk_.unchanged(child.job, child.why);
        return release(c);
    }
    if (child.tried < child.targets.size()) return ask_fast(c, child.first);
    gather(c); // nobody answers: told in full
}

} // namespace tutti::scan
