#include "serve/page.hpp"

#include "serve/page_files.hpp"

#include <gtest/gtest.h>

namespace tutti::serve {

TEST(Page, EveryFileIsFoundWithItsHeaders) {
    for (const auto& file : page_files()) {
        const auto got = page(file.path);
        ASSERT_TRUE(got) << file.path;
        EXPECT_EQ(got->status, 200);
        EXPECT_EQ(got->content_type, file.type);
        EXPECT_EQ(got->body, file.gzipped);
        ASSERT_NE(got->header("ETag"), nullptr);
        EXPECT_EQ(*got->header("ETag"), file.etag);
        EXPECT_EQ(*got->header("Content-Encoding"), "gzip");
    }
}

TEST(Page, ThePolicyLetsNothingInline) {
    for (const auto* path : {"/", "/docs"}) {
        const auto got = page(path);
        ASSERT_TRUE(got) << path;
        ASSERT_NE(got->header("Content-Security-Policy"), nullptr);
        const auto& policy = *got->header("Content-Security-Policy");
        EXPECT_NE(policy.find("default-src 'none'"), std::string::npos);
        EXPECT_NE(policy.find("script-src 'self';"), std::string::npos);
        EXPECT_NE(policy.find("style-src 'self';"), std::string::npos);
        EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
        EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    }
}

TEST(Page, OnlyWhatIsNamedByItsContentIsKeptForEver) {
    for (const auto& file : page_files()) {
        const auto got = page(file.path);
        ASSERT_TRUE(got);
        const bool for_ever = got->header("Cache-Control")->contains("immutable");
        EXPECT_EQ(for_ever, file.path.starts_with("/assets/")) << file.path;
    }
}

TEST(Page, ThereIsNothingElse) {
    EXPECT_FALSE(page("/index.html"));
    EXPECT_FALSE(page("/../etc/passwd"));
    EXPECT_FALSE(page(""));
}

} // namespace tutti::serve
