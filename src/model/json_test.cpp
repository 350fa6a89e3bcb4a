#include "model/json.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace tutti::model {

namespace {

namespace gen = rc::gen;
namespace json = boost::json;
using testing::HasSubstr;

// ---- arbitrary knowledge: every index points into its list ----

struct Sizes {
    int keys, signers, names;
};

Instant arbitrary_instant() {
    switch (*gen::inRange(0, 4)) {
    case 0:
        return kNever;
    case 1:
        return kLongAgo;
    default:
        return Instant{Duration{*gen::arbitrary<std::int64_t>() / 8}};
    }
}

std::string arbitrary_text() {
    return utf8(*gen::string<std::string>());
}
std::string octets(std::size_t size) {
    return *gen::container<std::string>(size, gen::arbitrary<char>());
}

template <class B>
B arbitrary_set(int size) {
    B out;
    for (int i = 0; i < size; ++i)
        if (*gen::arbitrary<bool>()) out.add(i);
    return out;
}

dnssec::Dnskey arbitrary_dnskey() {
    return {*gen::arbitrary<std::uint16_t>(), 3, *gen::inRange<std::uint8_t>(1, 255),
            octets(*gen::inRange<std::size_t>(1, 80))};
}

dnssec::Ds arbitrary_ds() {
    return {*gen::arbitrary<std::uint16_t>(), *gen::inRange<std::uint8_t>(1, 255), *gen::inRange<std::uint8_t>(1, 255),
            octets(*gen::inRange<std::size_t>(1, 48))};
}

template <class C, class Content>
Track<C> arbitrary_track(Content content) {
    Track<C> out;
    const int versions = *gen::inRange(0, 4);
    for (int i = 0; i < versions; ++i)
        out.versions.push_back({content(), *gen::arbitrary<std::uint32_t>(), *gen::arbitrary<std::uint32_t>(),
                                arbitrary_instant(), arbitrary_instant(), *gen::arbitrary<bool>(), *gen::inRange(0, 9),
                                arbitrary_instant(), arbitrary_text(), *gen::arbitrary<bool>()});
    for (int i = *gen::inRange(0, 4); i > 0; --i)
        out.sights.push_back({arbitrary_text(), *gen::inRange(-1, versions), arbitrary_instant(), arbitrary_instant(),
                              arbitrary_instant(), arbitrary_text(), arbitrary_instant(), arbitrary_instant()});
    return out;
}

Capability arbitrary_capability() {
    return {*gen::element(Can::yes, Can::no, Can::unknown), arbitrary_text()};
}

Key arbitrary_key(Sizes n) {
    Key out;
    if (*gen::arbitrary<bool>()) out.dnskey = arbitrary_dnskey();
    for (int i = *gen::inRange(0, 3); i > 0; --i) out.ds.push_back(arbitrary_ds());
    out.tag = *gen::arbitrary<std::uint16_t>();
    out.algorithm = *gen::arbitrary<std::uint8_t>();
    out.sep = *gen::arbitrary<bool>();
    out.owner = *gen::inRange(kNobody, n.signers);
    out.signs_keys = *gen::arbitrary<bool>();
    out.signs_data = *gen::arbitrary<bool>();
    out.first_seen = arbitrary_instant();
    return out;
}

Signer arbitrary_signer(Sizes n) {
    const auto keys = [&] { return arbitrary_set<KeySet>(n.keys); };
    const auto names = [&] { return arbitrary_set<NameSet>(n.names); };
    Signer out;
    out.name = arbitrary_text();
    out.ns = names();
    for (auto* c : {&out.can.foreign_dnskey, &out.can.foreign_sep, &out.can.cds, &out.can.csync, &out.can.apex_ns,
                    &out.can.signed_dnskey})
        *c = arbitrary_capability();
    out.can.publishes_own_cds = *gen::arbitrary<bool>();
    if (*gen::arbitrary<bool>()) out.can.dnskey_ttl_fixed = *gen::arbitrary<std::uint32_t>();
    out.dnskey = arbitrary_track<DnskeySet>([&] { return DnskeySet{keys(), keys()}; });
    out.data = arbitrary_track<Data>([&] { return Data{keys(), *gen::arbitrary<bool>(), {keys(), keys()}}; });
    out.ns_child = arbitrary_track<NameSet>(names);
    out.cds = arbitrary_track<CdsSet>([&] { return CdsSet{keys(), keys(), *gen::arbitrary<bool>()}; });
    out.csync = arbitrary_track<bool>([] { return *gen::arbitrary<bool>(); });
    out.offered = keys();
    out.ledger = keys();
    out.declared_dead = arbitrary_instant();
    out.problem = arbitrary_text();
    out.remedy = arbitrary_text();
    out.shut = {arbitrary_text(), arbitrary_text()};
    return out;
}

Knowledge arbitrary_knowledge() {
    const Sizes n{*gen::inRange(0, 9), *gen::inRange(0, 5), *gen::inRange(0, 5)};
    Knowledge out{dns::Name::parse("example.").value(), {}, {}, {}, {}};
    for (int i = 0; i < n.keys; ++i) out.keys.push_back(arbitrary_key(n));
    for (int i = 0; i < n.signers; ++i) out.signers.push_back(arbitrary_signer(n));
    for (int i = 0; i < n.names; ++i)
        out.ns_names.push_back(
            {dns::Name::parse("ns" + std::to_string(i) + ".example.").value(), *gen::inRange(kNobody, n.signers)});
    out.parent.name = arbitrary_text();
    out.parent.mode = *gen::element(ParentMode::direct, ParentMode::cds, ParentMode::manual);
    out.parent.reads_cds = *gen::arbitrary<bool>();
    out.parent.ds = arbitrary_track<KeySet>([&] { return arbitrary_set<KeySet>(n.keys); });
    out.parent.ns = arbitrary_track<NameSet>([&] { return arbitrary_set<NameSet>(n.names); });
    out.parent.digest_types = *gen::arbitrary<std::vector<std::uint8_t>>();
    out.parent.problem = arbitrary_text();
    out.parent.shut = {arbitrary_text(), arbitrary_text()};
    return out;
}

json::value through_text(const json::value& v) {
    return parse_json(serialize(v)).value();
}

Error error_of(const char* text) {
    return knowledge_from_json(parse_json(text).value()).error();
}

} // namespace

// These stop compiling when a member is added: json.cpp must learn it, and the generators above.
TEST(ModelJson, KnowsEveryMember) {
    [[maybe_unused]] const auto& [v1, v2, v3, v4, v5, v6, v7, v8, v9, v10] = Version<bool>{};
    [[maybe_unused]] const auto& [s1, s2, s3, s4, s5, s6, s7, s8] = Sight{};
    [[maybe_unused]] const auto& [t1, t2] = Track<bool>{};
    [[maybe_unused]] const auto& [k1, k2, k3, k4, k5, k6, k7, k8, k9] = Key{};
    [[maybe_unused]] const auto& [c1, c2, c3, c4, c5, c6, c7, c8] = Capabilities{};
    [[maybe_unused]] const auto& [g1, g2, g3, g4, g5, g6, g7, g8, g9, g10, g11, g12, g13, g14] = Signer{};
    [[maybe_unused]] const auto& [p1, p2, p3, p4, p5, p6, p7, p8, p9] = Parent{};
    [[maybe_unused]] const auto& [h1, h2] = Shut{};
    [[maybe_unused]] const auto& [o1, o2, o3, o4, o5, o6, o7, o8, o9, o10] = Policy{};
    [[maybe_unused]] const auto& [i1, i2, i3, i4, i5, i6, i7] = Intent{};
    [[maybe_unused]] const auto& [d1, d2, d3, d4, d5] = Decision{};
    [[maybe_unused]] const auto& [r1, r2, r3, r4, r5, r6, r7] = Reason{};
    [[maybe_unused]] const auto& [w1, w2, w3, w4] = VersionName{};
    [[maybe_unused]] const auto& [a1, a2, a3, a4, a5, a6, a7, a8, a9, a10] = Action{};
    const Knowledge k{dns::Name::root(), {}, {}, {}, {}};
    [[maybe_unused]] const auto& [n1, n2, n3, n4, n5] = k;
}

RC_GTEST_PROP(ModelJson, KnowledgeReadsBackEqual, ()) {
    const auto k = arbitrary_knowledge();
    const auto back = knowledge_from_json(through_text(to_json(k)));
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == k);
}

RC_GTEST_PROP(ModelJson, WhatIsWrittenCanBeRead, ()) {
    Decision d;
    d.because.push_back({Reason::Kind::silent, *gen::string<std::string>(), "", "", "", kNever});
    RC_ASSERT(decision_from_json(through_text(to_json(d))).value().because[0].text == utf8(d.because[0].text));
}

TEST(ModelJson, TextsBecomeUtf8) {
    EXPECT_EQ(utf8("plain, gr\xC3\xBC\xC3\x9F, \xE2\x82\xAC, \xF0\x9F\x8E\xB5"),
              "plain, gr\xC3\xBC\xC3\x9F, \xE2\x82\xAC, \xF0\x9F\x8E\xB5");
    EXPECT_EQ(utf8("\xCF"), "\xEF\xBF\xBD");
    EXPECT_EQ(utf8("a\xC0\x80z"), "a\xEF\xBF\xBD\xEF\xBF\xBDz") << "overlong";
    EXPECT_EQ(utf8("\xED\xA0\x80"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "a surrogate";
    EXPECT_EQ(utf8("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD") << "cut short";
}

RC_GTEST_PROP(ModelJson, DurationsAreExactToTheMicrosecond, ()) {
    Policy p;
    p.margin = Duration{*gen::inRange<std::int64_t>(0, 1'000'000'000'000'000)};
    RC_ASSERT(policy_from_json(through_text(to_json(p))).value() == p);
}

TEST(ModelJson, DecisionReadsBackEqual) {
    Decision d;
    d.state = Decision::State::act;
    Action a;
    a.kind = Action::Kind::ns_parent;
    a.add_names.add(1);
    a.remove_names.add(0);
    a.because = "green signs";
    Action copy;
    copy.kind = Action::Kind::dnskey;
    copy.signer = 1;
    copy.copy_of = 0;
    d.actions = {a, copy};
    d.because = {
        {Reason::Kind::cached, "text", "who", "blocks", "remedy", at_seconds(7), {}},
        {Reason::Kind::cached, "text", "", "", "", kNever, VersionName{"ds", "parent", {"blue/7"}, at_seconds(3)}}};
    d.alarms = {{{Reason::Kind::broken, "text", "", "", "", kNever}, "unsafe", "what", at_seconds(3), false}};
    d.until = at_seconds(12.000001);
    EXPECT_EQ(decision_from_json(through_text(to_json(d))).value(), d);
}
TEST(ModelJson, AlarmsThatWereStoredWithoutACode) {
    const auto old =
        parse_json(R"({"state": "done", "alarms": [{"kind": "silent", "text": "it is silent", "who": "192.0.2.1"}]})");
    const auto d = decision_from_json(*old).value();
    ASSERT_EQ(d.told().size(), 1U);
    EXPECT_EQ(d.alarms[0].text, "it is silent");
    EXPECT_EQ(d.alarms[0].code, "");
    EXPECT_EQ(d.alarms[0].since, kNever);
}

TEST(ModelJson, IntentReadsBackEqual) {
    Intent i;
    i.signers = {"blue", "green"};
    i.dead = {"red"};
    i.ksk_holder = "blue";
    i.secure = false;
    i.algorithms = {13, 15};
    i.distrusted = {{257, 3, 13, std::string(64, 'x')}};
    i.policy.digest_types = {2, 4};
    i.policy.patience = seconds(0.5);
    EXPECT_EQ(intent_from_json(through_text(to_json(i))).value(), i);
    EXPECT_EQ(serialize(to_json(Intent{.signers = {"blue"}})), R"({"signers":["blue"]})");
}

TEST(ModelJson, PolicyTakesWhatIsAbsentFromItsBase) {
    Policy base;
    base.margin = seconds(5);
    base.ds_ttl = 60;
    const auto got = policy_from_json(parse_json(R"({"ds_ttl": 90})").value(), base).value();
    EXPECT_EQ(got.margin, seconds(5));
    EXPECT_EQ(got.ds_ttl, 90U);
}

TEST(ModelJson, ErrorsNameThePlaceAndWhatIsAllowed) {
    auto e = policy_from_json(parse_json(R"({"margin": 3})").value()).error();
    EXPECT_EQ(e.where, "policy.margin");
    EXPECT_THAT(e.text(), HasSubstr("unknown. the fields here are: digest_types, margin_s"));
    EXPECT_EQ(policy_from_json(parse_json(R"({"ds_ttl": -1})").value()).error().text(),
              "policy.ds_ttl: expected a whole number from 0 to 4294967295, found -1");
    EXPECT_EQ(policy_from_json(parse_json(R"({"digest_types": [2, 300]})").value()).error().where,
              "policy.digest_types[1]");
    EXPECT_EQ(intent_from_json(parse_json("{}").value()).error().text(), "intent.signers: this field is missing");
    EXPECT_EQ(intent_from_json(parse_json("[]").value()).error().text(), "intent: expected an object, found an array");
    EXPECT_THAT(decision_from_json(parse_json(R"({"state": "wait", "because": [{"kind": "odd", "text": ""}]})").value())
                    .error()
                    .text(),
                HasSubstr("\"odd\" is not allowed here. use one of: cached, unseen"));
}

TEST(ModelJson, RefusesNumbersThatPointNowhere) {
    const char* rest = R"(,"signers":[],"ns_names":[],"parent":{"name":"lab","mode":"cds","digest_types":[2]}})";
    const auto with_keys = [&](const char* keys) { return R"({"zone":"example.","keys":)" + std::string(keys) + rest; };
    EXPECT_TRUE(knowledge_from_json(parse_json(with_keys("[]")).value()));
    EXPECT_EQ(error_of(with_keys(R"([{"tag":1,"algorithm":13,"owner":0}])").c_str()).where, "knowledge.keys.owner");
    EXPECT_EQ(error_of(with_keys(R"([{"tag":1,"algorithm":13,"dnskey":"257 3 13"}])").c_str()).where,
              "knowledge.keys[0].dnskey");
}

TEST(ModelJson, TextIsStrict) {
    EXPECT_EQ(parse_json(R"({"a":1,"b":{"a":1,"a":2}})").error().seen, "the name \"a\" appears twice in one object");
    EXPECT_TRUE(parse_json(R"([{"a":1},{"a":2}])"));
    EXPECT_FALSE(parse_json("{} x"));
    EXPECT_FALSE(parse_json("{"));
    EXPECT_FALSE(parse_json(""));
    EXPECT_FALSE(parse_json(std::string(1000, '[')));
    EXPECT_THAT(parse_json(R"({"a":})").error().where, HasSubstr("octet 5"));
}

TEST(Labels, KeysByOwnerAndTag) {
    Knowledge k{dns::Name::parse("example.").value(), {}, {}, {}, {}};
    k.signers.resize(1);
    k.signers[0].name = "blue";
    k.keys.resize(3);
    k.keys[0].tag = k.keys[1].tag = k.keys[2].tag = 4711;
    k.keys[0].owner = k.keys[1].owner = 0;
    EXPECT_EQ(key_label(k, 0), "blue/4711");
    EXPECT_EQ(key_label(k, 1), "blue/4711#2");
    EXPECT_EQ(key_label(k, 2), "unknown/4711");
    EXPECT_EQ(key_labels(k, KeySet::from_raw(5)), "blue/4711 unknown/4711");
    EXPECT_EQ(key_labels(k, {}), "none");
    k.ns_names = {{dns::Name::parse("ns1.blue.lab.").value(), 0}};
    EXPECT_EQ(name_labels(k, NameSet::of(0)), "ns1.blue.lab.");
    EXPECT_EQ(name_labels(k, {}), "none");
}

} // namespace tutti::model
