#include "engine/signaller.hpp"

#include "model/json.hpp"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tutti::engine {
namespace {

using dns::Name;
using dns::Type;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Name kChild = Name::parse("child.example.").value(), kSignalZone = Name::parse("ops.net.").value(),
           kNs = Name::parse("ns1.ops.net.").value(),
           kOwner = Name::parse("_dsboot.child.example._signal.ns1.ops.net.").value();
const dnssec::Dnskey kKey{.flags = 257, .protocol = 3, .algorithm = 13, .public_key = std::string(64, 'k')};
const dnssec::Ds kDs = dnssec::make_ds(kChild, kKey, 2).value();

struct FakeClock : port::Clock {
    Instant now() override { return time; }
    Instant time = at_seconds(1000);
};

// What each address serves: one zone for all.
struct FakeDns : port::Dns {
    std::map<std::pair<std::string, std::pair<Name, Type>>, std::vector<dns::Rdata>> served;
    std::string silent;
    std::vector<dns::Rdata>& at(const std::string& address, const Name& owner, Type type) {
        return served[{address, {owner, type}}];
    }
    std::vector<port::Reply> ask(std::span<const port::Query> queries) override {
        std::vector<port::Reply> out;
        for (const auto& q : queries) {
            if (q.server.address == silent) {
                out.push_back({fail(ErrorKind::unreachable, "no answer"), {}, {}});
                continue;
            }
            dns::Message m{.response = true, .authoritative = true, .question = q.question};
            for (const auto& rdata : at(q.server.address, q.question.name, q.question.type))
                m.answer.push_back({q.question.name, q.question.type, 60, rdata});
            out.push_back({m, {}, {}});
        }
        return out;
    }
    Expected<void> update(const port::Endpoint&, const dns::Update&, const dnssec::TsigKey&) override { return {}; }
    Expected<void> transfer(const port::Endpoint&, const Name&, const dnssec::TsigKey*,
                            const std::function<void(const dns::Record&)>&) override {
        return {};
    }
    Expected<void> notify(const port::Endpoint&, const dns::Question&) override { return {}; }
};

struct FakeResolver : port::Resolver {
    bool secure = true;
    Expected<Answer> resolve(const dns::Question&) override { return Answer{.records = {}, .secure = secure}; }
};

// One zone's record and one state, as the store keeps them.
struct FakeStore : port::Store {
    std::optional<port::ZoneRecord> record;
    std::map<std::string, std::string> states;
    std::vector<std::string> told;
    Expected<std::vector<Name>> zones() override { return std::vector<Name>{}; }
    Expected<port::ZoneRecord> load(const Name&) override {
        if (record) return *record;
        return fail(ErrorKind::not_found, "no such zone");
    }
    Expected<void> save(port::ZoneRecord&, const std::vector<port::Event>& events) override {
        for (const auto& e : events) told.push_back(e.kind + ": " + e.text);
        return {};
    }
    Expected<void> remove(const Name&) override { return {}; }
    Expected<std::vector<port::Event>> events(const Name&, std::int64_t, std::size_t) override {
        return std::vector<port::Event>{};
    }
    Expected<std::vector<port::Transition>> transitions(const Name&) override {
        return std::vector<port::Transition>{};
    }
    Expected<void> add_transition(const Name&, const port::Transition&) override { return {}; }
    Expected<std::vector<std::pair<std::string, std::string>>> configs(const std::string&) override {
        return std::vector<std::pair<std::string, std::string>>(states.begin(), states.end());
    }
    Expected<void> put_config(const std::string& kind, const std::string& name, const std::string& json) override {
        EXPECT_EQ(kind, kSignalKind);
        states[name] = json;
        return {};
    }
    Expected<void> drop_config(const std::string&, const std::string& name) override {
        states.erase(name);
        return {};
    }
};

// Writes into FakeDns at every address at once; remembers what was on record when it did.
struct FakeSigner : port::SignerDriver {
    FakeSigner(FakeDns& d, FakeStore& s) : dns(d), store(s) {}
    const std::string& name() const override { return who; }
    std::vector<port::Endpoint> servers() const override { return {{"192.0.2.1"}, {"192.0.2.2"}}; }
    std::vector<Name> ns_names() const override { return {kNs}; }
    Expected<port::ProbeReport> probe(const Name&) override { return port::ProbeReport{}; }
    Expected<port::Inside> inspect(const Name&) override { return port::Inside{}; }
    Expected<void> apply(const Name& zone, std::span<const model::RrChange> changes) override {
        EXPECT_EQ(zone, kSignalZone);
        ++writes;
        on_record = store.states[kChild.text()];
        if (refuses) return fail(ErrorKind::refused, "not you");
        for (const auto& server : servers())
            for (const auto& c : changes) {
                auto& there = dns.at(server.address, c.owner, c.type);
                for (const auto& rdata : c.remove) std::erase(there, rdata);
                there.insert(there.end(), c.add.begin(), c.add.end());
            }
        return {};
    }
    FakeDns& dns;
    FakeStore& store;
    std::string who = "ops", on_record;
    int writes = 0;
    bool refuses = false;
};

struct FakeParent : port::ParentDriver {
    const std::string& name() const override { return who; }
    model::ParentMode mode() const override { return model::ParentMode::cds; }
    bool reads_cds() const override { return true; }
    std::vector<port::Endpoint> servers() const override { return {}; }
    Expected<port::ProbeReport> probe(const Name&) override { return port::ProbeReport{}; }
    Expected<void> apply(const Name&, std::span<const model::RrChange> changes) override {
        for (const auto& c : changes) told.push_back(c.type);
        return {};
    }
    std::string who = "parent";
    std::vector<Type> told;
};

template <class Content>
model::Track<Content> track(const Content& content) {
    model::Track<Content> out;
    out.versions.push_back({.content = content, .ttl = 10});
    out.sights.push_back({.address = "192.0.2.1", .version = 0});
    return out;
}

class SignallerTest : public ::testing::Test {
  protected:
    void SetUp() override {
        model::Knowledge k{.zone = kChild,
                           .keys = {{.dnskey = kKey, .ds = {kDs}}},
                           .signers = {{.name = "ops"}},
                           .ns_names = {{kNs, 0}},
                           .parent = {}};
        k.signers[0].dnskey = track(model::DnskeySet{model::KeySet::of(0), model::KeySet::of(0)});
        k.signers[0].data = track(model::Data{.keys = model::KeySet::of(0), .together = {}});
        k.signers[0].ns_child = track(model::NameSet::of(0));
        k.signers[0].cds = track(model::CdsSet{model::KeySet::of(0), model::KeySet::of(0)});
        k.parent.mode = model::ParentMode::cds;
        k.parent.ds = track(model::KeySet{});
        k.parent.ns = track(model::NameSet::of(0));
        store.record = port::ZoneRecord{.zone = kChild, .parent = "parent"};
        store.record->intent.signers = {"ops"};
        store.record->knowledge = k;
        for (const char* address : {"192.0.2.1", "192.0.2.2"}) {
            dns.at(address, kChild, Type::CDS) = {kDs.rdata()};
            dns.at(address, kChild, Type::CDNSKEY) = {kKey.rdata()};
        }
    }
    Instant look() { return signaller().look(kChild); }
    // A new one each time: all that it needs is in the store.
    Signaller signaller() {
        return Signaller{
            {clock,
             dns,
             store,
             resolver,
             {[this](const std::string&) { return signer; }, [this](const std::string&) { return parent; }},
             [this] { return places; }}};
    }
    std::vector<dns::Rdata> cds(const char* address = "192.0.2.1") { return dns.at(address, kOwner, Type::CDS); }

    FakeClock clock;
    FakeDns dns;
    FakeStore store;
    FakeResolver resolver;
    std::shared_ptr<FakeSigner> signer = std::make_shared<FakeSigner>(dns, store);
    std::shared_ptr<FakeParent> parent = std::make_shared<FakeParent>();
    std::vector<model::SignalPlace> places{{kSignalZone, "ops"}};
};

TEST_F(SignallerTest, PublishesRecordsItFirstAndTellsTheParentWhenItIsSeen) {
    EXPECT_LT(look(), clock.time + seconds(1)) << "it is not seen yet";
    EXPECT_THAT(cds("192.0.2.2"), ElementsAre(kDs.rdata()));
    EXPECT_THAT(dns.at("192.0.2.1", kOwner, Type::CDNSKEY), ElementsAre(kKey.rdata()));
    EXPECT_THAT(signer->on_record, HasSubstr(kOwner.text()));
    EXPECT_THAT(parent->told, IsEmpty());
    EXPECT_EQ(look(), kNever);
    EXPECT_THAT(parent->told, ElementsAre(Type::CDS));
    EXPECT_TRUE(load_signals(store, kChild).value().complete);
    look();
    EXPECT_THAT(parent->told, SizeIs(1));
    EXPECT_EQ(signer->writes, 1);
}

TEST_F(SignallerTest, RemovesItOnceTheParentHasADs) {
    look();
    look();
    store.record->knowledge->parent.ds = track(model::KeySet::of(0));
    look();
    EXPECT_THAT(cds(), IsEmpty());
    EXPECT_FALSE(store.states.empty()) << "until it is seen that it is gone";
    EXPECT_EQ(look(), kNever);
    EXPECT_TRUE(store.states.empty());
}

TEST_F(SignallerTest, RemovesItWhenTheZoneIsNoLongerLookedAfter) {
    look();
    store.record.reset();
    look();
    EXPECT_THAT(cds(), IsEmpty());
}

TEST_F(SignallerTest, LeavesEverythingWhenPausedOrByHand) {
    store.record->paused = true;
    look();
    store.record->paused = false;
    store.record->mode = port::Mode::manual;
    look();
    EXPECT_EQ(signer->writes, 0);
}

TEST_F(SignallerTest, NeedsASecureZone) {
    resolver.secure = false;
    look();
    EXPECT_EQ(signer->writes, 0);
    EXPECT_THAT(load_signals(store, kChild).value().notes, ElementsAre(HasSubstr("ops.net. is not secure")));
}

TEST_F(SignallerTest, DoesNotPublishWhatTheServersDisagreeAbout) {
    dns.at("192.0.2.2", kChild, Type::CDS).clear();
    EXPECT_LT(look(), kNever);
    EXPECT_EQ(signer->writes, 0);
}

TEST_F(SignallerTest, TouchesNothingOfOthers) {
    const auto other = dnssec::Ds{.tag = 1, .algorithm = 13, .digest_type = 2, .digest = std::string(32, 'x')}.rdata();
    for (const char* address : {"192.0.2.1", "192.0.2.2"}) dns.at(address, kOwner, Type::CDS) = {other};
    look();
    store.record->intent.secure = false;
    look();
    EXPECT_EQ(signer->writes, 0);
    EXPECT_THAT(cds(), ElementsAre(other));
}

TEST_F(SignallerTest, ASilentAddressIsNotTakenForDone) {
    look();
    dns.silent = "192.0.2.2";
    places.clear(); // no longer configured: what is on record goes all the same
    store.record->intent.secure = false;
    look();
    EXPECT_THAT(cds(), IsEmpty());
    look();
    EXPECT_FALSE(store.states.empty());
    dns.silent.clear();
    look();
    EXPECT_TRUE(store.states.empty());
}

TEST_F(SignallerTest, ARefusalIsTold) {
    signer->refuses = true;
    look();
    EXPECT_THAT(store.told, ElementsAre(HasSubstr("signal: publish 1 signals"),
                                        AllOf(HasSubstr("failure: "), HasSubstr("not you"))));
    EXPECT_THAT(load_signals(store, kChild).value().notes, ElementsAre(HasSubstr("not you")));
}

TEST_F(SignallerTest, AStateReadsBackAsItWasWritten) {
    const model::SignalState state{{{{kSignalZone, "ops"}, kOwner, {kDs}, {kKey}}}, {"why"}, true};
    EXPECT_EQ(model::signals_from_json(model::to_json(state)).value(), state);
}

} // namespace
} // namespace tutti::engine
