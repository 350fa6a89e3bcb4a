// What CDS and CDNSKEY say.
#include "accept/test_world.hpp"

namespace tutti::accept {
namespace {

using namespace testing;

// ---- what they say ----

TEST(Accept, R12_NeitherTypeIsNoWish) {
    World w;
    EXPECT_EQ(said(w), "no-change no-cds");
    w.r.ds.clear();
    EXPECT_EQ(said(w), "no-change no-cds");
}
TEST(Accept, R13_KeysAreComparedNotRecords) {
    World w = rollover();
    for (auto& t : w.e.servers) t.cdnskey = answer(Outcome::nodata);
    w.at(2).cds = w.cds({w.ds(key("ksk2"), 4)}); // the same key, by another digest
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.change.ds_add.size(), 2U);
}
TEST(Accept, R13_AKeyMoreOnOneServerIsADifference) {
    World w = rollover();
    w.at(2).cds = w.cds({w.ds(key("ksk2")), w.ds(key("ksk1"))});
    w.at(2).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry inconsistent");
}
TEST(Accept, R13_CdsHereAndCdnskeyThereCanBeTheSame) {
    World w = rollover();
    w.at(0).cds = answer(Outcome::nodata);
    w.at(1).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "accept accept-update");
    w.at(0).cdnskey = w.cdnskey({key("ksk1").key()});
    EXPECT_EQ(said(w), "retry inconsistent");
}
dnssec::Ds with_type(dnssec::Ds d, std::uint8_t type) {
    d.digest_type = type;
    return d;
}
TEST(Accept, R14_UnknownDigestTypesAreIgnoredBesideUsableOnes) {
    World w = rollover();
    w.at(0).cds = w.cds({w.ds(key("ksk2")), with_type(w.ds(key("ksk2")), 99)});
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "digest-ignored"));
    EXPECT_EQ(v.change.ds_add, std::vector{w.ds(key("ksk2"))});
}
TEST(Accept, R14_OnlyUnusableDigestTypesIsNoWishThatCanBeFulfilled) {
    World w = rollover();
    for (const std::uint8_t type : {std::uint8_t{99}, std::uint8_t{1}}) {
        w.for_all([&](Testimony& t) {
            t.cds = w.cds({with_type(w.ds(key("ksk2")), type)});
            t.cdnskey = answer(Outcome::nodata);
        });
        EXPECT_EQ(said(w), "reject digest-unusable");
    }
}
TEST(Accept, R14_ADigestThatNobodyCanCompute) {
    World w = rollover();
    w.p.source = Source::cdnskey;
    w.p.digest_types = {99};
    EXPECT_EQ(said(w), "reject digest-unusable");
}
TEST(Accept, R14_DigestsOfTheWrongLengthAreRefused) {
    World w = rollover();
    auto d = w.ds(key("ksk2"));
    d.digest.pop_back();
    w.for_all([&](Testimony& t) {
        t.cds = w.cds({d, w.ds(key("ksk2"))});
        t.cdnskey = answer(Outcome::nodata);
    });
    EXPECT_EQ(said(w), "reject digest-length");
}
TEST(Accept, R15_OneTypeIsEnough) {
    World w = rollover();
    w.for_all([](Testimony& t) { t.cdnskey = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "accept accept-update");
    w.p.require_both = true;
    EXPECT_EQ(said(w), "reject both-required");
    w = rollover();
    w.for_all([](Testimony& t) { t.cds = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R15_BothTypesMustAgree) {
    World w = rollover();
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({key("ksk1").key()}); });
    EXPECT_EQ(said(w), "reject cds-cdnskey-differ");
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({dnssec::delete_dnskey()}); });
    EXPECT_EQ(said(w), "reject cds-cdnskey-differ");
}
TEST(Accept, R16_DeleteStandsAlone) {
    World w = removal();
    w.for_all([&](Testimony& t) { t.cds = w.cds({dnssec::delete_ds(), w.ds(key("ksk1"))}); });
    EXPECT_EQ(said(w), "reject delete-mixed");
    w = removal();
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({dnssec::delete_dnskey(), key("ksk1").key()}); });
    EXPECT_EQ(said(w), "reject delete-mixed");
}
TEST(Accept, R16_DeleteOnOneServerOnly) {
    World w;
    w.at(0).cds = w.cds({dnssec::delete_ds()});
    EXPECT_EQ(said(w), "retry inconsistent-delete");
    w = rollover();
    w.at(0).cds = w.cds({dnssec::delete_ds()});
    w.at(0).cdnskey = answer(Outcome::nodata);
    EXPECT_EQ(said(w), "retry inconsistent-delete");
}
TEST(Accept, R17_AlmostADeleteIsNone) {
    for (const char* text : {"0 0 0 01", "1 0 0 00", "0 0 1 00", "0 0 2 00", "0 0 0 0000"}) {
        World w = removal();
        w.for_all([&](Testimony& t) {
            t.cds = w.records(Type::CDS, {text}, {&key("ksk1")}, w.child);
            t.cdnskey = answer(Outcome::nodata);
        });
        EXPECT_EQ(said(w), "reject delete-wrong-fields") << text;
    }
}
TEST(Accept, R17_AlmostADeleteInCdnskey) {
    for (const char* text : {"0 3 0 AQ==", "256 3 0 AA==", "0 2 0 AA==", "0 3 0 AAA="}) {
        World w = removal();
        w.for_all([&](Testimony& t) {
            t.cdnskey = w.records(Type::CDNSKEY, {text}, {&key("ksk1")}, w.child);
            t.cds = answer(Outcome::nodata);
        });
        EXPECT_EQ(said(w), "reject delete-wrong-fields") << text;
    }
}
TEST(Accept, R18_ADigestTypeThatIsNotTakenMustNotLoseAKey) {
    World w;
    w.for_all([&](Testimony& t) { t.cds = w.cds({w.ds(key("ksk1")), with_type(w.ds(key("ksk2")), 99)}); });
    EXPECT_EQ(said(w), "reject digest-drops-key");
    w.for_all(
        [&](Testimony& t) { t.cds = w.cds({w.ds(key("ksk1")), w.ds(key("ksk2")), with_type(w.ds(key("ksk2")), 99)}); });
    EXPECT_EQ(said(w), "accept accept-update");
}
TEST(Accept, R18_AnAlgorithmThatIsNotTakenStopsAll) {
    World w;
    w.serve_keys({&key("ksk1"), &key("rsa"), &key("zsk")}, {&key("ksk1"), &key("rsa")});
    w.wish({&key("ksk1"), &key("rsa")});
    EXPECT_EQ(said(w), "accept accept-update");
    w.p.algorithms = {13, 15};
    EXPECT_EQ(said(w), "reject algorithm-refused");
}
TEST(Accept, R19_DsAreComputedFromCdnskey) {
    World w = rollover();
    w.p.source = Source::cdnskey;
    w.p.digest_types = {2, 4};
    auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.change.ds_add.size(), 2U);
    w.for_all([](Testimony& t) { t.cdnskey = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "reject source-missing");
    w.p.source = Source::prefer_cdnskey;
    v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_EQ(v.change.ds_add.size(), 1U);
}
TEST(Accept, R19_DsAreTakenFromCds) {
    World w = rollover();
    w.p.source = Source::cds;
    const auto v = w.judge();
    EXPECT_EQ(v.change.ds_add, std::vector{w.ds(key("ksk2"))});
    EXPECT_EQ(v.change.ds_remove, std::vector{w.ds(key("ksk1"))});
    w.for_all([](Testimony& t) { t.cds = answer(Outcome::nodata); });
    EXPECT_EQ(said(w), "reject source-missing");
}
TEST(Accept, R20_CdnskeysThatAreNoKeysOfAZone) {
    const std::pair<std::function<void(dnssec::Dnskey&)>, const char*> cases[] = {
        {[](auto& k) { k.protocol = 2; }, "reject cdnskey-protocol"},
        {[](auto& k) { k.flags = 1; }, "reject cdnskey-zone-bit"},
        {[](auto& k) { k.flags = 257 | 128; }, "reject cdnskey-revoked"}};
    for (const auto& [spoil, expected] : cases) {
        World w = rollover();
        auto k = key("ksk2").key();
        spoil(k);
        w.for_all([&](Testimony& t) {
            t.cds = answer(Outcome::nodata);
            t.cdnskey = w.cdnskey({k});
        });
        EXPECT_EQ(said(w), expected);
    }
}
TEST(Accept, R20_CdsOfARevokedKey) {
    World w;
    const TestSigner revoked{w.child, 13, 257 | 128};
    w.serve_keys({&key("ksk1"), &revoked, &key("zsk")}, {&key("ksk1"), &revoked});
    w.for_all([&](Testimony& t) { t.cds = w.cds({w.ds(key("ksk1")), w.ds(revoked)}); });
    EXPECT_EQ(said(w), "reject cdnskey-revoked");
}
TEST(Accept, R20_AKeyWithoutSepIsOnlyAWarning) {
    World w;
    w.serve_keys({&key("ksk1"), &key("zsk")}, {&key("ksk1"), &key("zsk")});
    w.wish({&key("zsk")});
    const auto v = w.judge();
    EXPECT_EQ(said(v), "accept accept-update");
    EXPECT_TRUE(mentions(v, "not-sep"));
}
TEST(Accept, R20_NotMoreDsThanAllowed) {
    World w;
    w.wish({&key("ksk1"), &key("ksk2")});
    w.p.max_ds = 2;
    EXPECT_EQ(said(w), "accept accept-update");
    w.p.max_ds = 1;
    EXPECT_EQ(said(w), "reject too-many-ds");
}
TEST(Accept, R21_OrderAndDoublesMeanNothing) {
    World w;
    w.wish({&key("ksk1"), &key("ksk2")});
    w.r.ds = {w.ds(key("ksk2")), w.ds(key("ksk1")), w.ds(key("ksk2"))};
    EXPECT_EQ(said(w), "no-change ds-current");
}
TEST(Accept, R21_TheSameKeysByCdnskeyAreNoChange) {
    World w;
    w.r.ds = {w.ds(key("ksk1"), 4)};
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({key("ksk1").key()}); });
    EXPECT_EQ(said(w), "no-change ds-current");
    w.for_all([&](Testimony& t) { t.cdnskey = w.cdnskey({key("ksk1").key(), key("ksk2").key()}); });
    EXPECT_EQ(said(w), "accept accept-update");
}

} // namespace
} // namespace tutti::accept
