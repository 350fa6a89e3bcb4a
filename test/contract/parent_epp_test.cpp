// The controller's parent by EPP: a registry that publishes its data base as a real signed zone, a while later; and
// Net::EPP as a client of the same registry.
#include "parent/make.hpp"
#include "test/contract/signer_fixture.hpp"
#include "test/contract/test_registry.hpp"

#include <cstdlib>
#include <fstream>
#include <thread>

namespace tutti::contract {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class ParentByEpp : public ::testing::Test {
  protected:
    std::vector<std::string> options() {
        const auto& s = real.settings();
        return {"--publish-to", s.primary().address + ":" + std::to_string(s.primary().port),
                "--key-file",   s.tsig->secret.value,
                "--zone",       parent.text(),
                "--delay",      "0.2",
                "--ttl",        "40"};
    }
    model::ParentReport look() {
        engine::LiveWorld world{ports.dns,
                                ports.clock,
                                {.signer = [](const std::string&) { return std::shared_ptr<port::SignerDriver>{}; },
                                 .parent = [&](const std::string&) { return driver; }}};
        return world.observe({child, "lab", {}}).parent;
    }
    // The registry publishes later: until then the old data is served.
    bool becomes(const std::function<bool(const model::ParentReport&)>& so) {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(15);
        while (std::chrono::steady_clock::now() < end) {
            if (so(look())) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return false;
    }
    std::string text() const { return child.text().substr(0, child.text().size() - 1); }
    Rdata ds(std::string_view key) const {
        return dnssec::make_ds(child, dnssec::parse_dnskey(dnskey(key)).value(), 2).value().rdata();
    }
    RrChange change(Type type, std::vector<Rdata> add, std::vector<Rdata> remove, std::vector<Rdata> expect) const {
        return {child, type, kNsTtl, std::move(add), std::move(remove), std::move(expect), true};
    }
    static auto has_ds(std::size_t count) {
        return [=](const model::ParentReport& r) { return r.ds.at(0).problem.empty() && r.ds[0].ds.size() == count; };
    }

    RealSigner& real = shared(Brand::knot);
    RealPorts ports;
    dns::Name parent = real.fresh_zone();
    dns::Name child = parent.child("child").value();
    TestRegistry registry{options()};
    std::shared_ptr<port::ParentDriver> driver;
    void SetUp() override {
        auto s = registry.settings();
        s.zone = parent;
        s.servers = real.settings().servers;
        driver = parent::make(s, {ports.dns, ports.secrets}).value();
        registry.add_domain(text());
    }
};

TEST_F(ParentByEpp, DelegatesAndChangesTheDelegation) {
    EXPECT_EQ(driver->mode(), model::ParentMode::direct);
    const auto ns1 = child.child("ns1").value();
    const RrChange glue{ns1, Type::A, kNsTtl, {rdata(Type::A, "192.0.2.7")}, {}, {}, true};
    ASSERT_OK(driver->apply(child, std::vector{change(Type::NS, {dns::ns_rdata(ns1)}, {}, {}), glue,
                                               change(Type::DS, {ds(kForeignKsk)}, {}, {})}));
    ASSERT_TRUE(becomes(has_ds(1)));
    const auto seen = look();
    EXPECT_EQ(seen.ns.at(0).problem, "");
    EXPECT_THAT(seen.ns[0].names, ElementsAre(ns1));
    EXPECT_EQ(seen.ds[0].ttl, 40U);
    const auto report = driver->probe(child);
    ASSERT_TRUE(report.has_value());
    EXPECT_TRUE(report->usable());
    ASSERT_OK(
        driver->apply(child, std::vector{change(Type::DS, {ds(kForeignZsk)}, {ds(kForeignKsk)}, {ds(kForeignKsk)}),
                                         change(Type::NS, {ns("ns9")}, {}, {dns::ns_rdata(ns1)})}));
    ASSERT_TRUE(becomes([&](const auto& r) { return r.ns.at(0).names.size() == 2; }));
    EXPECT_THAT(look().ds.at(0).ds, ElementsAre(dnssec::parse_ds(ds(kForeignZsk)).value()));
    ASSERT_OK(driver->apply(child, std::vector{change(Type::DS, {}, {ds(kForeignZsk)}, {ds(kForeignZsk)})}));
    EXPECT_TRUE(becomes(has_ds(0)));
}

// Between the registry's success and its publication the old DS is served; the controller asks again in that time.
TEST_F(ParentByEpp, ARegistryThatPublishesLater) {
    const auto ns1 = child.child("ns1").value();
    const RrChange glue{ns1, Type::A, kNsTtl, {rdata(Type::A, "192.0.2.7")}, {}, {}, true};
    ASSERT_OK(driver->apply(child, std::vector{change(Type::NS, {dns::ns_rdata(ns1)}, {}, {}), glue,
                                               change(Type::DS, {ds(kForeignKsk)}, {}, {})}));
    ASSERT_TRUE(becomes(has_ds(1)));
    registry.control("publish", {{"paused", true}});
    const std::vector add{change(Type::DS, {ds(kForeignZsk)}, {}, {ds(kForeignKsk)})};
    ASSERT_OK(driver->apply(child, add));
    EXPECT_THAT(look().ds.at(0).ds, SizeIs(1)) << "not published";
    EXPECT_OK(driver->apply(child, add));
    EXPECT_THAT(registry.journal(text()), SizeIs(2)) << "and nothing was sent again";
    // Decided on what is served, which is not what the registry has: nothing is done.
    const auto other = driver->apply(child, std::vector{change(Type::DS, {}, {ds(kForeignKsk)}, {ds(kForeignKsk)})});
    ASSERT_FALSE(other.has_value());
    EXPECT_EQ(other.error().kind, ErrorKind::conflict) << other.error().text();
    registry.control("publish", {{"paused", false}});
    ASSERT_TRUE(becomes(has_ds(2)));
    ASSERT_OK(
        driver->apply(child, std::vector{change(Type::DS, {}, {ds(kForeignKsk)}, {ds(kForeignKsk), ds(kForeignZsk)})}));
    EXPECT_TRUE(becomes(has_ds(1)));
}

TEST_F(ParentByEpp, LocksAreRefusalsThatSayWhy) {
    registry.control("lock", {{"name", text()}, {"add", json::array{"serverUpdateProhibited"}}});
    const auto result = driver->apply(child, std::vector{change(Type::DS, {ds(kForeignKsk)}, {}, {})});
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().kind, ErrorKind::refused);
    EXPECT_THAT(result.error().text(), HasSubstr("serverUpdateProhibited"));
    const auto report = driver->probe(child);
    ASSERT_TRUE(report.has_value());
    EXPECT_FALSE(report->usable());
}

TEST(NetEpp, IsAClientOfTheTestRegistry) {
    TestRegistry registry;
    registry.add_domain("child.lab");
    registry.control("lock", {{"name", "child.lab"}, {"say", true}});
    const std::string command = std::string{"perl "} + TUTTI_SOURCE + "/test/contract/net_epp.pl " +
                                std::to_string(registry.port) + " " + registry.folder().string() + " child.lab >" +
                                registry.folder().string() + "/perl.log 2>&1";
    const int status = std::system(command.c_str());
    std::ifstream log{registry.folder() / "perl.log"};
    EXPECT_EQ(status, 0) << std::string{std::istreambuf_iterator<char>{log}, {}};
    // It sent one frame with <add> before <rem>, on purpose: the registry's own check must have found it, and no other.
    const auto wrong = registry.control("state").at("wrong").as_array();
    ASSERT_THAT(wrong, SizeIs(1));
    EXPECT_THAT(std::string{wrong[0].as_string()}, HasSubstr("update has the children [add rem]"));
    registry.forget_wrong_frames();
}

} // namespace
} // namespace tutti::contract
