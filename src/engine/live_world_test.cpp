#include "engine/live_world.hpp"

#include "dnssec/signer_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tutti::engine {
namespace {

using dns::Name;
using dns::Record;
using dns::Type;
using dnssec::testing::TestSigner;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Name kZone = Name::parse("example.").value();

class FakeClock : public port::Clock {
  public:
    Instant now() override { return time; }
    Instant time = parse_rfc3339("2026-11-24T12:00:00Z").value();
};

// Servers of one signed zone: each address has its serial, or is silent.
class FakeDns : public port::Dns {
  public:
    explicit FakeDns(FakeClock& clock) : clock_(clock) {}
    std::map<std::string, std::optional<std::uint32_t>> servers;
    bool is_signed = true;
    TestSigner key{kZone, 13}, ksk{kZone, 13};
    bool with_ksk = false; // which signs DNSKEY and CDS
    std::size_t asked = 0;

    std::vector<port::Reply> ask(std::span<const port::Query> queries) override {
        asked += queries.size();
        std::vector<port::Reply> out;
        for (const auto& q : queries) out.push_back({answer(q), clock_.time, clock_.time});
        return out;
    }
    Expected<void> update(const port::Endpoint&, const dns::Update&, const dnssec::TsigKey&) override { return {}; }
    Expected<void> transfer(const port::Endpoint&, const Name&, const dnssec::TsigKey*,
                            const std::function<void(const Record&)>&) override {
        return {};
    }
    Expected<void> notify(const port::Endpoint&, const dns::Question&) override { return {}; }

  private:
    Expected<dns::Message> answer(const port::Query& q) {
        const auto serial = servers[q.server.address];
        if (!serial) return fail(ErrorKind::unreachable, "no answer");
        dns::Message m{.response = true, .authoritative = true, .question = q.question};
        const Record soa{kZone, Type::SOA, 60,
                         dns::parse_rdata(Type::SOA, "ns. admin. " + std::to_string(*serial) + " 1 1 1 30").value()};
        const bool here = q.question.name == kZone;
        if (here && q.question.type == Type::SOA)
            add(m.answer, soa);
        else if (here && q.question.type == Type::DNSKEY && with_ksk) {
            m.answer.push_back({kZone, Type::DNSKEY, 20, key.key().rdata()});
            add(m.answer, {kZone, Type::DNSKEY, 20, ksk.key().rdata()}, &ksk);
        } else if (here && q.question.type == Type::DNSKEY)
            add(m.answer, {kZone, Type::DNSKEY, 20, key.key().rdata()});
        else if (here && q.question.type == Type::CDS && with_ksk)
            add(m.answer, {kZone, Type::CDS, 20, dns::parse_rdata(Type::CDS, "1 13 2 " + std::string(64, 'e')).value()},
                &ksk);
        else if (here && q.question.type == Type::NS)
            add(m.answer, {kZone, Type::NS, 40, dns::ns_rdata(Name::parse("ns.").value())});
        else {
            add(m.authority, soa);
            if (is_signed)
                add(m.authority, {kZone, Type::NSEC, 30, dns::parse_rdata(Type::NSEC, "example. NS").value()});
        }
        return m;
    }
    void add(std::vector<Record>& section, const Record& record, const TestSigner* signer = nullptr) {
        section.push_back(record);
        if (!is_signed) return;
        const auto set = dns::find_rrset(section, record.owner, record.type).value();
        const auto sig = (signer != nullptr ? *signer : key)
                             .sign(set, clock_.time - seconds(10), clock_.time + std::chrono::hours(1));
        section.push_back({record.owner, Type::RRSIG, record.ttl, sig});
    }
    FakeClock& clock_;
};

class FakeSigner : public port::SignerDriver {
  public:
    explicit FakeSigner(std::string name) : name_(std::move(name)) {}
    const std::string& name() const override { return name_; }
    std::vector<port::Endpoint> servers() const override { return {{"192.0.2.1"}, {"192.0.2.2"}}; }
    std::vector<Name> ns_names() const override { return {Name::parse("ns.").value()}; }
    Expected<port::ProbeReport> probe(const Name&) override { return port::ProbeReport{}; }
    Expected<port::Inside> inspect(const Name&) override {
        ++inspected;
        return inside;
    }
    Expected<void> apply(const Name&, std::span<const model::RrChange> changes) override {
        if (throws) throw std::runtime_error("broken driver");
        applied.emplace_back(changes.begin(), changes.end());
        return result;
    }
    Expected<port::Inside> inside;
    int inspected = 0;
    bool throws = false;
    Expected<void> result;
    std::vector<std::vector<model::RrChange>> applied;

  private:
    std::string name_;
};

class LiveWorldTest : public ::testing::Test {
  protected:
    void SetUp() override {
        dns.servers = {{"192.0.2.1", 7}, {"192.0.2.2", 7}};
        reads(7, {{dns.key.key().tag(), 13}}, 3600);
    }
    void reads(std::uint32_t serial, const model::Signatures& keys, dns::Ttl ttl_max) {
        port::Inside inside;
        inside.serial = serial;
        inside.signatures.emplace();
        for (const auto& key : keys) inside.signatures->push_back({key}); // each alone
        inside.ttl_max = ttl_max;
        blue->inside = inside;
    }
    model::SignerReport look() { return world.observe({kZone, "none", {"blue"}}).signers.at(0); }

    FakeClock clock;
    FakeDns dns{clock};
    std::shared_ptr<FakeSigner> blue = std::make_shared<FakeSigner>("blue"),
                                green = std::make_shared<FakeSigner>("green");
    LiveWorld world{dns,
                    clock,
                    {.signer = [this](const std::string& n) -> std::shared_ptr<port::SignerDriver> {
                         return n == "blue" ? blue : n == "green" ? green : nullptr;
                     },
                     .parent = [](const std::string&) { return std::shared_ptr<port::ParentDriver>{}; }}};
};

TEST_F(LiveWorldTest, EveryAddressIsAskedAndTheZoneIsReadOnce) {
    const auto report = look();
    EXPECT_EQ(dns.asked, 16U) << "eight questions to each of two addresses, in one batch";
    EXPECT_EQ(report.problem, "");
    ASSERT_THAT(report.data, SizeIs(2));
    for (const auto& data : report.data) {
        EXPECT_EQ(data.problem, "");
        EXPECT_TRUE(data.complete);
        EXPECT_EQ(data.ttl_max, 3600U);
        EXPECT_THAT(data.keys, ElementsAre(dns.key.key()));
    }
    EXPECT_THAT(report.ns, SizeIs(1));
    look();
    EXPECT_EQ(blue->inspected, 1) << "nothing changed";
    dns.servers["192.0.2.1"] = 8;
    reads(8, {{dns.key.key().tag(), 13}}, 60);
    look();
    EXPECT_EQ(blue->inspected, 2);
    world.forget(kZone);
    look();
    EXPECT_EQ(blue->inspected, 3);
}

TEST_F(LiveWorldTest, AKeyThatSignsCdsSignsNoDataForThat) {
    dns.with_ksk = true;
    const auto report = look();
    EXPECT_THAT(report.cds.at(0).cds, SizeIs(1));
    EXPECT_THAT(report.dnskey.at(0).signed_by, SizeIs(1));
    EXPECT_THAT(report.data.at(0).keys, ElementsAre(dns.key.key()));
}

TEST_F(LiveWorldTest, AServerThatTrailsIsKnownByWhatWasReadBefore) {
    look();
    dns.servers["192.0.2.1"] = 9;
    reads(9, {{dns.key.key().tag(), 13}, {4711, 13}}, 60);
    auto report = look();
    EXPECT_EQ(report.data[0].ttl_max, 60U);
    EXPECT_THAT(report.data[0].unmatched, SizeIs(1)) << "a key that signs and is not published";
    EXPECT_EQ(report.data[1].ttl_max, 3600U) << "still serial 7";
    EXPECT_THAT(report.data[1].unmatched, IsEmpty());
    dns.servers["192.0.2.2"] = 8; // between the two: what either holds
    report = look();
    EXPECT_EQ(report.data[1].ttl_max, 3600U);
    EXPECT_THAT(report.data[1].unmatched, SizeIs(1));
    dns.servers["192.0.2.2"] = 5;
    EXPECT_THAT(look().data[1].problem, HasSubstr("serves serial 5")) << "never read: nothing is known";
    EXPECT_EQ(look().data[0].problem, "");
}

TEST_F(LiveWorldTest, AZoneThatCannotBeReadIsUnknown) {
    blue->inside = fail(ErrorKind::refused, "AXFR refused");
    auto report = look();
    EXPECT_THAT(report.data[0].problem, HasSubstr("AXFR refused"));
    EXPECT_EQ(report.dnskey[0].problem, "");
    look();
    EXPECT_EQ(blue->inspected, 1) << "not at once again";
    clock.time += seconds(1);
    reads(7, {{dns.key.key().tag(), 13}}, 3600);
    EXPECT_EQ(look().data[0].problem, "");
}

TEST_F(LiveWorldTest, ADriverThatTellsNothingLeavesItAtSamples) {
    blue->inside = port::Inside{};
    const auto report = look();
    EXPECT_EQ(report.data[0].problem, "");
    EXPECT_FALSE(report.data[0].complete);
    EXPECT_EQ(report.data[0].ttl_max, 60U);
}

TEST_F(LiveWorldTest, SilentAndUnsignedServers) {
    dns.servers["192.0.2.2"].reset();
    auto report = look();
    EXPECT_EQ(report.data[0].problem, "");
    EXPECT_THAT(report.data[1].problem, HasSubstr("no answer"));
    dns.is_signed = false;
    report = look();
    EXPECT_THAT(report.problem, HasSubstr("without signatures"));
    dns.servers["192.0.2.1"].reset();
    look();
    const int before = blue->inspected;
    look();
    EXPECT_EQ(blue->inspected, before) << "nobody answers: nothing to read";
}

TEST_F(LiveWorldTest, NamesThatNobodyKnows) {
    const auto seen = world.observe({kZone, "none", {"blue", "red"}});
    EXPECT_THAT(seen.signers.at(1).problem, HasSubstr("no signer \"red\""));
    EXPECT_THAT(seen.parent.problem, HasSubstr("no parent \"none\""));
    EXPECT_EQ(seen.signers.at(0).problem, "");
}

// ---- orders ----

port::Order order(int signer, Type type, const dns::Rdata& add) {
    return {{.kind = model::Action::Kind::dnskey, .signer = signer}, {{kZone, type, 60, {add}, {}, {}, true}}};
}

TEST_F(LiveWorldTest, OrdersForOnePlaceGoTogether) {
    green->result = fail(ErrorKind::refused, "no");
    const std::vector orders{order(1, Type::DNSKEY, "a"),
                             order(0, Type::CDS, "b"),
                             order(1, Type::CDS, "c"),
                             order(1, Type::CDS, "d"),
                             order(model::kNobody, Type::DS, "e"),
                             order(7, Type::DS, "f")};
    const auto results = world.carry_out({kZone, "none", {"blue", "green"}}, orders);
    ASSERT_THAT(results, SizeIs(6));
    EXPECT_TRUE(results[1].has_value());
    for (auto i : {0U, 2U, 3U}) EXPECT_EQ(results[i].error().kind, ErrorKind::refused);
    EXPECT_EQ(results[4].error().kind, ErrorKind::not_found);
    EXPECT_EQ(results[5].error().kind, ErrorKind::internal);
    ASSERT_THAT(green->applied, SizeIs(1));
    ASSERT_THAT(green->applied[0], SizeIs(2)) << "one change for each RRset";
    EXPECT_THAT(green->applied[0][1].add, ElementsAre("c", "d"));
    EXPECT_THAT(blue->applied, SizeIs(1));
}

TEST_F(LiveWorldTest, ADriverThatThrowsFailsAlone) {
    blue->throws = true;
    const std::vector orders{order(0, Type::CDS, "a"), order(1, Type::CDS, "b")};
    const auto results = world.carry_out({kZone, "none", {"blue", "green"}}, orders);
    EXPECT_EQ(results[0].error().kind, ErrorKind::internal);
    EXPECT_THAT(results[0].error().seen, HasSubstr("broken driver"));
    EXPECT_TRUE(results[1].has_value());
}

TEST_F(LiveWorldTest, AfterAnOrderTheDriverIsAskedAgain) {
    look();
    (void)world.carry_out({kZone, "none", {"blue"}}, std::vector{order(0, Type::CDS, "a")});
    look();
    EXPECT_EQ(blue->inspected, 2);
}

// ---- threads and readings ----

TEST(Threads, RunEveryTaskOnceWhateverIsFree) {
    for (int most : {0, 1, 8}) {
        Threads threads{most};
        std::atomic<int> done{0};
        std::vector<std::function<void()>> tasks(20, [&] { ++done; });
        threads.run(tasks);
        threads.run({});
        EXPECT_EQ(done, 20);
    }
}

TEST(Threads, TasksRunSideBySide) {
    Threads threads{3};
    std::atomic<int> inside{0};
    const auto meet = [&] { // ends only when all four are inside
        ++inside;
        while (inside < 4) std::this_thread::yield();
    };
    threads.run(std::vector<std::function<void()>>(4, meet));
    EXPECT_EQ(inside, 4);
}

TEST(Readings, SerialsWrapAround) {
    EXPECT_TRUE(serial_before(1, 2));
    EXPECT_FALSE(serial_before(2, 2));
    EXPECT_TRUE(serial_before(0xffffffffU, 0));
    Readings readings;
    EXPECT_FALSE(readings.at(1).has_value());
    readings.add({0xfffffff0U, {{{1, 13}}}, 10});
    readings.add({4, {{{2, 13}}}, 20});
    EXPECT_THAT(readings.at(0)->signatures, SizeIs(2));
    EXPECT_FALSE(readings.at(5).has_value());
    EXPECT_FALSE(readings.at(std::nullopt).has_value());
    for (std::uint32_t i = 0; i < 2 * Readings::kMost; ++i) readings.add({10 + i, {}, 0});
    EXPECT_FALSE(readings.at(4).has_value()) << "only so many are kept";
    readings.add({std::nullopt, {{{3, 13}}}, 0});
    EXPECT_TRUE(readings.at(77).has_value()) << "an interface without serials";
}

} // namespace
} // namespace tutti::engine
