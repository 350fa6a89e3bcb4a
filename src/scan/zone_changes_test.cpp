#include "scan/zone_changes.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace tutti::scan {
namespace {

dns::Name name(const std::string& text) {
    return dns::Name::parse(text).value();
}
dns::Record record(const std::string& owner, dns::Type type, const std::string& rdata) {
    return {name(owner), type, 60, dns::parse_rdata(type, rdata).value()};
}
dns::Record soa(int serial) {
    return record("example", dns::Type::SOA, "ns.example. a.example. " + std::to_string(serial) + " 1 1 1 1");
}
Delegations sealed(const std::vector<dns::Record>& records) {
    Delegations out;
    out.set_zone(name("example"));
    for (const auto& r : records) EXPECT_TRUE(out.add(r));
    out.seal();
    return out;
}
// Everything in it, whatever the order.
std::vector<std::string> content(const Delegations& d) {
    std::vector<std::string> out{std::to_string(d.serial().value_or(0))};
    for (ChildId c = 0; c < d.size(); ++c) {
        const auto registry = d.registry(c);
        const auto child = dns::Name::from_wire(d.name(c)).value().text();
        for (const auto& ns : registry.ns) out.push_back(child + " NS " + ns.text());
        for (const auto& ds : registry.ds) out.push_back(child + " DS " + std::to_string(ds.tag));
        for (const auto& glue : registry.glue)
            for (const auto& a : glue.addresses) out.push_back(glue.host.text() + " " + a);
    }
    std::ranges::sort(out);
    out.erase(std::ranges::unique(out).begin(), out.end());
    return out;
}
const std::string kDigest(64, 'a');
const std::vector<dns::Record> kZone{soa(1),
                                     record("example", dns::Type::NS, "ns.example."),
                                     record("a.example", dns::Type::NS, "ns.a.example."),
                                     record("a.example", dns::Type::NS, "ns.other."),
                                     record("a.example", dns::Type::DS, "7 13 2 " + kDigest),
                                     record("ns.a.example", dns::Type::A, "192.0.2.1"),
                                     record("ns.a.example", dns::Type::AAAA, "2001:db8::1"),
                                     record("b.example", dns::Type::NS, "ns.a.example.")};

TEST(ZoneChanges, AreWhatTheWholeZoneWouldHaveShown) {
    ZoneChanges changes;
    changes.removed(record("a.example", dns::Type::DS, "7 13 2 " + kDigest));
    changes.added(record("a.example", dns::Type::DS, "8 13 2 " + kDigest));
    changes.removed(record("ns.a.example", dns::Type::AAAA, "2001:db8::1"));
    changes.removed(record("b.example", dns::Type::NS, "ns.a.example."));
    changes.added(record("c.example", dns::Type::NS, "ns.a.example."));
    changes.removed(record("example", dns::Type::NS, "ns.example."));
    changes.added(record("example", dns::Type::NS, "ns2.example."));
    changes.added(soa(2));
    Delegations out;
    const auto done = changes.apply(sealed(kZone), out);
    ASSERT_TRUE(done) << done.error().text();
    out.seal();
    EXPECT_EQ(content(out), content(sealed({soa(2), record("a.example", dns::Type::NS, "ns.a.example."),
                                            record("a.example", dns::Type::NS, "ns.other."),
                                            record("a.example", dns::Type::DS, "8 13 2 " + kDigest),
                                            record("ns.a.example", dns::Type::A, "192.0.2.1"),
                                            record("c.example", dns::Type::NS, "ns.a.example.")})));
}

TEST(ZoneChanges, WhatWasNotThereCannotGo) {
    ZoneChanges changes;
    changes.removed(record("z.example", dns::Type::NS, "ns.a.example."));
    changes.added(soa(2));
    Delegations out;
    EXPECT_NE(changes.apply(sealed(kZone), out).error().text().find("not there"), std::string::npos);
}

// What lies below a delegation was not kept, and would be seen when that goes.
TEST(ZoneChanges, AZoneWithNamesBelowDelegationsIsReadAsAWhole) {
    auto zone = kZone;
    zone.push_back(record("deep.b.example", dns::Type::NS, "ns.other."));
    ZoneChanges changes;
    changes.removed(record("b.example", dns::Type::NS, "ns.a.example."));
    changes.added(soa(2));
    Delegations out;
    EXPECT_FALSE(changes.apply(sealed(zone), out));
}

// Any walk from one zone to another, in any number of versions: there and back is nothing.
RC_GTEST_PROP(ZoneChanges, AnyWalkEndsWhereTheZoneIs, ()) {
    std::vector<dns::Record> pool;
    for (const std::string child : {"a.example", "b.example", "c.example"}) {
        for (const std::string host : {"ns.a.example.", "ns.b.example.", "ns.other."})
            pool.push_back(record(child, dns::Type::NS, host));
        for (const std::string tag : {"1", "2"}) pool.push_back(record(child, dns::Type::DS, tag + " 13 2 " + kDigest));
    }
    for (const std::string host : {"ns.a.example", "ns.b.example"})
        for (const std::string address : {"192.0.2.1", "192.0.2.2"})
            pool.push_back(record(host, dns::Type::A, address));
    const auto size = pool.size();
    // DS without NS are left out, and then the zone is read as a whole: every child keeps one NS here.
    const auto fixed = [](std::size_t i) { return i % 5 == 0 && i < 15; };
    std::vector<bool> there = *rc::gen::container<std::vector<bool>>(size, rc::gen::arbitrary<bool>());
    for (std::size_t i = 0; i < size; ++i)
        if (fixed(i)) there[i] = true;
    const auto zone = [&](int serial) {
        std::vector<dns::Record> out{soa(serial)};
        for (std::size_t i = 0; i < size; ++i)
            if (there[i]) out.push_back(pool[i]);
        return sealed(out);
    };
    const Delegations before = zone(1);
    ZoneChanges changes;
    for (const auto i : *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, size))) {
        if (fixed(i)) continue;
        if (there[i])
            changes.removed(pool[i]);
        else
            changes.added(pool[i]);
        there[i] = !there[i];
    }
    changes.added(soa(2));
    Delegations out;
    RC_ASSERT(changes.apply(before, out).has_value());
    out.seal();
    RC_ASSERT(content(out) == content(zone(2)));
}

} // namespace
} // namespace tutti::scan
