// What every parent driver must do, on real servers.
#include "net/notify_listener.hpp"
#include "parent/make.hpp"
#include "test/contract/signer_fixture.hpp"

#include <mutex>

namespace tutti::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A fresh zone of the server is the parent; `child` is below it.
class ParentTest : public ::testing::TestWithParam<Brand> {
  protected:
    port::ParentSettings settings(std::string driver) const {
        port::ParentSettings s;
        s.name = "lab";
        s.driver = std::move(driver);
        s.zone = parent;
        s.servers = real.settings().servers;
        if (s.driver == "rfc2136") s.tsig = real.settings().tsig;
        return s;
    }
    std::shared_ptr<port::ParentDriver> make(const port::ParentSettings& s) {
        return parent::make(s, {ports.dns, ports.secrets}).value();
    }
    model::ParentReport look(const std::shared_ptr<port::ParentDriver>& driver) {
        engine::LiveWorld world{ports.dns,
                                ports.clock,
                                {.signer = [](const std::string&) { return std::shared_ptr<port::SignerDriver>{}; },
                                 .parent = [&](const std::string&) { return driver; }}};
        return world.observe({child, "lab", {}}).parent;
    }
    RrChange change(Type type, std::vector<Rdata> add, std::vector<Rdata> remove, std::vector<Rdata> expect) const {
        return {child, type, kNsTtl, std::move(add), std::move(remove), std::move(expect), true};
    }
    Rdata ds(std::string_view key) const {
        return dnssec::make_ds(child, dnssec::parse_dnskey(dnskey(key)).value(), 2).value().rdata();
    }
    void update(const dns::Name& owner, Type type, const Rdata& data) {
        const auto key =
            dnssec::make_tsig_key("ctl.", "hmac-sha256", ports.secrets.read(real.settings().tsig->secret).value());
        EXPECT_OK(
            ports.dns.update(real.settings().primary(), {.zone = parent, .add = {{owner, type, 60, data}}}, *key));
    }

    RealSigner& real = shared(GetParam());
    RealPorts ports;
    dns::Name parent = real.fresh_zone();
    dns::Name child = parent.child("child").value();
    Rdata ns1 = dns::ns_rdata(child.child("ns1").value()), ns2 = ns("ns2");
    std::vector<RrChange> delegate() const {
        const RrChange glue{child.child("ns1").value(), Type::A, kNsTtl, {rdata(Type::A, "192.0.2.7")}, {}, {}, true};
        return {change(Type::NS, {ns1}, {}, {}), glue, change(Type::DS, {ds(kForeignKsk)}, {}, {})};
    }
};

class ParentByUpdate : public ParentTest {};

TEST_P(ParentByUpdate, DelegatesAndChangesTheDelegation) {
    const auto driver = make(settings("rfc2136"));
    EXPECT_THAT(look(driver).ns.at(0).problem, Not(IsEmpty())) << "not delegated";
    ASSERT_OK(driver->apply(child, delegate()));
    auto seen = look(driver);
    EXPECT_EQ(seen.ds.at(0).problem, "");
    EXPECT_EQ(seen.ns.at(0).problem, "");
    EXPECT_THAT(seen.ds[0].ds, ElementsAre(dnssec::parse_ds(ds(kForeignKsk)).value()));
    EXPECT_EQ(seen.ds[0].ttl, kNsTtl);
    EXPECT_THAT(seen.ns[0].names, ElementsAre(dns::ns_target(ns1).value()));
    EXPECT_EQ(seen.ns[0].ttl, kNsTtl);

    ASSERT_OK(driver->apply(child, std::vector{change(Type::DS, {ds(kForeignZsk)}, {}, {ds(kForeignKsk)}),
                                               change(Type::NS, {ns2}, {ns1}, {ns1})}));
    seen = look(driver);
    EXPECT_THAT(seen.ds.at(0).ds, SizeIs(2));
    EXPECT_THAT(seen.ns.at(0).names, ElementsAre(dns::ns_target(ns2).value()));
    ASSERT_OK(driver->apply(child, std::vector{change(Type::DS, {}, {ds(kForeignKsk), ds(kForeignZsk)},
                                                      {ds(kForeignKsk), ds(kForeignZsk)})}));
    seen = look(driver);
    EXPECT_EQ(seen.ds.at(0).problem, "");
    EXPECT_THAT(seen.ds[0].ds, IsEmpty());
    EXPECT_EQ(seen.ds[0].ttl, kDnskeyTtl) << "the negative TTL: the SOA minimum";
}

TEST_P(ParentByUpdate, DoesNothingByHalves) {
    const auto driver = make(settings("rfc2136"));
    ASSERT_OK(driver->apply(child, delegate()));
    EXPECT_OK(driver->apply(child, delegate())); // after a lost reply
    const auto before = look(driver);
    const auto result = driver->apply(child, std::vector{change(Type::DS, {ds(kForeignZsk)}, {}, {ds(kForeignZsk2)}),
                                                         change(Type::NS, {ns2}, {}, {ns1})});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::conflict) << result.error().text();
    const auto after = look(driver);
    EXPECT_EQ(after.ds.at(0).ds, before.ds.at(0).ds);
    EXPECT_EQ(after.ns.at(0).names, before.ns.at(0).names);
}

TEST_P(ParentByUpdate, ProbesAndRefusals) {
    const auto driver = make(settings("rfc2136"));
    ASSERT_OK(driver->apply(child, delegate()));
    auto report = driver->probe(child);
    ASSERT_TRUE(report.has_value());
    for (const auto& check : report->checks)
        EXPECT_NE(check.verdict, port::Check::Verdict::failed) << check.what << ": " << check.seen;
    auto wrong = settings("rfc2136");
    wrong.tsig->secret = real.secret_file("wrong", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=");
    report = make(wrong)->probe(child);
    ASSERT_TRUE(report.has_value());
    EXPECT_FALSE(report->usable());
    EXPECT_FALSE(make(wrong)->apply(child, std::vector{change(Type::DS, {ds(kForeignZsk)}, {}, {ds(kForeignKsk)})}));
    // Not below this parent.
    const auto elsewhere = dns::Name::parse("child.elsewhere.").value();
    const RrChange lost{elsewhere, Type::DS, 60, {ds(kForeignZsk)}, {}, {}, true};
    EXPECT_FALSE(driver->apply(elsewhere, std::vector{lost}));
}

INSTANTIATE_TEST_SUITE_P(Real, ParentByUpdate, ::testing::Values(Brand::bind, Brand::knot, Brand::powerdns_ddns),
                         brand_name);

// ---- a parent that reads CDS ----

class ParentByCds : public ParentTest {
  protected:
    void SetUp() override {
        const auto hear = [this](const net::Notification& n) {
            const std::lock_guard lock(mutex);
            notified.push_back({n.zone, n.type});
            return dns::Rcode::noerror;
        };
        // A port that is free now may be taken by somebody before it is ours.
        for (int attempt = 0; attempt < 10 && !listener; ++attempt) {
            const port::Endpoint endpoint{"127.0.0.1", free_port()};
            if (auto started = net::NotifyListener::start({&endpoint, 1}, hear)) listener = std::move(*started);
        }
        ASSERT_NE(listener, nullptr);
    }

    // The record of RFC 9859 2.1: type, scheme NOTIFY, port, target.
    Rdata dsync(Type type, std::uint16_t port, std::string_view target) const {
        const auto u16 = [](std::uint16_t v) {
            return std::string{static_cast<char>(v >> 8), static_cast<char>(v & 0xff)};
        };
        return u16(static_cast<std::uint16_t>(type)) + '\1' + u16(port) + dns::Name::parse(target).value().wire();
    }
    std::vector<dns::Question> heard() {
        const std::lock_guard lock(mutex);
        return notified;
    }

    std::mutex mutex;
    std::vector<dns::Question> notified;
    std::unique_ptr<net::NotifyListener> listener;
};

TEST_P(ParentByCds, IsToldWhereItSays) {
    const auto driver = make(settings("cds"));
    EXPECT_OK(driver->apply(child, delegate())); // it has no DSYNC record: it comes by itself
    const auto target = parent.child("agent").value();
    update(target, Type::A, rdata(Type::A, "127.0.0.1"));
    const auto at = parent.child("_dsync").value().child("*").value();
    const auto port = listener->endpoints().at(0).port;
    update(at, Type::DSYNC, dsync(Type::CDS, port, target.text()));
    update(at, Type::DSYNC, dsync(Type::CSYNC, port, target.text()));
    ASSERT_OK(driver->apply(child, delegate()));
    EXPECT_THAT(heard(), UnorderedElementsAre(dns::Question{child, Type::CDS}, dns::Question{child, Type::CSYNC}));
    ASSERT_OK(driver->apply(child, std::vector{change(Type::DS, {}, {ds(kForeignKsk)}, {})}));
    EXPECT_THAT(heard(), SizeIs(3)) << "only CDS";
    const auto report = driver->probe(child);
    ASSERT_TRUE(report.has_value());
    EXPECT_THAT(report->checks.back().seen, HasSubstr("NOTIFY("));
}

TEST_P(ParentByCds, NobodyListens) {
    const auto driver = make(settings("cds"));
    update(parent.child("agent").value(), Type::A, rdata(Type::A, "127.0.0.1"));
    update(parent.child("_dsync").value(), Type::DSYNC,
           dsync(Type::CDS, free_port(), parent.child("agent").value().text()));
    const auto result = driver->apply(child, delegate());
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::unreachable) << result.error().text();
    EXPECT_THAT(result.error().text(), HasSubstr("NOTIFY(CDS)"));
}

INSTANTIATE_TEST_SUITE_P(Real, ParentByCds, ::testing::Values(Brand::bind, Brand::knot), brand_name);

} // namespace
} // namespace tutti::contract
