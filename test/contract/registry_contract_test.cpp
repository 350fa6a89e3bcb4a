// What every registry back end must do: read, change by difference, compare and swap, do nothing twice, dry run.
#include "test/contract/signer_fixture.hpp"
#include "test/contract/test_registry.hpp"

#include <fstream>

namespace tutti::contract {
namespace {

namespace json = boost::json;
using port::Submission;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr dns::Ttl kTtl = 50; // the servers of the tests allow no more than 60

enum class Kind { epp, epp_attributes, epp_keys, epp_plain, bind, knot, exec };
void PrintTo(Kind kind, std::ostream* out) {
    constexpr const char* kNames[] = {"epp", "epp_attributes", "epp_keys", "epp_plain", "bind", "knot", "exec"};
    *out << kNames[static_cast<int>(kind)];
}

dnssec::Dnskey key(std::string_view text) {
    return dnssec::parse_dnskey(dnskey(text)).value();
}

// A registry of one kind, with a delegated child.
class Place {
  public:
    virtual ~Place() = default;
    virtual port::RegistryBackend& backend() = 0;
    virtual dns::Name fresh_child() = 0; // NS ns1.<child> with 192.0.2.7, and ns.example.; one DS of kForeignKsk
};

class EppPlace : public Place {
  public:
    explicit EppPlace(Kind kind) : kind_(kind), registry_(options(kind)) {
        auto s = registry_.settings();
        if (kind == Kind::epp_keys) s.epp->interface = "key";
        if (kind == Kind::epp) s.epp->urgent = true, s.epp->max_sig_life = 86400; // it does not have them: 2102
        backend_ = registry_.backend(s);
    }
    port::RegistryBackend& backend() override { return *backend_; }
    dns::Name fresh_child() override {
        const std::string text = "c" + std::to_string(++count_) + ".lab";
        const auto child = dns::Name::parse(text).value();
        const bool attributes = kind_ == Kind::epp_attributes;
        if (!attributes) registry_.control("host", host("ns1." + text, {"192.0.2.7"}));
        if (!attributes && count_ == 1) registry_.control("host", host("ns.example", {}));
        const json::object ns{{"ns1." + text, attributes ? json::array{"192.0.2.7"} : json::array{}},
                              {"ns.example", json::array{}}};
        const auto k = key(kForeignKsk);
        const auto ds = dnssec::make_ds(child, k, 2).value();
        std::string hex;
        for (const char c : ds.digest) hex += fmt_hex(c);
        const std::string key_text{kForeignKsk};
        json::object record{{"key", nullptr}, {"ds", json::array{ds.tag, ds.algorithm, ds.digest_type, hex}}};
        if (kind_ == Kind::epp_keys)
            record = {{"key", json::array{k.flags, k.protocol, k.algorithm, key_text.substr(key_text.rfind(' ') + 1)}}};
        registry_.add_domain(text, ns, {record});
        return child;
    }

  private:
    static std::string fmt_hex(char c) {
        constexpr const char* kDigits = "0123456789ABCDEF";
        const auto u = static_cast<unsigned char>(c);
        return {kDigits[u >> 4], kDigits[u & 15]};
    }
    static json::object host(const std::string& name, json::array addresses) {
        return {{"name", name}, {"client", "ClientX"}, {"addresses", std::move(addresses)}};
    }
    static std::vector<std::string> options(Kind kind) {
        if (kind == Kind::epp_attributes) return {"--host-attributes", "--ttl", "50"};
        if (kind == Kind::epp_keys) return {"--interface", "key", "--options", "--ttl", "50"};
        if (kind == Kind::epp_plain) return {"--no-ttl"};
        return {"--ttl", "50"};
    }

    Kind kind_;
    TestRegistry registry_;
    std::shared_ptr<parent::EppRegistry> backend_;
    int count_ = 0;
};

class UpdatePlace : public Place {
  public:
    explicit UpdatePlace(Brand brand) : real_(shared(brand)) {
        port::ParentSettings s;
        s.name = "lab";
        s.driver = "rfc2136";
        s.zone = parent_;
        s.servers = real_.settings().servers;
        s.tsig = real_.settings().tsig;
        backend_ = parent::make_registry(s, {ports_.dns, ports_.secrets}).value();
    }
    port::RegistryBackend& backend() override { return *backend_; }
    dns::Name fresh_child() override {
        const auto child = parent_.child("c" + std::to_string(++count_)).value(), ns1 = child.child("ns1").value();
        const auto tsig =
            dnssec::make_tsig_key("ctl.", "hmac-sha256", ports_.secrets.read(real_.settings().tsig->secret).value());
        const auto ds = dnssec::make_ds(child, key(kForeignKsk), 2).value();
        EXPECT_OK(ports_.dns.update(real_.settings().primary(),
                                    {.zone = parent_,
                                     .add = {{child, Type::NS, kTtl, dns::ns_rdata(ns1)},
                                             {child, Type::NS, kTtl, ns("ns")},
                                             {ns1, Type::A, kTtl, rdata(Type::A, "192.0.2.7")},
                                             {child, Type::DS, kTtl, ds.rdata()}}},
                                    *tsig));
        return child;
    }

  private:
    static dns::Rdata ns(const char* label) {
        return dns::ns_rdata(dns::Name::parse(std::string(label) + ".example.").value());
    }
    RealSigner& real_;
    RealPorts ports_;
    dns::Name parent_ = real_.fresh_zone();
    std::shared_ptr<port::RegistryBackend> backend_;
    int count_ = 0;
};

class ExecPlace : public Place {
  public:
    ExecPlace() {
        port::ParentSettings s;
        s.name = "lab";
        s.driver = "exec";
        s.servers = {{"127.0.0.1", 53}};
        s.command = std::string{"/usr/bin/python3 "} + TUTTI_SOURCE + "/test/contract/exec_registry.py " + file();
        backend_ = parent::make_registry(s, {ports_.dns, ports_.secrets}).value();
    }
    port::RegistryBackend& backend() override { return *backend_; }
    std::string file() const { return (folder_.folder() / "children.json").string(); }
    dns::Name fresh_child() override {
        const std::string text = "c" + std::to_string(++count_) + ".lab.";
        const auto child = dns::Name::parse(text).value();
        const auto ds = dnssec::make_ds(child, key(kForeignKsk), 2).value();
        children_[text] = {{"ns", {"ns1." + text, "ns.example."}},
                           {"ds", {dns::rdata_text(Type::DS, ds.rdata())}},
                           {"glue", json::array{json::object{{"host", "ns1." + text}, {"addresses", {"192.0.2.7"}}}}},
                           {"ds_ttl", kTtl}};
        std::ofstream{file()} << json::serialize(children_);
        return child;
    }

  private:
    RealPorts ports_;
    RealServer folder_;
    json::object children_;
    std::shared_ptr<port::RegistryBackend> backend_;
    int count_ = 0;
};

std::unique_ptr<Place> make_place(Kind kind) {
    if (kind == Kind::bind) return std::make_unique<UpdatePlace>(Brand::bind);
    if (kind == Kind::knot) return std::make_unique<UpdatePlace>(Brand::knot);
    if (kind == Kind::exec) return std::make_unique<ExecPlace>();
    return std::make_unique<EppPlace>(kind);
}

class RegistryContract : public ::testing::TestWithParam<Kind> {
  protected:
    dnssec::Ds ds(std::string_view k) const { return dnssec::make_ds(child, key(k), 2).value(); }
    dns::Name below(const char* label) const { return child.child(label).value(); }
    accept::Registry now() {
        auto seen = backend.read(child);
        EXPECT_TRUE(seen.has_value()) << seen.error().text();
        return seen.value_or(accept::Registry{});
    }
    // With everything as it is now as the expectation.
    port::RegistryChange change(accept::Change c) {
        const auto seen = now();
        return {.child = child,
                .change = std::move(c),
                .expected = {.ds = seen.ds, .ns = seen.ns, .glue = seen.glue},
                .keys = {key(kForeignKsk), key(kForeignZsk), key(kForeignZsk2)}};
    }
    void expect(const port::RegistryChange& c, Submission::State state) {
        const auto result = backend.apply(c);
        ASSERT_TRUE(result.has_value()) << result.error().text();
        EXPECT_EQ(result->state, state) << result->text;
    }

    std::unique_ptr<Place> place = make_place(GetParam());
    port::RegistryBackend& backend = place->backend();
    dns::Name child = place->fresh_child();
    dns::Name example = dns::Name::parse("ns.example").value();
};

TEST_P(RegistryContract, Reads) {
    const auto seen = now();
    EXPECT_THAT(seen.ns, UnorderedElementsAre(below("ns1"), example));
    EXPECT_THAT(seen.ds, ElementsAre(ds(kForeignKsk)));
    EXPECT_THAT(seen.glue, ElementsAre(accept::Glue{below("ns1"), {"192.0.2.7"}}));
    if (GetParam() != Kind::epp_plain) EXPECT_EQ(seen.ds_ttl, kTtl);
    const auto nobody = backend.read(child.child("nobody").value());
    ASSERT_FALSE(nobody.has_value());
}

TEST_P(RegistryContract, DsStepByStep) {
    const auto add = change({.ds_add = {ds(kForeignZsk)}});
    expect(add, Submission::State::done);
    EXPECT_THAT(now().ds, UnorderedElementsAre(ds(kForeignKsk), ds(kForeignZsk)));
    expect(add, Submission::State::already);
    const auto replace = change({.ds_add = {ds(kForeignZsk2)}, .ds_remove = {ds(kForeignKsk), ds(kForeignZsk)}});
    expect(replace, Submission::State::done);
    EXPECT_THAT(now().ds, ElementsAre(ds(kForeignZsk2)));
    expect(replace, Submission::State::already);
    const auto remove = change({.ds_remove = {ds(kForeignZsk2)}});
    expect(remove, Submission::State::done);
    EXPECT_THAT(now().ds, IsEmpty());
    expect(remove, Submission::State::already);
    EXPECT_THAT(now().ns, UnorderedElementsAre(below("ns1"), example)) << "not touched";
}

TEST_P(RegistryContract, CompareAndSwap) {
    auto wrong_ds = change({.ds_add = {ds(kForeignZsk)}});
    wrong_ds.expected.ds = std::vector{ds(kForeignZsk2)};
    auto wrong_ns = change({.ds_add = {ds(kForeignZsk)}});
    wrong_ns.expected.ns = std::vector{example};
    auto wrong_glue =
        change({.glue_add = {{below("ns1"), {"192.0.2.8"}}}, .glue_remove = {{below("ns1"), {"192.0.2.7"}}}});
    wrong_glue.expected.glue = std::vector<accept::Glue>{{below("ns1"), {"192.0.2.1"}}};
    const auto before = now();
    for (const auto& c : {wrong_ds, wrong_ns, wrong_glue}) {
        const auto result = backend.apply(c);
        ASSERT_FALSE(result.has_value());
        EXPECT_EQ(result.error().kind, ErrorKind::conflict) << result.error().text();
        EXPECT_THAT(backend.dry_run(c).value(), StartsWith("nothing"));
    }
    EXPECT_EQ(now(), before);
}

TEST_P(RegistryContract, NameServersAndGlue) {
    const auto move = change({.ns_add = {below("ns2"), dns::Name::parse("other.example").value()},
                              .ns_remove = {below("ns1"), example},
                              .glue_add = {{below("ns2"), {"192.0.2.9", "2001:db8::9"}}},
                              .glue_remove = {{below("ns1"), {"192.0.2.7"}}}});
    expect(move, Submission::State::done);
    EXPECT_THAT(now().ns, UnorderedElementsAre(below("ns2"), dns::Name::parse("other.example").value()));
    EXPECT_THAT(now().glue, ElementsAre(accept::Glue{below("ns2"), {"192.0.2.9", "2001:db8::9"}}));
    expect(move, Submission::State::already);
    const auto readdress =
        change({.glue_add = {{below("ns2"), {"192.0.2.10"}}}, .glue_remove = {{below("ns2"), {"192.0.2.9"}}}});
    expect(readdress, Submission::State::done);
    EXPECT_THAT(now().glue.at(0).addresses, UnorderedElementsAre("192.0.2.10", "2001:db8::9"));
    expect(readdress, Submission::State::already);
    EXPECT_THAT(now().ds, ElementsAre(ds(kForeignKsk))) << "not touched";
}

TEST_P(RegistryContract, DryRunSendsNothing) {
    const auto before = now();
    const auto c = change({.ds_add = {ds(kForeignZsk)}, .ns_add = {dns::Name::parse("third.example").value()}});
    const auto text = backend.dry_run(c);
    ASSERT_TRUE(text.has_value()) << text.error().text();
    EXPECT_THAT(*text, HasSubstr("third.example"));
    EXPECT_EQ(now(), before);
    expect(c, Submission::State::done);
    EXPECT_THAT(backend.dry_run(c).value(), StartsWith("nothing"));
}

TEST_P(RegistryContract, TtlOfTheDs) {
    if (GetParam() == Kind::epp_plain) { // it has no TTLs: the change is made without
        const auto without = change({.ds_add = {ds(kForeignZsk)}, .ds_ttl = 30});
        expect(without, Submission::State::done);
        return expect(without, Submission::State::already);
    }
    expect(change({.ds_add = {ds(kForeignZsk)}, .ds_ttl = 30}), Submission::State::done);
    EXPECT_EQ(now().ds_ttl, 30U);
    const auto restore = change({.ds_ttl = kTtl});
    expect(restore, Submission::State::done);
    EXPECT_EQ(now().ds_ttl, kTtl);
    EXPECT_THAT(now().ds, UnorderedElementsAre(ds(kForeignKsk), ds(kForeignZsk)));
    expect(restore, Submission::State::already);
}

INSTANTIATE_TEST_SUITE_P(Real, RegistryContract,
                         ::testing::Values(Kind::epp, Kind::epp_attributes, Kind::epp_keys, Kind::epp_plain, Kind::bind,
                                           Kind::knot, Kind::exec));

// ---- what is special in one kind ----

TEST(ExecRegistry, AnAnswerThatIsLost) {
    ExecPlace place;
    const auto child = place.fresh_child();
    const auto ds = dnssec::make_ds(child, key(kForeignZsk), 2).value();
    const port::RegistryChange change{.child = child, .change = {.ds_add = {ds}}, .expected = {}};
    std::ofstream{place.file() + ".fail"} << "";
    EXPECT_EQ(place.backend().apply(change).error().kind, ErrorKind::unknown_outcome);
    EXPECT_EQ(place.backend().apply(change)->state, Submission::State::already);
    std::ifstream log{place.file() + ".log"};
    std::string line;
    EXPECT_TRUE(std::getline(log, line) && !std::getline(log, line)) << "once";
}

TEST(ZoneFile, IsWrittenForReview) {
    RealPorts ports;
    RealServer folder;
    UpdatePlace zone{Brand::knot};
    const auto child = zone.fresh_child();
    port::ParentSettings s;
    s.name = "lab";
    s.driver = "zonefile";
    s.zone = child.parent();
    s.servers = shared(Brand::knot).settings().servers;
    s.directory = folder.folder().string();
    const auto backend = parent::make_registry(s, {ports.dns, ports.secrets}).value();
    const auto ds = dnssec::make_ds(child, key(kForeignZsk), 2).value();
    const port::RegistryChange change{.child = child, .change = {.ds_add = {ds}, .ds_ttl = 30}, .expected = {}};
    for (int i = 0; i < 2; ++i) {
        const auto result = backend->apply(change);
        ASSERT_TRUE(result.has_value()) << result.error().text();
        EXPECT_EQ(result->state, Submission::State::pending);
    }
    const auto read = [&](const char* ending) {
        std::ifstream in{folder.folder() / (child.text() + ending)};
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    EXPECT_THAT(read("nsupdate"), HasSubstr("prereq yxrrset " + child.text() + " DS "));
    EXPECT_THAT(read("nsupdate"), HasSubstr("update add " + child.text() + " 30 DS " + std::to_string(ds.tag)));
    EXPECT_THAT(read("zone"), HasSubstr("30 IN DS " + std::to_string(ds.tag)));
    // As a person does it after reading.
    const auto endpoint = shared(Brand::knot).settings().primary();
    const auto secret = ports.secrets.read(shared(Brand::knot).settings().tsig->secret).value();
    folder.write("key", "key ctl. { algorithm hmac-sha256; secret \"" + secret + "\"; };\n");
    folder.write("script",
                 "server " + endpoint.address + " " + std::to_string(endpoint.port) + "\n" + read("nsupdate"));
    const std::string command =
        "nsupdate -v -k " + (folder.folder() / "key").string() + " " + (folder.folder() / "script").string();
    ASSERT_EQ(std::system(command.c_str()), 0) << read("nsupdate");
    EXPECT_EQ(backend->apply(change)->state, Submission::State::already);
    EXPECT_EQ(read("nsupdate"), "") << "removed";
}

} // namespace
} // namespace tutti::contract
