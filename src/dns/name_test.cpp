#include "dns/name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace tutti::dns {
namespace {

using namespace std::string_literals;

Name name(std::string_view text) {
    return Name::parse(text).value();
}
std::string reason(std::string_view text) {
    const auto n = Name::parse(text);
    return n ? "accepted: " + n->text() : n.error().text();
}

TEST(Name, ReadsTextWithAndWithoutFinalDot) {
    EXPECT_EQ(name("Example.COM").text(), "example.com.");
    EXPECT_EQ(name("example.com."), name("example.com"));
    EXPECT_EQ(name("example.com").wire(), "\7example\3com\0"s);
    EXPECT_EQ(name("."), Name::root());
    EXPECT_TRUE(name(".").is_root());
    EXPECT_EQ(Name::root().text(), ".");
    EXPECT_EQ(name("*.example").text(), "*.example.");
    EXPECT_EQ(name("_dsboot.example.co.uk._signal.ns1.example.net").labels(), 8U);
}

TEST(Name, Escapes) { // RFC 1035 5.1
    EXPECT_EQ(name("a\\.b.example").wire(), "\3a.b\7example\0"s);
    EXPECT_EQ(name("a\\.b.example").text(), "a\\.b.example.");
    EXPECT_EQ(name("a\\046b.example"), name("a\\.b.example"));
    EXPECT_EQ(name("\\000\\255.example").text(), "\\000\\255.example.");
    EXPECT_EQ(name("a\\\\.").wire(), "\2a\\\0"s);
    EXPECT_EQ(name("a\\\\.").text(), "a\\\\.");
    EXPECT_EQ(name("a\\."), name("a\\..")) << "an escaped dot is no final dot";
    EXPECT_EQ(name("\\065"), name("a")) << "letters are folded, escaped or not";
    EXPECT_EQ(name("b\xc3\xbc"
                   "cher.example")
                  .text(),
              "b\\195\\188cher.example.");
}

TEST(Name, RefusesWithAReason) {
    EXPECT_THAT(reason(""), testing::HasSubstr("empty"));
    EXPECT_THAT(reason(".."), testing::HasSubstr("label is empty"));
    EXPECT_THAT(reason("a..b"), testing::HasSubstr("label is empty"));
    EXPECT_THAT(reason(".a"), testing::HasSubstr("label is empty"));
    EXPECT_THAT(reason("a b"), testing::HasSubstr("white space"));
    EXPECT_THAT(reason("a\n"), testing::HasSubstr("white space"));
    EXPECT_THAT(reason("a\\"), testing::HasSubstr("backslash"));
    EXPECT_THAT(reason("a\\2"), testing::HasSubstr("backslash"));
    EXPECT_THAT(reason("a\\256"), testing::HasSubstr("backslash"));
    EXPECT_THAT(reason(std::string(64, 'a')), testing::HasSubstr("63 octets"));
    EXPECT_THAT(reason(std::string(5000, 'a')), testing::HasSubstr("too long"));
}

TEST(Name, LongestIs255Octets) {
    const std::string l63(63, 'a');
    const std::string longest = l63 + "." + l63 + "." + l63 + "." + std::string(61, 'b');
    EXPECT_EQ(name(longest).wire().size(), 255U);
    EXPECT_THAT(reason(longest + "b"), testing::HasSubstr("255 octets"));
    EXPECT_FALSE(name(longest).child("x").has_value());
    std::string many;
    for (int i = 0; i < 127; ++i) many += "a.";
    EXPECT_EQ(name(many).labels(), 127U);
}

TEST(Name, WireFormIsOneWholeName) {
    EXPECT_EQ(Name::from_wire("\7EXAMPLE\3com\0"s).value(), name("example.com"));
    for (const auto& bad : {""s, "\7example"s, "\7example\3com"s, "\1a\0x"s, "\300\0"s, "\100"s + std::string(64, 'a')})
        EXPECT_FALSE(Name::from_wire(bad).has_value());
    std::string long_wire;
    for (int i = 0; i < 128; ++i) long_wire += "\1a"s;
    EXPECT_FALSE(Name::from_wire(long_wire + "\0"s).has_value());
}

TEST(Name, Ancestry) {
    EXPECT_TRUE(name("a.example").is_at_or_below(name("example")));
    EXPECT_TRUE(name("example").is_at_or_below(name("example")));
    EXPECT_TRUE(name("example").is_at_or_below(Name::root()));
    EXPECT_FALSE(name("example").is_at_or_below(name("a.example")));
    EXPECT_FALSE(name("badexample").is_at_or_below(name("example")));
    // "\007example" inside a label must not pass for the label "example".
    EXPECT_FALSE(name("bad\\007example").is_at_or_below(name("example")));
    EXPECT_EQ(name("a.example").parent(), name("example"));
    EXPECT_EQ(name("a\\.b.example").parent(), name("example"));
    EXPECT_EQ(Name::root().parent(), Name::root());
    EXPECT_EQ(name("example").child("A.b").value(), name("a\\.b.example"));
    EXPECT_EQ(Name::root().child("com").value(), name("com"));
    EXPECT_FALSE(name("example").child("").has_value());
    EXPECT_FALSE(name("example").child(std::string(64, 'x')).has_value());
}

TEST(Name, CanonicalOrderOfRfc4034) { // section 6.1
    const std::vector<Name> sorted{name("example"),         name("a.example"),      name("yljkjljk.a.example"),
                                   name("Z.a.example"),     name("zABC.a.EXAMPLE"), name("z.example"),
                                   name("\\001.z.example"), name("*.z.example"),    name("\\200.z.example")};
    auto shuffled = sorted;
    std::ranges::reverse(shuffled);
    std::ranges::sort(shuffled);
    EXPECT_EQ(shuffled, sorted);
    EXPECT_LT(Name::root(), name("example"));
}

// A name of random labels of random octets.
Name any_name() {
    const auto labels = *rc::gen::container<std::vector<std::string>>(
        rc::gen::resize(60, rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::arbitrary<char>()))));
    Name out = Name::root();
    for (const auto& label : labels)
        if (const auto longer = out.child(label)) out = *longer;
    return out;
}

RC_GTEST_PROP(Name, TextAndWireRoundTrip, ()) {
    const Name n = any_name();
    RC_ASSERT((Name::parse(n.text()) == n));
    RC_ASSERT((Name::from_wire(n.wire()) == n));
}

RC_GTEST_PROP(Name, OrderIsConsistent, ()) {
    const Name a = any_name(), b = any_name();
    RC_ASSERT(((a == b) == ((a <=> b) == std::strong_ordering::equal)));
    RC_ASSERT(((a < b) == (b > a)));
    RC_ASSERT((!a.is_at_or_below(b) || !(a < b)));
}

RC_GTEST_PROP(Name, ParsersSurviveAnyOctets, (const std::string& text)) {
    if (const auto n = Name::parse(text)) RC_ASSERT((Name::parse(n->text()) == *n));
    if (const auto n = Name::from_wire(text)) RC_ASSERT(n->wire().size() == text.size());
}

} // namespace
} // namespace tutti::dns
