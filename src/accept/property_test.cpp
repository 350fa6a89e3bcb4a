// Random spoiling: what breaks one conjunct of a good case must never be accepted, and nothing may throw.
#include "accept/test_world.hpp"

#include <rapidcheck/gtest.h>

#include <cctype>

namespace tutti::accept {
namespace {

using namespace testing;

World signed_by_one(World w) { // so that each signature is needed
    w.serve_keys({&key("ksk1"), &key("zsk")}, {&key("ksk1")});
    for (auto& t : w.e.candidates) t.dnskey = w.e.servers[0].dnskey;
    return w;
}

const std::vector<World>& good_worlds() {
    static const std::vector<World> all = {rollover(),
                                           signed_by_one(removal()),
                                           signed_by_one(first_ds()),
                                           signed_by_one(watched()),
                                           signed_by_one(csync_world()),
                                           signed_by_one(glue_world())};
    return all;
}

// The answers that a verdict rests on.
std::vector<Answer*> needed(World& w) {
    std::vector<Answer*> out;
    for (auto& t : w.e.servers) {
        out.push_back(&t.dnskey);
        if (w.e.subject == Subject::ds) {
            out.insert(out.end(), {&t.cds, &t.cdnskey});
        } else {
            out.insert(out.end(), {&t.csync, &t.soa, &t.soa_after});
            const auto csync = dns::parse_csync(t.csync.set->rdata.front());
            if (csync->types.front() == Type::NS) out.push_back(&t.ns_set);
            for (auto& h : t.hosts) out.push_back(&h.a);
        }
    }
    for (auto& t : w.e.candidates) out.push_back(&t.dnskey);
    return out;
}

TEST(AcceptProperty, TheWorldsAreGood) {
    for (const auto& w : good_worlds()) EXPECT_EQ(w.judge().decision, Decision::accept) << said(w);
}

RC_GTEST_PROP(AcceptProperty, AFlippedBitIsNeverAccepted, ()) {
    World w = *rc::gen::elementOf(good_worlds());
    Answer& a = *needed(w)[*rc::gen::inRange<std::size_t>(0, needed(w).size())];
    const bool in_signature = *rc::gen::arbitrary<bool>();
    auto& list = in_signature ? a.rrsigs : a.set->rdata;
    auto& octets = list[*rc::gen::inRange<std::size_t>(0, list.size())];
    const auto at = *rc::gen::inRange<std::size_t>(0, octets.size());
    const int bit = *rc::gen::inRange(0, 8);
    // The case of a letter in a name is not signed (RFC 4034 section 6.2).
    const bool has_names = in_signature || a.set->type == Type::SOA || a.set->type == Type::NS;
    RC_PRE(!(has_names && bit == 5 && std::isalpha(static_cast<unsigned char>(octets[at]))));
    octets[at] = static_cast<char>(octets[at] ^ (1 << bit));
    const auto v = w.judge();
    RC_LOG() << said(v) << " octet " << at << (in_signature ? " of a signature" : " of the data");
    RC_ASSERT(v.decision != Decision::accept);
    RC_ASSERT(v.change.empty());
}

RC_GTEST_PROP(AcceptProperty, AnAnswerThatFailsIsNeverAcceptedAtOnce, ()) {
    World w = *rc::gen::elementOf(good_worlds());
    Answer& a = *needed(w)[*rc::gen::inRange<std::size_t>(0, needed(w).size())];
    const Outcome now = *rc::gen::element(Outcome::not_asked, Outcome::timeout, Outcome::unreachable, Outcome::refused,
                                          Outcome::servfail, Outcome::other_rcode, Outcome::lame, Outcome::malformed,
                                          Outcome::mismatched, Outcome::too_big, Outcome::forbidden);
    a = answer(now);
    const auto v = w.judge();
    RC_LOG() << said(v);
    RC_ASSERT(v.decision != Decision::accept);
}

using Spoil = std::function<void(World&)>;

// One conjunct each; independent of which world it is.
const std::vector<std::pair<std::string, Spoil>>& spoils() {
    static const std::vector<std::pair<std::string, Spoil>> all = {
        {"a server not asked", [](World& w) { w.e.servers.pop_back(); }},
        {"a name not looked up", [](World& w) { w.e.hosts.erase(w.e.hosts.begin()); }},
        {"a name without addresses", [](World& w) { w.e.hosts[0].addresses.clear(); }},
        {"bogus addresses", [](World& w) { w.e.hosts[1].resolution = Resolution::bogus; }},
        {"one address more", [](World& w) { w.e.hosts[1].addresses.emplace_back("8.5.5.5"); }},
        {"a private address more", [](World& w) { w.e.hosts[1].addresses.emplace_back("10.5.5.5"); }},
        {"one server more in the delegation", [](World& w) { w.r.ns.push_back(name("ns7.more.test")); }},
        {"a clock ahead", [](World& w) { w.now = w.now + 365 * kDay; }},
        {"a clock behind", [](World& w) { w.now = w.now - 365 * kDay; }},
        {"too few places", [](World& w) { w.p.vantages = 2; }},
        {"a change by another way since", [](World& w) { w.r.last_change = Applied{kNow, Channel::epp, {}}; }},
        {"a limit reached", [](World& w) { w.e.work_limit = "100 questions"; }},
        {"no work allowed", [](World& w) { w.p.max_verifications = 0; }},
        {"a lock for a registrar",
         [](World& w) {
             w.p.role = Role::registrar;
             w.r.statuses = {"serverUpdateProhibited"};
         }},
        {"other algorithms only",
         [](World& w) { // of the keys; nothing else of this child is signed with them
             w.p.algorithms = {15};
             if (w.e.subject == Subject::csync || w.at(0).cds.set->rdata[0][2] == 0) w.e.work_limit = "not about DS";
         }},
        {"another child", [](World& w) { w.e.child = name("other.example"); }}};
    return all;
}

RC_GTEST_PROP(AcceptProperty, ABrokenConjunctIsNeverAccepted, ()) {
    World w = *rc::gen::elementOf(good_worlds());
    const auto& [what, spoil] = *rc::gen::elementOf(spoils());
    spoil(w);
    const auto v = w.judge();
    RC_LOG() << what << ": " << said(v);
    RC_ASSERT(v.decision != Decision::accept);
}

// ---- anything at all ----

rc::Gen<Outcome> any_outcome() {
    return rc::gen::map(rc::gen::inRange(0, 14), [](int i) { return static_cast<Outcome>(i); });
}

void scramble(Answer& a) {
    switch (*rc::gen::inRange(0, 7)) {
    case 0:
        a.outcome = *any_outcome();
        break;
    case 1:
        a.set.reset();
        break;
    case 2:
        if (a.set) a.set->rdata.push_back(*rc::gen::string<std::string>());
        break;
    case 3:
        if (a.set && !a.set->rdata.empty()) a.set->rdata.back().resize(*rc::gen::inRange<std::size_t>(0, 40));
        break;
    case 4:
        a.rrsigs.push_back(*rc::gen::string<std::string>());
        break;
    case 5:
        if (a.set) a.set->rdata.clear();
        break;
    default:
        if (a.set) a.set->type = static_cast<Type>(*rc::gen::inRange(0, 70));
        break;
    }
}

void scramble(World& w) {
    switch (*rc::gen::inRange(0, 8)) {
    case 0:
        w.e.subject = *rc::gen::element(Subject::ds, Subject::csync);
        break;
    case 1:
        w.r.ds.clear();
        break;
    case 2:
        w.e.attempt = *rc::gen::inRange(-5, 9);
        break;
    case 3:
        if (!w.e.signals.empty()) scramble(w.e.signals[0].cds);
        break;
    case 4:
        if (!w.e.signals.empty()) w.e.signals[0].name.reset();
        break;
    case 5:
        w.r.ns.clear();
        break;
    case 6:
        w.e.servers.clear();
        break;
    default:
        w.e.hosts.clear();
        break;
    }
}

RC_GTEST_PROP(AcceptProperty, RandomEvidenceNeverThrows, ()) {
    World w = *rc::gen::elementOf(good_worlds());
    const int times = *rc::gen::inRange(1, 12);
    for (int i = 0; i < times; ++i) {
        if (w.e.servers.empty() || *rc::gen::inRange(0, 4) == 0) {
            scramble(w);
            continue;
        }
        auto& t = w.e.servers[*rc::gen::inRange<std::size_t>(0, w.e.servers.size())];
        Answer* const all[] = {&t.cds, &t.cdnskey, &t.dnskey, &t.soa, &t.soa_after, &t.csync, &t.ns_set};
        scramble(*all[*rc::gen::inRange<std::size_t>(0, std::size(all))]);
    }
    const auto v = w.judge();
    RC_ASSERT(!v.reasons.empty());
    RC_ASSERT(v.reasons.front().weight == Reason::Weight::decisive);
    RC_ASSERT(v.reasons.front().code != "internal");
    RC_ASSERT((v.decision == Decision::accept) == !v.change.empty());
    RC_ASSERT((v.decision == Decision::retry) <= v.look_again.has_value());
}

} // namespace
} // namespace tutti::accept
