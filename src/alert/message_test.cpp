#include "alert/message.hpp"

#include <gtest/gtest.h>

namespace tutti::alert {
namespace {

TEST(Message, HeadersCannotBeAddedFromOutside) {
    const auto text = text_of({"a@example", "b@example", "x\nBcc: c@example", "first\nsecond\n"});
    EXPECT_TRUE(text.starts_with("From: a@example\nTo: b@example\nSubject: x Bcc: c@example\n")) << text;
    EXPECT_TRUE(text.ends_with("\n\nfirst\nsecond\n")) << text;
}
TEST(Message, TheAddressInAMailbox) {
    EXPECT_EQ(address_of("DNSSEC agent <hostmaster@example>"), "hostmaster@example");
    EXPECT_EQ(address_of("hostmaster@example"), "hostmaster@example");
}

// echo -n '1764000000.{"a":1}' | openssl dgst -sha256 -hmac secret
TEST(Message, TheSignatureIsOverTimeAndBody) {
    const auto request = post("https://example/hook", "{\"a\":1}", "secret", at_seconds(1'764'000'000.9));
    ASSERT_EQ(request.headers.size(), 2U);
    EXPECT_EQ(request.headers[1].first, "Tutti-Signature");
    EXPECT_EQ(request.headers[1].second,
              "t=1764000000,v1=112dc1736ad0328f094ebdad63c8bde5936ce7d0bb7ae467f9f8d481a26df51c");
    EXPECT_NE(signature("secret", at_seconds(1), "x"), signature("secret", at_seconds(2), "x"));
    EXPECT_NE(signature("secret", at_seconds(1), "x"), signature("other", at_seconds(1), "x"));
    EXPECT_EQ(post("https://example/hook", "{}", "", at_seconds(1)).headers.size(), 1U);
}

TEST(Message, WhatIsTakenAndWhatMayBeLater) {
    const auto after = [](int status) { return taken(port::HttpResponse{status, "", {}}, "https://h/x?key=1"); };
    EXPECT_TRUE(after(204));
    for (int status : {500, 503, 429}) EXPECT_EQ(after(status).error().kind, ErrorKind::transient) << status;
    for (int status : {301, 400, 404}) EXPECT_EQ(after(status).error().kind, ErrorKind::refused) << status;
    EXPECT_EQ(after(400).error().where, "https://h");
    EXPECT_EQ(taken(fail(ErrorKind::unreachable, "no"), "x").error().kind, ErrorKind::unreachable);
}

TEST(Message, BackoffDoublesUpToTenMinutes) {
    EXPECT_EQ(backoff(1), seconds(1));
    EXPECT_EQ(backoff(4), seconds(8));
    EXPECT_EQ(backoff(100), seconds(600));
}

} // namespace
} // namespace tutti::alert
