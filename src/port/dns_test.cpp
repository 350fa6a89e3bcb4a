#include "port/dns.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::port {
namespace {

TEST(Endpoint, ReadsAndWrites) {
    const auto round = [](std::string_view text) { return parse_endpoint(text).value().text(); };
    for (const char* text : {"192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353", "::1", "::"})
        EXPECT_EQ(round(text), text);
    EXPECT_EQ(parse_endpoint("192.0.2.1:53"), (Endpoint{"192.0.2.1", 53}));
    EXPECT_EQ(round("192.0.2.1:53"), "192.0.2.1");
    EXPECT_EQ(round("[2001:DB8:0:0::1]"), "2001:db8::1") << "one address, one text";
    EXPECT_EQ(round("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
}

TEST(Endpoint, RefusesTheRest) {
    for (const char* bad : {"", "ns1.example", "192.0.2", "192.0.2.256", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536",
                            "192.0.2.1:53x", "[2001:db8::1", "[2001:db8::1]53", "[192.0.2.1]:53", "2001:db8::g",
                            " 192.0.2.1", "fe80::1%eth0", "[]:53", ":53"}) {
        const auto endpoint = parse_endpoint(bad);
        ASSERT_FALSE(endpoint.has_value()) << bad;
        EXPECT_EQ(endpoint.error().kind, ErrorKind::invalid);
        EXPECT_NE(endpoint.error().remedy, "");
    }
}

RC_GTEST_PROP(Endpoint, AnyTextSurvives, (const std::string& text)) {
    if (const auto endpoint = parse_endpoint(text)) RC_ASSERT((parse_endpoint(endpoint->text()) == *endpoint));
}

} // namespace
} // namespace tutti::port
