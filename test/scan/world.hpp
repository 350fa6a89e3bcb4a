#pragma once
// For tests of the scanner: a child whose keys and signatures are made here, a server that answers for it as the test
// wants, and a desk that keeps what comes in.
#include "dnssec/signer_test.hpp"
#include "net/clock_test.hpp"
#include "net/fake_server_test.hpp"
#include "scan/scanner.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tutti::scan::testing {

using accept::Decision;
using accept::Outcome;
using dns::Name;
using dns::RrSet;
using dns::Type;
using net::Bytes;
using net::testing::FakeServer;

inline Name name(std::string_view text) {
    return Name::parse(text).value();
}

class NowClock final : public port::Clock {
  public:
    Instant now() override { return std::chrono::floor<Duration>(std::chrono::system_clock::now()); }
};

// In the middle of a rollover: both keys sign, CDS and CDNSKEY ask for the second one.
struct Child {
    Name apex;
    dnssec::testing::TestSigner first, second;
    std::map<Type, RrSet> sets;

    explicit Child(const Name& zone = name("child.example")) : apex(zone), first(zone, 13), second(zone, 13) {
        set(Type::DNSKEY, {first.key().rdata(), second.key().rdata()});
        set(Type::CDS, {ds(second).rdata()});
        set(Type::CDNSKEY, {second.key().rdata()});
        set(Type::NS, {dns::ns_rdata(name("ns1.example"))});
        set(Type::SOA, {dns::parse_rdata(Type::SOA, "ns1.example. a.example. 1 2 3 4 5").value()});
    }
    void set(Type type, std::vector<dns::Rdata> rdata) {
        std::ranges::sort(rdata);
        sets.insert_or_assign(type, RrSet{apex, type, 300, std::move(rdata)});
    }
    dnssec::Ds ds(const dnssec::testing::TestSigner& key) const { return make_ds(apex, key.key(), 2).value(); }

    // Made once: an ECDSA signature comes out anew each time.
    const std::vector<dns::Rdata>& signatures(const RrSet& of) const {
        auto& made = signatures_[of.type];
        const Instant now = NowClock{}.now();
        if (made.empty())
            made = {first.sign(of, now - seconds(3600), now + seconds(3600)),
                    second.sign(of, now - seconds(3600), now + seconds(3600))};
        return made;
    }

  private:
    mutable std::map<Type, std::vector<dns::Rdata>> signatures_;
};

// An answer to `query` as a good server gives it: the question as it came, AA, the set and its signatures.
struct Reply {
    Bytes wire;
    Reply& flags(std::uint8_t clear, std::uint8_t set) { // of the third octet: QR, opcode, AA, TC, RD
        wire[2] = static_cast<std::uint8_t>((wire[2] & ~clear) | set);
        return *this;
    }
    Reply& rcode(std::uint8_t value) {
        wire[3] = static_cast<std::uint8_t>((wire[3] & 0xf0) | value);
        return *this;
    }
};
inline constexpr std::uint8_t kAa = 0x04, kTc = 0x02;

inline std::size_t question_end(const Bytes& query) {
    std::size_t at = 12;
    while (query[at] != 0) at += 1U + query[at];
    return at + 5;
}

inline Type type_asked(const Bytes& query) {
    const std::size_t end = question_end(query);
    return static_cast<Type>(query[end - 4] << 8 | query[end - 3]);
}

inline bool has_edns(const Bytes& query) {
    return query.size() > question_end(query);
}

inline Reply empty_reply(const Bytes& query) {
    Reply out{Bytes(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(question_end(query)))};
    out.wire[2] = 0x84; // QR, AA
    out.wire[3] = 0;
    for (std::size_t i = 6; i < 12; ++i) out.wire[i] = 0;
    return out;
}

inline void append(Reply& reply, Type type, std::string_view rdata) {
    auto put = [&](std::initializer_list<int> octets) {
        for (int o : octets) reply.wire.push_back(static_cast<std::uint8_t>(o));
    };
    const auto t = static_cast<int>(type), n = static_cast<int>(rdata.size());
    put({0xc0, 12, t >> 8, t & 0xff, 0, 1, 0, 0, 1, 44, n >> 8, n & 0xff});
    reply.wire.insert(reply.wire.end(), rdata.begin(), rdata.end());
    const int count = (reply.wire[6] << 8 | reply.wire[7]) + 1;
    reply.wire[6] = static_cast<std::uint8_t>(count >> 8);
    reply.wire[7] = static_cast<std::uint8_t>(count & 0xff);
}

inline Reply answer(const Child& child, const Bytes& query) {
    Reply out = empty_reply(query);
    const auto it = child.sets.find(type_asked(query));
    if (it == child.sets.end()) return out;
    for (const auto& rdata : it->second.rdata) append(out, it->first, rdata);
    if (has_edns(query))
        for (const auto& sig : child.signatures(it->second)) append(out, Type::RRSIG, sig);
    return out;
}

class TestDesk final : public Desk {
  public:
    explicit TestDesk(const Delegations& delegations, bool in_full = false)
        : delegations_(delegations), in_full_(in_full) {}
    std::optional<Job> next() override {
        if (ended()) return std::nullopt;
        return Job{.child = next_++, .in_full = in_full_};
    }
    bool ended() override { return next_ >= delegations_.size(); }
    void unchanged(const Job&, Unchanged why) override { same.push_back(why); }
    accept::Registry registry(ChildId child) override { return delegations_.registry(child); }
    void judged(const Job& job, std::span<const Judgement> all) override {
        const std::scoped_lock lock{mutex_};
        last_attempt = job.attempt;
        judgements.insert(judgements.end(), all.begin(), all.end());
    }

    std::vector<Unchanged> same;
    std::vector<Judgement> judgements;
    int last_attempt = 0;

  private:
    const Delegations& delegations_;
    bool in_full_;
    ChildId next_ = 0;
    std::mutex mutex_;
};

} // namespace tutti::scan::testing
