#include "port/secret.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::port {
namespace {

TEST(SecretRef, RoundTrips) {
    for (const char* text : {"file:/etc/tutti/blue.secret", "env:BLUE_SECRET", "command:pass show tutti/blue: x"})
        EXPECT_EQ(parse_secret_ref(text).value().text(), text);
    EXPECT_EQ(parse_secret_ref("env:A").value().kind, SecretRef::Kind::env);
}

TEST(SecretRef, RefusesTheRestWithoutRepeatingIt) {
    for (const char* bad : {"", "file", "file:", "env:", "env:A B", "env:1A", "command:", "hunter2", "File:/x"}) {
        const auto ref = parse_secret_ref(bad);
        ASSERT_FALSE(ref.has_value()) << bad;
        EXPECT_EQ(ref.error().kind, ErrorKind::invalid);
        EXPECT_THAT(ref.error().text(), testing::Not(testing::HasSubstr("hunter2")));
    }
}

} // namespace
} // namespace tutti::port
