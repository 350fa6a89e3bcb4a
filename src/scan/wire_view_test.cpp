#include "scan/wire_view.hpp"

#include "dns/message.hpp"
#include "dns/wire.hpp"
#include "scan/query.hpp"

#include <gtest/gtest.h>

#include <set>

namespace tutti::scan {

namespace {

using dns::Name;
using dns::Type;

Name name(std::string_view text) {
    return Name::parse(text).value();
}

void head(dns::Writer& w, std::uint16_t flags, std::uint16_t answers, std::uint16_t additional) {
    for (const std::uint16_t v : {std::uint16_t{7}, flags, std::uint16_t{1}, answers, std::uint16_t{0}, additional})
        w.u16(v);
    w.name(name("Child.Example"));
    w.u16(static_cast<std::uint16_t>(Type::CDS));
    w.u16(1);
}

// CDS (two), an RRSIG over it, and OPT.
std::vector<std::uint8_t> good() {
    dns::Writer w;
    head(w, 0x8400, 3, 1);
    w.record(name("child.example"), Type::CDS, 1, 300, "one!");
    w.record(name("child.example"), Type::CDS, 1, 300, "two!");
    w.record(name("child.example"), Type::RRSIG, 1, 300,
             std::string("\0\x3b", 2) + std::string(16, 'x') + '\0' + "signature");
    w.record(Name::root(), Type::OPT, 1232, 0x01008000, {});
    return w.take();
}

TEST(WireView, ReadsWhatMatters) {
    const auto wire = good();
    WireView view;
    ASSERT_TRUE(read_view(wire, view));
    EXPECT_EQ(view.id, 7);
    EXPECT_TRUE(view.response && view.authoritative && view.has_edns && !view.truncated && !view.odd);
    EXPECT_EQ(view.rcode, 16); // the upper bits are in OPT
    ASSERT_EQ(view.count, 2U);
    EXPECT_EQ(dns::as_view(view.items[1]), "two!");
    EXPECT_EQ(view.question.size(), name("child.example").wire().size() + 4);
}

TEST(WireView, OtherRecordsInTheAnswerAreOdd) {
    for (const auto& [owner, type] : {std::pair{"other.example", Type::CDS}, std::pair{"child.example", Type::CNAME},
                                      std::pair{"child.example", Type::RRSIG}}) {
        dns::Writer w;
        head(w, 0x8400, 1, 0);
        w.record(name(owner), type, 1, 300, std::string(30, '\1'));
        WireView view;
        ASSERT_TRUE(read_view(w.take(), view));
        EXPECT_TRUE(view.odd);
        EXPECT_FALSE(view.nodata());
        EXPECT_EQ(view.count, 0U);
    }
}

TEST(WireView, MoreRecordsThanItHolds) {
    dns::Writer w;
    head(w, 0x8400, WireView::kMaxItems + 1, 0);
    for (std::size_t i = 0; i <= WireView::kMaxItems; ++i) w.record(name("child.example"), Type::CDS, 1, 300, "x");
    WireView view;
    ASSERT_TRUE(read_view(w.take(), view));
    EXPECT_TRUE(view.odd);
}

TEST(WireView, CutShortAtEveryOctet) {
    const auto wire = good();
    WireView view;
    for (std::size_t size = 0; size < wire.size(); ++size)
        EXPECT_FALSE(read_view(Octets{wire}.first(size), view)) << size;
    auto longer = wire;
    longer.push_back(0);
    EXPECT_FALSE(read_view(longer, view));
}

TEST(WireView, PointersThatLoopOrGoForwardOrIntoTheHeader) {
    for (const int target : {8, 11, 31, 33, 40, 0x3fff}) {
        dns::Writer w;
        head(w, 0x8400, 1, 0);
        const auto at = w.size(); // 31
        ASSERT_EQ(at, 31U);
        w.u16(static_cast<std::uint16_t>(0xc000 | target));
        w.u16(59);
        w.u16(1);
        w.u32(300);
        w.u16(0);
        WireView view;
        EXPECT_FALSE(read_view(w.take(), view)) << target;
    }
}

// What the small reader takes as whole and plain, the large one must read the same way.
TEST(WireView, AgreesWithTheLargeReaderOnDamagedMessages) {
    const auto wire = good();
    std::uint64_t seed = 1;
    int both = 0;
    for (int i = 0; i < 100'000; ++i) {
        auto damaged = wire;
        for (int k = 0; k < 2; ++k) {
            seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
            damaged[(seed >> 33) % damaged.size()] = static_cast<std::uint8_t>(seed >> 56);
        }
        WireView view;
        const auto message = dns::parse_message(damaged);
        if (!read_view(damaged, view) || !message || view.odd || view.opcode != 0) continue;
        ++both;
        EXPECT_EQ(view.rcode, static_cast<std::uint16_t>(message->rcode));
        std::size_t wanted = 0;
        for (const auto& r : message->answer)
            if (message->question && r.owner == message->question->name && r.type == message->question->type) ++wanted;
        EXPECT_EQ(view.count, wanted);
    }
    EXPECT_GT(both, 1000);
}

TEST(QueryWire, IsAQuestionThatIsReadBack) {
    Randomness random;
    std::set<std::string> spellings;
    for (int i = 0; i < 50; ++i) {
        QueryWire query;
        write_query(query, name("child.example").wire(), Type::CDNSKEY, true, random, 4711);
        const auto message = dns::parse_message(query.message());
        ASSERT_TRUE(message);
        EXPECT_EQ(message->id, 4711);
        EXPECT_FALSE(message->recursion_desired);
        EXPECT_EQ(message->question, (dns::Question{name("child.example"), Type::CDNSKEY}));
        ASSERT_TRUE(message->edns);
        EXPECT_TRUE(message->edns->dnssec_ok);
        EXPECT_EQ(message->edns->udp_size, 1232);
        spellings.insert(std::string{dns::as_view(query.question())});
    }
    EXPECT_GT(spellings.size(), 40U); // 2^12 are possible
}

TEST(QueryWire, WithoutEdns) {
    Randomness random;
    QueryWire query;
    write_query(query, name("x").wire(), Type::SOA, false, random, 1);
    const auto message = dns::parse_message(query.message());
    ASSERT_TRUE(message);
    EXPECT_FALSE(message->edns);
}

} // namespace

} // namespace tutti::scan
