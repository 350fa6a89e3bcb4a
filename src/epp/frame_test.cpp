#include "epp/frame.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::epp {
namespace {

using namespace std::string_literals;

TEST(Frame, TheLengthCountsItself) {
    EXPECT_EQ(framed("<a/>"), "\0\0\0\x08<a/>"s);
    EXPECT_EQ(framed(std::string(300, 'x')).substr(0, 4), "\0\0\x01\x30"s);
}

TEST(Frame, SplitAnywhereAndSeveralAtOnce) {
    const std::string octets = framed("<one/>") + framed("<two/>");
    for (std::size_t cut = 0; cut <= octets.size(); ++cut) {
        FrameReader reader{1000};
        std::vector<std::string> got;
        for (const auto& part : {octets.substr(0, cut), octets.substr(cut)}) {
            reader.feed(part);
            for (auto f = reader.next(); f && *f; f = reader.next()) got.push_back(**f);
        }
        EXPECT_EQ(got, (std::vector<std::string>{"<one/>", "<two/>"})) << cut;
        EXPECT_FALSE(reader.within_frame());
    }
}

TEST(Frame, LengthsThatCannotBe) {
    for (const auto& header :
         {"\0\0\0\0"s, "\0\0\0\x01"s, "\0\0\0\x04"s, "\0\0\x04\0"s, "\x80\0\0\0"s, "\xff\xff\xff\xff"s}) {
        FrameReader reader{1000};
        reader.feed(header);
        const auto frame = reader.next();
        ASSERT_FALSE(frame.has_value());
        EXPECT_EQ(frame.error().kind, ErrorKind::bad_answer);
    }
    FrameReader reader{1000};
    reader.feed("\0\0\x03\xe8"s);
    EXPECT_TRUE(reader.next().has_value()) << "exactly the limit";
    EXPECT_TRUE(reader.within_frame());
}

// A server that leaves the header out of the length (seen in the wild): four octets of XML would be read as a length.
TEST(Frame, AServerThatDoesNotCountTheHeader) {
    FrameReader reader{1U << 20};
    const std::string xml = "<epp/><epp/>";
    reader.feed("\0\0\0\x0c"s + xml + "\0\0\0\x0c"s + xml);
    EXPECT_EQ(reader.next().value(), xml.substr(0, 8));
    EXPECT_FALSE(reader.next().has_value());
}

RC_GTEST_PROP(Frame, WhatIsFramedIsRead, (const std::string& text, const std::vector<std::size_t>& cuts)) {
    RC_PRE(!text.empty());
    FrameReader reader{text.size() + 4};
    std::string octets = framed(text);
    std::optional<std::string> got;
    for (const auto cut : cuts) {
        const auto n = cut % (octets.size() + 1);
        reader.feed(octets.substr(0, n));
        octets.erase(0, n);
        if (auto f = reader.next().value()) got = f;
    }
    reader.feed(octets);
    if (auto f = reader.next().value()) got = f;
    RC_ASSERT(got == text);
}

} // namespace
} // namespace tutti::epp
