// The scanner against name servers as they are installed.
#include "accept/json.hpp"
#include "net/real_server_test.hpp"
#include "test/scan/world.hpp"

#include <boost/json/serialize.hpp>

namespace tutti::scan::testing {

namespace {

std::string records(const Child& child) {
    std::string out;
    for (const auto& [type, set] : child.sets) {
        if (type == Type::NS) continue;
        // The SOA itself is in the recipe. It must be signed: Knot serves no signatures at all otherwise.
        for (const auto& rdata : type == Type::SOA ? std::vector<dns::Rdata>{} : set.rdata)
            out += dns::to_text({child.apex, type, set.ttl, rdata}) + "\n";
        for (const auto& sig : child.signatures(set))
            out += dns::to_text({child.apex, Type::RRSIG, set.ttl, sig}) + "\n";
    }
    return out;
}

class ScanReal : public ::testing::TestWithParam<const char*> {};

TEST_P(ScanReal, ARolloverIsSeenAndThenNoMore) {
    Child child{name("example")};
    child.set(Type::SOA, {dns::parse_rdata(Type::SOA, "ns1.example. admin.example. 1 3600 900 604800 60").value()});
    const std::string text = records(child);
    const auto recipe = std::string_view{GetParam()} == "nsd" ? net::testing::nsd(text) : net::testing::knot(text);
    ASSERT_TRUE(net::testing::RealServer::installed(recipe)) << recipe.command.front() << " is not installed";
    const net::testing::RealServer server{recipe};
    NowClock clock;
    ScanOptions options;
    options.port = server.endpoint().port;
    options.policy.allow_addresses = {accept::parse_network("127.0.0.0/8").value()};
    for (const bool done : {false, true}) {
        Delegations delegations;
        delegations.add_ns(child.apex, name("ns1.example"));
        delegations.add_address(name("ns1.example"), "127.0.0.1");
        delegations.add_ds(child.apex, child.ds(done ? child.second : child.first).rdata());
        delegations.seal();
        TestDesk desk{delegations};
        auto scanner = Scanner::open(delegations, desk, nullptr, clock, options);
        ASSERT_TRUE(scanner) << scanner.error().text();
        (*scanner)->run();
        if (done) {
            EXPECT_EQ(desk.same.size(), 1U);
            EXPECT_TRUE(desk.judgements.empty());
        } else {
            ASSERT_EQ(desk.judgements.size(), 1U);
            EXPECT_EQ(desk.judgements[0].verdict.decision, Decision::accept)
                << desk.judgements[0].verdict.reasons.at(0).text
                << boost::json::serialize(accept::to_json(desk.judgements[0].evidence));
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, ScanReal, ::testing::Values("nsd", "knot"));

} // namespace

} // namespace tutti::scan::testing
