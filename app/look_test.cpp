#include "app/look.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace tutti::app {
namespace {

using dns::Name;
using dns::Record;
using dns::Type;
using port::Endpoint;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Name name(std::string_view text) {
    return Name::parse(text).value();
}
Record record(std::string_view owner, Type type, std::string_view text) {
    return {name(owner), type, 60, dns::parse_rdata(type, text).value()};
}

class FakeClock final : public port::Clock {
  public:
    Instant now() override { return at_seconds(1e9); }
};

// Records by owner and type.
class FakeResolver final : public port::Resolver {
  public:
    void add(std::string_view owner, Type type, std::string_view text) { records.push_back(record(owner, type, text)); }
    Expected<Answer> resolve(const dns::Question& question) override {
        Answer out;
        for (const auto& r : records)
            if (r.owner == question.name && r.type == question.type) out.records.push_back(r);
        return out;
    }
    std::vector<Record> records;
};

// Parents refer to the given names, with glue; servers of the zone serve their own NS, without signatures.
class FakeDns final : public port::Dns {
  public:
    std::vector<port::Reply> ask(std::span<const port::Query> queries) override {
        std::vector<port::Reply> out;
        for (const auto& q : queries) {
            asked.insert(q.server.text());
            out.push_back({answer(q), at_seconds(1e9), at_seconds(1e9)});
        }
        return out;
    }
    Expected<void> update(const Endpoint&, const dns::Update&, const dnssec::TsigKey&) override { return {}; }
    Expected<void> transfer(const Endpoint&, const Name&, const dnssec::TsigKey*,
                            const std::function<void(const Record&)>&) override {
        return {};
    }
    Expected<void> notify(const Endpoint&, const dns::Question&) override { return {}; }

    std::map<std::string, std::vector<Record>> referrals, ns; // by address
    std::vector<Record> glue;
    std::set<std::string> asked;

  private:
    Expected<dns::Message> answer(const port::Query& q) const {
        dns::Message m;
        m.response = true;
        m.question = q.question;
        const auto where = q.server.text();
        if (const auto at = referrals.find(where); at != referrals.end() && q.question.type == Type::NS) {
            m.authority = at->second;
            m.additional = glue;
            return m;
        }
        m.authoritative = true;
        if (const auto at = ns.find(where); at != ns.end() && q.question.type == Type::NS)
            m.answer = at->second;
        else if (ns.contains(where) || referrals.contains(where))
            m.authority = {record(referrals.contains(where) ? "test." : "zone.test.", Type::SOA, "a. b. 1 2 3 4 5")};
        else
            return fail(ErrorKind::unreachable, "no answer", where);
        return m;
    }
};

class LookTest : public ::testing::Test {
  protected:
    LookTest() {
        resolver.add("test.", Type::NS, "ns.test.");
        resolver.add("ns.test.", Type::A, "192.0.2.9");
        resolver.add("ns1.blue.", Type::A, "192.0.2.11");
        resolver.add("ns1.blue.", Type::AAAA, "2001:db8::11");
        resolver.add("ns1.green.", Type::A, "192.0.2.21");
        dns.referrals["192.0.2.9"] = {record("zone.test.", Type::NS, "ns1.blue.")};
        for (const char* a : {"192.0.2.11", "2001:db8::11"}) dns.ns[a] = {record("zone.test.", Type::NS, "ns1.blue.")};
        dns.ns["192.0.2.21"] = {record("zone.test.", Type::NS, "ns1.green.")};
    }
    audit::View see() { return look(dns, &resolver, clock, request).value(); }
    static std::vector<std::string> addresses(const audit::View& view, bool hidden) {
        std::vector<std::string> out;
        for (const auto& s : view.servers)
            if (s.hidden == hidden) out.push_back(s.address);
        return out;
    }

    FakeClock clock;
    FakeResolver resolver;
    FakeDns dns;
    LookRequest request{name("zone.test."), {}, {}, [](const Endpoint&) { return true; }, "label"};
};

TEST_F(LookTest, EveryAddressOfEveryServer) {
    const auto view = see();
    EXPECT_EQ(view.parent, name("test."));
    EXPECT_THAT(view.parents, SizeIs(1));
    EXPECT_THAT(addresses(view, false), UnorderedElementsAre("192.0.2.11", "2001:db8::11"));
    EXPECT_THAT(view.servers[0].names, ElementsAre(name("ns1.blue.")));
    EXPECT_THAT(view.servers[0].dnskey.problem, "");
}

TEST_F(LookTest, FollowsWhatTheZoneSaysOfItself) {
    dns.ns["192.0.2.11"].push_back(record("zone.test.", Type::NS, "ns1.green."));
    EXPECT_THAT(addresses(see(), false), UnorderedElementsAre("192.0.2.11", "2001:db8::11", "192.0.2.21"));
}

TEST_F(LookTest, AServerThatOnlyItselfNamesIsHidden) {
    request.servers = {{{"192.0.2.21", 53}, "green"}};
    const auto view = see();
    EXPECT_THAT(addresses(view, true), ElementsAre("192.0.2.21"));
    EXPECT_THAT(addresses(view, false), SizeIs(2));
    const auto green = std::ranges::find(view.servers, "192.0.2.21", &audit::Server::address);
    EXPECT_EQ(green->signer, "green");
}

TEST_F(LookTest, WithoutAResolverOnlyThoseGiven) {
    request.servers = {{{"192.0.2.21", 53}, ""}};
    request.parents = {{"192.0.2.9", 53}};
    const auto view = look(dns, nullptr, clock, request).value();
    EXPECT_THAT(dns.asked, UnorderedElementsAre("192.0.2.9", "192.0.2.21"));
    EXPECT_THAT(addresses(view, true), IsEmpty());
    EXPECT_EQ(view.parent, std::nullopt);
}

TEST_F(LookTest, GlueWhereTheNameItselfDoesNotResolve) {
    std::erase_if(resolver.records, [](const auto& r) { return r.owner == name("ns1.blue."); });
    dns.glue = {record("ns1.blue.", Type::A, "192.0.2.11")};
    EXPECT_THAT(addresses(see(), false), ElementsAre("192.0.2.11"));
}

TEST_F(LookTest, AddressesWithoutARouteAreTold) {
    request.routable = [](const Endpoint& e) { return !e.address.contains(':'); };
    const auto view = see();
    EXPECT_THAT(view.no_route, ElementsAre("2001:db8::11"));
    EXPECT_FALSE(dns.asked.contains("2001:db8::11"));
}

TEST_F(LookTest, WithoutTheDelegationByWhatTheResolverKnows) {
    dns.referrals.clear();
    resolver.add("zone.test.", Type::NS, "ns1.green.");
    EXPECT_THAT(addresses(see(), false), ElementsAre("192.0.2.21"));
}

TEST_F(LookTest, NobodyToAsk) {
    resolver.records.clear();
    EXPECT_FALSE(look(dns, &resolver, clock, request).has_value());
}

} // namespace
} // namespace tutti::app
