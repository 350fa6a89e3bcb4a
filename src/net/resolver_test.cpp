#include "net/resolver.hpp"

#include "net/real_server_test.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::net {
namespace {

using dns::Type;
using testing::FakeServer;
using testing::RealServer;

dns::Name name(std::string_view text) {
    return dns::Name::parse(text).value();
}

// The resolver in front of one server that signs its zone itself.
class ResolverTest : public ::testing::Test {
  protected:
    void SetUp() override {
        const auto recipe = testing::knot("www.example. IN A 192.0.2.7\nalias.example. IN CNAME www.example.\n",
                                          "    dnssec-signing: on\n");
        ASSERT_TRUE(RealServer::installed(recipe)) << "knotd is not installed: ./dev setup installs it";
        server.emplace(recipe);
    }
    std::vector<dns::Record> dnskeys() {
        testing::TestClock clock;
        DnsClient client{clock};
        const port::Query query{.server = server->endpoint(), .question = {name("example"), Type::DNSKEY}};
        std::vector<dns::Record> out;
        for (const auto& r : client.ask({&query, 1}).at(0).message.value().answer)
            if (r.type == Type::DNSKEY) out.push_back(r);
        return out;
    }
    std::unique_ptr<port::Resolver> resolver(const std::vector<dns::Record>& anchors,
                                             std::vector<port::Endpoint> forward = {}) {
        const std::string file = server->folder() / "anchor";
        std::ofstream out{file};
        for (const auto& r : anchors) out << dns::to_text(r) << "\n";
        out.close();
        if (forward.empty()) forward = {server->endpoint()};
        return make_resolver({.forward = std::move(forward),
                              .trust_anchor_file = anchors.empty() ? "" : file,
                              .deadline = seconds(5)})
            .value();
    }
    std::optional<RealServer> server;
};

TEST_F(ResolverTest, ValidatesWithATrustAnchor) {
    const auto secure = resolver(dnskeys());
    const auto www = secure->resolve({name("www.example"), Type::A});
    ASSERT_TRUE(www.has_value()) << www.error().text();
    EXPECT_TRUE(www->secure);
    EXPECT_FALSE(www->bogus);
    ASSERT_EQ(www->records.size(), 1U);
    EXPECT_EQ(dns::rdata_text(Type::A, www->records[0].rdata), "192.0.2.7");
    const auto alias = secure->resolve({name("alias.example"), Type::A});
    ASSERT_EQ(alias->records.size(), 1U);
    EXPECT_EQ(alias->records[0].owner, name("www.example"));
    const auto none = secure->resolve({name("none.example"), Type::A});
    EXPECT_TRUE(none->nxdomain);
    EXPECT_TRUE(none->secure);
    EXPECT_TRUE(none->records.empty());
    const auto no_data = secure->resolve({name("www.example"), Type::AAAA});
    EXPECT_FALSE(no_data->nxdomain);
    EXPECT_TRUE(no_data->secure);
    EXPECT_TRUE(no_data->records.empty());
}

TEST_F(ResolverTest, AnotherAnchorMakesItBogus) {
    auto anchors = dnskeys();
    for (auto& r : anchors) r.rdata.back() = static_cast<char>(r.rdata.back() ^ 1);
    const auto www = resolver(anchors)->resolve({name("www.example"), Type::A});
    ASSERT_TRUE(www.has_value()) << www.error().text();
    EXPECT_TRUE(www->bogus);
    EXPECT_FALSE(www->secure);
    EXPECT_TRUE(www->records.empty());
}

TEST_F(ResolverTest, WithoutAnAnchorNothingIsSecure) {
    const auto www = resolver({})->resolve({name("www.example"), Type::A});
    ASSERT_TRUE(www.has_value());
    EXPECT_FALSE(www->secure);
    EXPECT_EQ(www->records.size(), 1U);
}

TEST_F(ResolverTest, FromSeveralThreadsAtOnce) {
    const auto secure = resolver(dnskeys());
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t)
            threads.emplace_back([&, t] {
                for (int i = 0; i < 10; ++i) {
                    const auto answer = secure->resolve({name("n" + std::to_string(t * 10 + i) + ".example"), Type::A});
                    good += answer && answer->secure && answer->nxdomain ? 1 : 0;
                }
            });
    }
    EXPECT_EQ(good, 80);
}

TEST(Resolver, SilenceEndsAtTheDeadline) {
    FakeServer silent;
    const auto resolver = make_resolver({.forward = {silent.endpoint()}, .deadline = seconds(0.3)}).value();
    const auto start = std::chrono::steady_clock::now();
    const auto answer = resolver->resolve({name("www.example"), Type::A});
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().kind, ErrorKind::transient);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{10});
}

TEST(Resolver, FilesThatAreNotThereAreErrors) {
    EXPECT_FALSE(make_resolver({.resolv_conf = "/nowhere/resolv.conf"}).has_value());
}

} // namespace
} // namespace tutti::net
