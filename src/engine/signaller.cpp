#include "engine/signaller.hpp"

#include "model/json.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace tutti::engine {

using dns::Name;
using dns::Type;
using model::SignalPlace;
using model::SignalRecords;
using model::SignalState;
using plan::SignalSeen;
using plan::SignalWish;
using port::Endpoint;

namespace {

constexpr dns::Ttl kTtl = 60; // of signals: they live for moments
constexpr Duration kNear = std::chrono::milliseconds(200), kFar = std::chrono::seconds(5);

std::vector<port::Query> questions(std::span<const Endpoint> servers, const Name& owner) {
    std::vector<port::Query> out;
    for (const auto& server : servers)
        for (Type type : {Type::CDS, Type::CDNSKEY}) out.push_back({server, {owner, type}, false, false});
    return out;
}

bool usable(const port::Reply& reply) {
    return reply.message && reply.message->authoritative &&
           (reply.message->rcode == dns::Rcode::noerror || reply.message->rcode == dns::Rcode::nxdomain);
}

// The two replies of one address; nothing when they do not tell.
std::optional<SignalSeen> seen_in(const port::Reply& cds, const port::Reply& cdnskey, const Name& owner) {
    if (!usable(cds) || !usable(cdnskey)) return std::nullopt;
    SignalSeen out;
    const auto sets = std::pair{dns::find_rrset(cds.message->answer, owner, Type::CDS),
                                dns::find_rrset(cdnskey.message->answer, owner, Type::CDNSKEY)};
    if (sets.first)
        for (const auto& rdata : sets.first->rdata)
            if (auto one = dnssec::parse_ds(rdata)) out.cds.push_back(*std::move(one));
    if (sets.second)
        for (const auto& rdata : sets.second->rdata)
            if (auto one = dnssec::parse_dnskey(rdata)) out.cdnskey.push_back(*std::move(one));
    std::ranges::sort(out.cds);
    std::ranges::sort(out.cdnskey);
    return out;
}

bool is_at(const SignalRecords& signal, const SignalPlace& place) {
    return signal.place == place;
}

} // namespace

Expected<SignalState> load_signals(port::Store& store, const Name& zone) {
    const auto all = store.configs(kSignalKind);
    if (!all) return std::unexpected(all.error());
    const auto found = std::ranges::find(*all, zone.text(), [](const auto& entry) { return entry.first; });
    if (found == all->end()) return SignalState{};
    const auto json = model::parse_json(found->second);
    if (!json) return std::unexpected(json.error());
    return model::signals_from_json(*json);
}

struct Signaller::Work {
    Name zone;
    std::optional<port::ZoneRecord> record; // none: the zone is no longer looked after
    SignalState before, now;
    SignalWish wish = SignalWish::none;
    bool failed = false; // something could not be read or written
    std::map<Name, bool> secure;
};

Instant Signaller::look(const Name& zone) {
    auto state = load_signals(p_.store, zone);
    if (!state) return p_.clock.now() + kFar;
    Work work{.zone = zone, .record = {}, .before = *state, .now = *state, .secure = {}};
    const auto places = p_.places();
    if (places.empty() && state->ours.empty() && state->notes.empty()) return kNever;
    if (auto record = p_.store.load(zone)) work.record = *std::move(record);
    if (work.record && (!work.record->knowledge || work.record->paused || work.record->mode == port::Mode::manual))
        return kNever;
    if (work.record) work.wish = plan::signal_wish(work.record->intent, *work.record->knowledge, p_.clock.now());
    if (work.wish == SignalWish::keep) return kNever;
    work.now.notes.clear();
    work.now.complete = true;
    const auto signals = wanted(work);

    std::map<SignalPlace, std::vector<SignalRecords>> by_place;
    for (const auto& s : signals) by_place[s.place].push_back(s);
    for (const auto& s : state->ours) by_place.try_emplace(s.place);
    for (auto& [place, here] : by_place) settle(work, place, std::move(here));
    const bool complete = work.now.complete && !work.failed;
    work.now.complete = complete && !signals.empty();
    if (!save(work)) return p_.clock.now() + kFar;
    if (work.now.complete && !work.before.complete) notify_parent(work);
    return again(zone, complete);
}

// What should be published, where; the reasons for what cannot be are noted.
std::vector<SignalRecords> Signaller::wanted(Work& work) {
    if (work.wish != SignalWish::publish) return {};
    const auto& k = *work.record->knowledge;
    std::vector<Name> name_servers;
    if (const auto* ns = k.parent.ns.current())
        for (int i : ns->content) name_servers.push_back(k.ns_names[static_cast<std::size_t>(i)].name);
    const auto places = p_.places();
    auto names = plan::signal_names(work.zone, name_servers, places);
    work.now.notes = std::move(names.notes);
    const auto said = said_by_members(*work.record);
    if (!said) {
        work.failed = true; // just now they all did: the next look tells
        return work.before.ours;
    }
    std::vector<SignalRecords> out;
    for (auto& signal : names.where) {
        if (!is_secure(work, signal.place.zone)) continue;
        signal.cds = said->cds;
        signal.cdnskey = said->cdnskey;
        out.push_back(std::move(signal));
    }
    return out;
}

// The CDS and CDNSKEY that every address of every member serves.
std::optional<SignalSeen> Signaller::said_by_members(const port::ZoneRecord& record) {
    std::vector<port::Query> queries;
    for (const auto& name : record.intent.signers) {
        const auto driver = p_.directory.signer(name);
        if (!driver) return std::nullopt;
        const auto more = questions(driver->servers(), record.zone);
        queries.insert(queries.end(), more.begin(), more.end());
    }
    const auto replies = p_.dns.ask(queries);
    std::optional<SignalSeen> out;
    for (std::size_t i = 0; i + 1 < replies.size(); i += 2) {
        const auto one = seen_in(replies[i], replies[i + 1], record.zone);
        if (!one || (out && !(*out == *one)) || (one->cds.empty() && one->cdnskey.empty())) return std::nullopt;
        out = one;
    }
    return out;
}

// A signal proves nothing unless its zone is secure (RFC 9615 4.1).
bool Signaller::is_secure(Work& work, const Name& signal_zone) {
    const auto [at, first] = work.secure.try_emplace(signal_zone, false);
    if (!first) return at->second;
    const auto answer = p_.resolver.resolve({signal_zone, Type::SOA});
    at->second = answer && answer->secure && !answer->bogus;
    if (!answer) {
        work.failed = true;
        work.now.notes.push_back(
            fmt::format("whether {} is secure is not known: {}", signal_zone.text(), answer.error().text()));
    } else if (!at->second) {
        work.now.notes.push_back(
            fmt::format("{} is not secure (or [daemon] has no trust_anchor): a signal there would prove nothing",
                        signal_zone.text()));
    }
    return at->second;
}

// Makes one place as it should be: looks, writes down, sends.
void Signaller::settle(Work& work, const SignalPlace& place, std::vector<SignalRecords> here) {
    auto& ours = work.now.ours;
    for (const auto& s : work.before.ours) // what is not wanted any more
        if (is_at(s, place) && std::ranges::find(here, s.owner, &SignalRecords::owner) == here.end())
            here.push_back({place, s.owner, {}, {}});
    const auto driver = p_.directory.signer(place.signer);
    if (!driver) {
        work.now.notes.push_back(
            fmt::format("there is no signer \"{}\" to write to {}", place.signer, place.zone.text()));
        work.failed = true;
        return;
    }
    const auto servers = driver->servers();
    std::vector<model::RrChange> changes;
    for (const auto& signal : here) {
        const auto replies = p_.dns.ask(questions(servers, signal.owner));
        std::vector<SignalSeen> seen;
        for (std::size_t i = 0; i + 1 < replies.size(); i += 2)
            if (auto one = seen_in(replies[i], replies[i + 1], signal.owner)) seen.push_back(*std::move(one));
        if (seen.empty()) {
            work.failed = true;
            work.now.notes.push_back(fmt::format("no server of {} answers for {}", place.signer, place.zone.text()));
            continue;
        }
        const auto same = [&](const SignalRecords& s) { return s.place == place && s.owner == signal.owner; };
        const auto known = std::ranges::find_if(ours, same);
        const SignalRecords recorded = known == ours.end() ? SignalRecords{place, signal.owner, {}, {}} : *known;
        auto step = plan::signal_step(signal, recorded, seen, seen.size() == servers.size(), kTtl);
        std::erase_if(ours, same);
        if (!step.ours.cds.empty() || !step.ours.cdnskey.empty()) ours.push_back(step.ours);
        if (step.strangers)
            work.now.notes.push_back(
                fmt::format("other records than ours stand at {}: nothing is added to them", signal.owner.text()));
        if (!step.complete) work.now.complete = false;
        changes.insert(changes.end(), step.changes.begin(), step.changes.end());
    }
    if (changes.empty()) return;
    if (!save(work)) {
        work.failed = true;
        return;
    }
    const bool adds = std::ranges::any_of(changes, [](const auto& c) { return !c.add.empty(); });
    tell(work, fmt::format("{} {} signals for {} (RFC 9615) in {} at {}", adds ? "publish" : "remove", here.size(),
                           work.zone.text(), place.zone.text(), place.signer));
    if (const auto done = driver->apply(place.zone, changes); !done) {
        work.failed = true;
        work.now.notes.push_back(fmt::format("{}: {}", place.zone.text(), done.error().text()));
        tell(work, work.now.notes.back(), true);
    }
}

// What changed is on disk when it returns true.
bool Signaller::save(Work& work) {
    if (work.now == work.before) return true;
    const bool nothing = work.now.ours.empty() && work.now.notes.empty();
    const auto done = nothing ? p_.store.drop_config(kSignalKind, work.zone.text())
                              : p_.store.put_config(kSignalKind, work.zone.text(), serialize(model::to_json(work.now)));
    return done.has_value();
}

// For the history. A request that came between has the precedence: then the line is lost, not the request.
void Signaller::tell(Work& work, std::string text, bool bad) {
    if (!work.record) return;
    port::Event event{
        .id = 0, .at = p_.clock.now(), .kind = bad ? "failure" : "signal", .text = std::move(text), .detail = {}};
    (void)p_.store.save(*work.record, {event});
}

// The parent may have looked when the CDS appeared, and have found no signals then.
void Signaller::notify_parent(Work& work) {
    const auto parent = p_.directory.parent(work.record->parent);
    if (!parent) return;
    const model::RrChange news{.owner = work.zone, .type = Type::CDS, .ttl = 0, .add = {}, .remove = {}, .expect = {}};
    tell(work, "every server shows the signals; the parent is told");
    (void)parent->apply(work.zone, std::span(&news, 1));
}

// Soon while something is under way, then slower.
Instant Signaller::again(const Name& zone, bool complete) {
    const auto now = p_.clock.now();
    const std::lock_guard lock(mutex_);
    if (complete) {
        since_.erase(zone);
        return kNever;
    }
    const auto [at, first] = since_.try_emplace(zone, now);
    return now + std::clamp<Duration>((now - at->second) / 2, kNear, kFar);
}

} // namespace tutti::engine
