#include "engine/live_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace tutti::engine {

using dns::Name;
using dns::Type;
using model::Heard;
using port::Endpoint;
using port::Query;

namespace {

// The questions to each address of a signer. Keys and NS over TCP: they are the facts that waits rest on, and the
// source of a UDP answer can be forged.
constexpr Type kAtApex[] = {Type::DNSKEY, Type::SOA, Type::NS, Type::CDS, Type::CDNSKEY, Type::CSYNC};
enum { kDnskey, kSoa, kNs, kCds, kCdnskey, kCsync };
// A type that no zone uses, for a NODATA answer (private use, RFC 6895 3.1).
constexpr Type kNoSuchType{65280};

bool over_tcp(Type type) {
    return type == Type::DNSKEY || type == Type::NS || type == Type::DS;
}

std::vector<Query> parent_questions(const Name& zone, const Endpoint& server) {
    return {{server, {zone, Type::DS}, false, true}, {server, {zone, Type::NS}, false, true}};
}

Heard heard(const Query& query, port::Reply& reply) {
    return {query.server.text(), query.question, reply.sent, reply.received, std::move(reply.message)};
}

template <class F>
auto guarded(const std::string& where, F&& call) -> decltype(call()) {
    try {
        return call();
    } catch (const std::exception& e) {
        return fail(ErrorKind::internal, fmt::format("unexpected failure: {}", e.what()), where);
    }
}

void add_once(std::vector<dnssec::Dnskey>& keys, const dnssec::Dnskey& key) {
    if (std::ranges::find(keys, key) == keys.end()) keys.push_back(key);
}

// Tags are no identity: with a collision, every key that it may be. A signature by a key that is not published is
// unmatched.
void add_reading(model::SeenData& seen, const Reading& reading, std::span<const dnssec::Dnskey> published) {
    for (const auto& together : reading.signatures) {
        for (const auto& [tag, algorithm] : together) {
            bool found = false;
            for (const auto& key : published) {
                if (key.tag() != tag || key.algorithm != algorithm) continue;
                add_once(seen.keys, key);
                found = true;
            }
            const std::pair missing{tag, algorithm};
            if (!found && std::ranges::find(seen.unmatched, missing) == seen.unmatched.end())
                seen.unmatched.push_back(missing);
        }
        if (std::ranges::find(seen.signatures, together) == seen.signatures.end()) seen.signatures.push_back(together);
    }
    std::ranges::sort(seen.keys);
    seen.ttl_max = std::max(seen.ttl_max, reading.ttl_max);
    seen.complete = true;
}

} // namespace

struct LiveWorld::Place {
    std::shared_ptr<port::SignerDriver> driver;
    model::SignerReport* report = nullptr;
    std::vector<Endpoint> servers;
    std::size_t first = 0, each = 0;                   // its questions in the batch
    std::vector<std::optional<std::uint32_t>> serials; // by server
    Memory memory;

    // The first address with a usable answer stands for the primary; nothing if there is none.
    std::optional<std::size_t> speaker() const {
        for (std::size_t i = 0; i < servers.size(); ++i)
            if (report->dnskey[i].problem.empty() && report->data[i].problem.empty() && serials[i]) return i;
        return std::nullopt;
    }
    bool changed(std::size_t i) const {
        if (memory.asked == kLongAgo || memory.serial != serials[i] || memory.keys != report->dnskey[i].keys ||
            memory.data_keys != report->data[i].keys)
            return true;
        const auto newest = memory.readings.newest();
        return newest && std::ranges::any_of(serials, [&](auto s) { return s && serial_before(*newest, *s); });
    }
};

LiveWorld::LiveWorld(port::Dns& dns, port::Clock& clock, Directory directory, int most_threads)
    : dns_(dns), clock_(clock), directory_(std::move(directory)), threads_(most_threads),
      random_(std::random_device{}()) {}

std::vector<Query> LiveWorld::questions(const Name& zone, const Endpoint& server) {
    std::vector<Query> out;
    for (Type type : kAtApex) out.push_back({server, {zone, type}, false, over_tcp(type)});
    out.push_back({server, {zone, kNoSuchType}, false, false});
    std::uint64_t number = 0;
    {
        const std::lock_guard lock(mutex_);
        number = random_();
    }
    // Another name each time, so that the negative answer is made by the signer and not by some cache on the way.
    if (auto name = zone.child(fmt::format("tutti-{:016x}", number)))
        out.push_back({server, {*name, Type::A}, false, false});
    return out;
}

// The questions of a look, and where each place's begin.
struct LiveWorld::Batch {
    std::vector<Query> queries;
    std::vector<port::Reply> replies;
};

void LiveWorld::prepare(const Name& zone, Place& place, Batch& batch) {
    auto& report = *place.report;
    place.driver = directory_.signer(report.name);
    place.first = batch.queries.size();
    if (!place.driver) {
        report.problem = fmt::format("there is no signer \"{}\"", report.name);
        report.remedy = "add it to the configuration";
        return;
    }
    report.ns = place.driver->ns_names();
    place.servers = place.driver->servers();
    for (const auto& server : place.servers) {
        const auto more = questions(zone, server);
        place.each = more.size();
        batch.queries.insert(batch.queries.end(), more.begin(), more.end());
    }
}

void LiveWorld::prepare_parent(const port::ZoneSetup& setup, model::ParentReport& report, Batch& batch) {
    report.name = setup.parent;
    const auto parent = directory_.parent(setup.parent);
    if (!parent) {
        report.problem = fmt::format("there is no parent \"{}\"", setup.parent);
        report.remedy = "add it to the configuration";
        return;
    }
    report.mode = parent->mode();
    report.reads_cds = parent->reads_cds();
    for (const auto& server : parent->servers()) {
        const auto more = parent_questions(setup.zone, server);
        batch.queries.insert(batch.queries.end(), more.begin(), more.end());
    }
}

model::Observation LiveWorld::observe(const port::ZoneSetup& setup) {
    model::Observation seen{.zone = setup.zone, .parent = {}, .signers = {}, .started = clock_.now(), .ended = {}};
    seen.signers.resize(setup.signers.size());
    std::vector<Place> places(setup.signers.size());
    Batch batch;
    for (std::size_t i = 0; i < places.size(); ++i) {
        places[i].report = &seen.signers[i];
        seen.signers[i].name = setup.signers[i];
        prepare(setup.zone, places[i], batch);
    }
    const std::size_t parent_first = batch.queries.size();
    prepare_parent(setup, seen.parent, batch);
    batch.replies = dns_.ask(batch.queries);
    for (auto& place : places) digest(setup.zone, place, batch);
    digest_parent(setup.zone, seen.parent, batch, parent_first);

    // After the questions, so that what is read is never older than what the addresses served.
    std::vector<std::function<void()>> tasks;
    for (auto& place : places)
        if (place.driver) tasks.emplace_back([&] { inspect(setup.zone, place); });
    threads_.run(tasks);
    seen.ended = clock_.now();
    return seen;
}

namespace {

// What is wrong with a signer as a whole, although it answers.
void note_trouble(const Name& zone, model::SignerReport& report) {
    for (std::size_t i = 0; i < report.dnskey.size() && report.problem.empty(); ++i) {
        const auto& dnskey = report.dnskey[i];
        const auto& data = report.data[i];
        if (!dnskey.problem.empty()) continue;
        if (dnskey.keys.empty() || (data.problem.empty() && !data.is_signed)) {
            report.problem = fmt::format("{} serves {} without signatures", dnskey.address, zone.text());
            report.remedy = "sign the zone there";
        } else if (!dnskey.signature_problem.empty()) {
            report.problem = fmt::format("at {}, {}", dnskey.address, dnskey.signature_problem);
            report.remedy = "have the signer sign the zone again, and compare the clocks";
        }
    }
}

} // namespace

void LiveWorld::digest(const Name& zone, Place& place, Batch& batch) {
    auto& report = *place.report;
    for (std::size_t server = 0; server < place.servers.size(); ++server) {
        std::vector<Heard> all;
        const std::size_t at = place.first + server * place.each;
        for (std::size_t i = at; i < at + place.each; ++i) all.push_back(heard(batch.queries[i], batch.replies[i]));
        report.dnskey.push_back(digest_dnskey(zone, all[kDnskey]));
        report.ns_child.push_back(digest_ns(zone, all[kNs]));
        report.cds.push_back(digest_cds(zone, all[kCds], all[kCdnskey]));
        report.csync.push_back(digest_csync(zone, all[kCsync]));
        std::vector<const Heard*> samples;
        // The KSK signs CDS and CDNSKEY by its office; no resolver's answer rests on them (see Rfc2136::transfer()).
        for (std::size_t i = kSoa; i < all.size(); ++i)
            if (i != kCds && i != kCdnskey) samples.push_back(&all[i]);
        report.data.push_back(digest_data(zone, samples, report.dnskey.back()));
        place.serials.push_back(serial_of(zone, all[kSoa]));
    }
    note_trouble(zone, report);
}

void LiveWorld::digest_parent(const Name& zone, model::ParentReport& report, Batch& batch, std::size_t first) {
    for (std::size_t i = first; i + 1 < batch.queries.size(); i += 2) {
        report.ds.push_back(digest_ds(zone, heard(batch.queries[i], batch.replies[i])));
        report.ns.push_back(digest_delegation(zone, heard(batch.queries[i + 1], batch.replies[i + 1])));
    }
}

// A signer that cannot do something may have been mended since, which nothing in its zone shows.
bool LiveWorld::due(const Memory& memory, Instant now) {
    const auto& can = memory.can;
    const auto all = {can.foreign_dnskey, can.foreign_sep, can.cds, can.csync, can.apex_ns};
    return now >= memory.asked + kAskAgain &&
           std::ranges::any_of(all, [](const auto& c) { return c.can == model::Can::no; });
}

// Asks the driver if something changed, and completes the data of each address with what was read.
void LiveWorld::inspect(const Name& zone, Place& place) {
    auto& report = *place.report;
    auto& memory = place.memory = recall(zone, report.name);
    const auto speaker = place.speaker();
    const auto now = clock_.now();
    // Where nobody speaks there is nothing to read.
    if (speaker && now >= memory.not_before && (place.changed(*speaker) || due(memory, now))) {
        read(zone, place, *speaker);
        keep(zone, report.name, memory);
    }
    report.can = memory.can;
    report.own_keys = memory.own_keys;
    if (memory.error && memory.error->kind == ErrorKind::auth) report.shut = memory.error->text();
    for (std::size_t i = 0; i < report.data.size(); ++i) {
        auto& data = report.data[i];
        if (!data.problem.empty() || !data.is_signed) continue;
        if (const auto reading = memory.readings.at(place.serials[i]))
            add_reading(data, *reading, report.dnskey[i].keys);
        else if (memory.error)
            data.problem = "the zone could not be read in full: " + memory.error->text();
        else if (memory.tells_data)
            data.problem = fmt::format(
                "{} serves serial {} of {}, and the zone could only be read with serial {}: which "
                "keys sign it, and how long it is cached, is not known",
                data.address, place.serials[i].value_or(0), zone.text(), memory.readings.newest().value_or(0));
    }
}

void LiveWorld::read(const Name& zone, Place& place, std::size_t speaker) {
    auto& memory = place.memory;
    const auto started = clock_.now();
    auto inside = guarded(place.report->name, [&] { return place.driver->inspect(zone); });
    if (!inside) {
        // An interface that hangs must not slow down every look: it is left alone for longer than it took.
        const auto now = clock_.now();
        memory.error = std::move(inside.error());
        memory.not_before = now + std::clamp(3 * (now - started), kShortest, kLongest);
        return;
    }
    memory.error.reset();
    memory.can = inside->can;
    memory.own_keys = inside->own_keys;
    memory.tells_data = inside->signatures && inside->ttl_max;
    if (memory.tells_data) memory.readings.add({inside->serial, *inside->signatures, *inside->ttl_max});
    memory.serial = place.serials[speaker];
    memory.keys = place.report->dnskey[speaker].keys;
    memory.data_keys = place.report->data[speaker].keys;
    memory.asked = clock_.now();
}

LiveWorld::Memory LiveWorld::recall(const Name& zone, const std::string& signer) {
    const std::lock_guard lock(mutex_);
    return memory_[zone][signer];
}

void LiveWorld::keep(const Name& zone, const std::string& signer, Memory memory) {
    const std::lock_guard lock(mutex_);
    memory_[zone][signer] = std::move(memory);
}

// What a signer can do may have come out by trying: the next look asks its driver.
void LiveWorld::look_anew(const port::ZoneSetup& setup, int signer) {
    if (signer < 0 || static_cast<std::size_t>(signer) >= setup.signers.size()) return;
    const std::lock_guard lock(mutex_);
    auto& memory = memory_[setup.zone][setup.signers[static_cast<std::size_t>(signer)]];
    memory.asked = memory.not_before = kLongAgo;
}

void LiveWorld::forget(const Name& zone) {
    const std::lock_guard lock(mutex_);
    memory_.erase(zone);
}

namespace {

// All changes for one place; those of the same RRset become one.
std::vector<model::RrChange> merged(std::span<const port::Order> orders, std::span<const std::size_t> which) {
    std::vector<model::RrChange> out;
    for (auto i : which) {
        for (const auto& change : orders[i].changes) {
            const auto same = std::ranges::find_if(
                out, [&](const auto& c) { return c.owner == change.owner && c.type == change.type; });
            if (same == out.end()) {
                out.push_back(change);
                continue;
            }
            same->add.insert(same->add.end(), change.add.begin(), change.add.end());
            same->remove.insert(same->remove.end(), change.remove.begin(), change.remove.end());
            same->check_expect = same->check_expect && change.check_expect;
        }
    }
    return out;
}

} // namespace

std::vector<Expected<void>> LiveWorld::carry_out(const port::ZoneSetup& setup, std::span<const port::Order> orders) {
    std::map<int, std::vector<std::size_t>> by_place;
    for (std::size_t i = 0; i < orders.size(); ++i) by_place[orders[i].action.signer].push_back(i);
    std::vector<Expected<void>> results(orders.size());
    const auto carry = [&](int place, const std::vector<std::size_t>& which) -> Expected<void> {
        const auto changes = merged(orders, which);
        if (place == model::kNobody) {
            const auto parent = directory_.parent(setup.parent);
            if (!parent) return fail(ErrorKind::not_found, fmt::format("there is no parent \"{}\"", setup.parent));
            return guarded(setup.parent, [&] { return parent->apply(setup.zone, changes); });
        }
        if (place < 0 || static_cast<std::size_t>(place) >= setup.signers.size())
            return fail(ErrorKind::internal, fmt::format("an order for signer number {}, which does not exist", place));
        const auto& name = setup.signers[static_cast<std::size_t>(place)];
        const auto signer = directory_.signer(name);
        if (!signer) return fail(ErrorKind::not_found, fmt::format("there is no signer \"{}\"", name));
        if (std::ranges::any_of(changes, [](const auto& c) { return !c.signed_by.empty(); }))
            return fail(ErrorKind::refused, "no driver brings signatures from one signer to another", name,
                        "let each signer have its own KSK");
        return guarded(name, [&] { return signer->apply(setup.zone, changes); });
    };
    std::vector<std::function<void()>> tasks;
    tasks.reserve(by_place.size());
    for (const auto& entry : by_place)
        tasks.emplace_back([&] {
            const auto result = carry(entry.first, entry.second);
            for (auto i : entry.second) results[i] = result;
            if (entry.first != model::kNobody) look_anew(setup, entry.first);
        });
    threads_.run(tasks);
    return results;
}

} // namespace tutti::engine
