#pragma once
// A small world for the tests of the API: a clock that is set, a store in memory, signers that answer as they are told.
#include "plan/learn.hpp"
#include "port/ledger.hpp"
#include "port/nearest.hpp"
#include "serve/service.hpp"
#include "serve/watched_store.hpp"

#include <map>
#include <mutex>
#include <set>

namespace tutti::serve {

class FakeClock final : public port::Clock {
  public:
    Instant now() override { return time; }
    Instant time = at_seconds(1'764'000'000);
};

class FakeSecrets final : public port::Secrets {
  public:
    Expected<std::string> read(const port::SecretRef& ref) override {
        if (ref.value == "/good") return "c2VjcmV0";
        return fail(ErrorKind::not_found, "the file cannot be read", ref.text(), "create it");
    }
};

class FakeStore final : public port::Store {
  public:
    Expected<std::vector<dns::Name>> zones() override {
        const std::lock_guard guard(mutex_);
        std::vector<dns::Name> out;
        for (const auto& [name, record] : zones_) out.push_back(name);
        return out;
    }
    Expected<port::ZoneRecord> load(const dns::Name& zone) override {
        const std::lock_guard guard(mutex_);
        const auto found = zones_.find(zone);
        if (found == zones_.end()) return fail(ErrorKind::not_found, "no such zone", zone.text());
        return found->second;
    }
    Expected<void> save(port::ZoneRecord& record, const std::vector<port::Event>& events) override {
        const std::lock_guard guard(mutex_);
        const auto found = zones_.find(record.zone);
        if ((found == zones_.end() ? 0 : found->second.revision) != record.revision)
            return fail(ErrorKind::conflict, "changed meanwhile", record.zone.text());
        ++record.revision;
        zones_.insert_or_assign(record.zone, record);
        for (auto e : events) {
            e.id = ++last_id_;
            events_.push_back({record.zone, e});
        }
        return {};
    }
    Expected<void> remove(const dns::Name& zone) override {
        const std::lock_guard guard(mutex_);
        std::erase_if(events_, [&](const auto& e) { return e.zone == zone; });
        if (zones_.erase(zone) == 0) return fail(ErrorKind::not_found, "no such zone", zone.text());
        return {};
    }
    Expected<std::vector<port::Event>> events(const dns::Name& zone, std::int64_t after, std::size_t limit) override {
        const std::lock_guard guard(mutex_);
        std::vector<port::Event> out;
        for (const auto& e : events_)
            if (e.zone == zone && e.event.id > after && out.size() < limit) out.push_back(e.event);
        return out;
    }
    Expected<std::vector<port::Transition>> transitions(const dns::Name& zone) override {
        const std::lock_guard guard(mutex_);
        return transitions_[zone];
    }
    Expected<void> add_transition(const dns::Name& zone, const port::Transition& t) override {
        const std::lock_guard guard(mutex_);
        if (!zones_.contains(zone)) return fail(ErrorKind::not_found, "no such zone", zone.text());
        transitions_[zone].push_back(t);
        return {};
    }
    Expected<std::vector<std::pair<std::string, std::string>>> configs(const std::string& kind) override {
        const std::lock_guard guard(mutex_);
        return std::vector<std::pair<std::string, std::string>>(configs_[kind].begin(), configs_[kind].end());
    }
    Expected<void> put_config(const std::string& kind, const std::string& name, const std::string& json) override {
        const std::lock_guard guard(mutex_);
        configs_[kind][name] = json;
        return {};
    }
    Expected<void> drop_config(const std::string& kind, const std::string& name) override {
        const std::lock_guard guard(mutex_);
        if (configs_[kind].erase(name) == 0) return fail(ErrorKind::not_found, "none", name);
        return {};
    }

  private:
    std::mutex mutex_;
    std::map<dns::Name, port::ZoneRecord> zones_;
    std::vector<port::ZoneEvent> events_;
    std::map<dns::Name, std::vector<port::Transition>> transitions_;
    std::map<std::string, std::map<std::string, std::string>> configs_;
    std::int64_t last_id_ = 0;
};

class FakeLedger final : public port::Ledger {
  public:
    Expected<port::AuditLine> append(const std::string& text) override {
        if (full) return fail(ErrorKind::internal, "the disk is full", "", "make room");
        lines.push_back({static_cast<std::int64_t>(lines.size()) + 1, text,
                         port::audit_hash(lines.empty() ? "" : lines.back().hash, text)});
        return lines.back();
    }
    Expected<std::vector<port::AuditLine>> audit(std::int64_t after, std::size_t limit) override {
        std::vector<port::AuditLine> out;
        for (const auto& line : lines)
            if (line.id > after && out.size() < limit) out.push_back(line);
        return out;
    }
    Expected<std::optional<port::Once>> begin(const std::string& key, const std::string& request, Instant,
                                              Instant) override {
        if (const auto found = once.find(key); found != once.end()) return found->second;
        once[key] = {request, false, 0, ""};
        return std::optional<port::Once>();
    }
    Expected<void> finish(const std::string& key, int status, const std::string& body) override {
        once[key] = {once[key].request, true, status, body};
        return {};
    }

    bool full = false;
    std::vector<port::AuditLine> lines;
    std::map<std::string, port::Once> once;
};

class FakeSigner final : public port::SignerDriver {
  public:
    explicit FakeSigner(port::SignerSettings s) : settings_(std::move(s)) {}
    const std::string& name() const override { return settings_.name; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    std::vector<dns::Name> ns_names() const override { return settings_.ns; }
    Expected<port::ProbeReport> probe(const dns::Name&) override { return report; }
    Expected<port::Inside> inspect(const dns::Name&) override { return port::Inside{}; }
    Expected<void> apply(const dns::Name&, std::span<const model::RrChange>) override { return {}; }
    Expected<port::ProbeReport> report =
        port::ProbeReport{"fake 1", {}, {{"it answers", port::Check::Verdict::ok, "", ""}}};

  private:
    port::SignerSettings settings_;
};

class FakeParent final : public port::ParentDriver {
  public:
    explicit FakeParent(port::ParentSettings s) : settings_(std::move(s)) {}
    const std::string& name() const override { return settings_.name; }
    model::ParentMode mode() const override { return model::ParentMode::direct; }
    bool reads_cds() const override { return settings_.reads_cds; }
    std::vector<port::Endpoint> servers() const override { return settings_.servers; }
    Expected<port::ProbeReport> probe(const dns::Name&) override { return port::ProbeReport{"fake parent", {}, {}}; }
    Expected<void> apply(const dns::Name&, std::span<const model::RrChange>) override { return {}; }

  private:
    port::ParentSettings settings_;
};

// Each signer has one key, signs everything with it and serves the NS names of all those of the delegation; the first
// one is delegated.
class FakeWorld final : public port::World {
  public:
    model::Observation observe(const port::ZoneSetup& setup) override {
        ++looks;
        model::Observation out{.zone = setup.zone, .parent = {}, .signers = {}, .started = now, .ended = now};
        const model::Seen seen{"127.0.0.1", now, now, ""};
        const auto first = key("blue");
        out.parent.name = setup.parent;
        out.parent.ds = {{seen, {dnssec::make_ds(setup.zone, first, 2).value()}, 30}};
        out.parent.ns = {{seen, {ns("blue")}, 30}};
        for (const auto& name : setup.signers) out.signers.push_back(report(setup.zone, name, seen));
        return out;
    }
    std::vector<Expected<void>> carry_out(const port::ZoneSetup&, std::span<const port::Order> orders) override {
        changes += static_cast<int>(orders.size());
        return std::vector<Expected<void>>(orders.size());
    }

    static dns::Name ns(const std::string& signer) { return dns::Name::parse("ns." + signer + ".lab.").value(); }
    dnssec::Dnskey key(const std::string& signer) const {
        const auto found = algorithms.find(signer);
        return {257, 3, found == algorithms.end() ? std::uint8_t{13} : found->second, std::string(64, signer[0])};
    }

    Instant now = at_seconds(1'764'000'000);
    std::map<std::string, std::uint8_t> algorithms;
    std::atomic<int> looks = 0, changes = 0;

  private:
    model::SignerReport report(const dns::Name&, const std::string& name, const model::Seen& seen) const {
        model::SignerReport out;
        out.name = name;
        out.ns = {ns(name)};
        const model::Capability yes{model::Can::yes, ""};
        out.can = {yes, yes, yes, yes, yes, {model::Can::no, "it is a fake"}, false, std::nullopt};
        const auto own = key(name);
        out.own_keys = std::vector{own};
        out.dnskey = {{seen, {own}, {0}, 30, ""}};
        out.data = {{seen, {own}, {}, 60, true, true, {}}};
        out.ns_child = {{seen, {ns(name)}, 40}};
        out.cds = {{seen, {}, {}, 30}};
        out.csync = {{seen, false, false, 30}};
        return out;
    }
};

// Everything that a Service needs, with blue and green as signers and lab as parent, from the file.
struct Bench {
    Bench() {
        signers.load({settings("blue"), settings("green")}).value();
        parents.load({parent_settings("lab")}).value();
    }
    static port::SignerSettings settings(const std::string& name) {
        port::SignerSettings out;
        out.name = name;
        out.driver = "rfc2136";
        out.servers = {port::parse_endpoint("127.0.0.1").value()};
        out.ns = {FakeWorld::ns(name)};
        out.tsig =
            port::TsigSettings{dns::Name::parse("ctl.").value(), "hmac-sha256", {port::SecretRef::Kind::file, "/good"}};
        return out;
    }
    static port::ParentSettings parent_settings(const std::string& name) {
        port::ParentSettings out;
        out.name = name;
        out.driver = "cds";
        out.servers = {port::parse_endpoint("127.0.0.9").value()};
        return out;
    }
    ServiceDeps deps() {
        return {.clock = clock,
                .world = world,
                .store = watched,
                .board = board,
                .secrets = secrets,
                .signers = signers,
                .parents = parents,
                .policy = {.trust_past = true},
                .look = [this](const dns::Name& z) { looks.push_back(z.text()); },
                .added = [this](const dns::Name& z) { zones.insert(z); },
                .removed = [this](const dns::Name& z) { zones.erase(z); },
                .trouble = [] { return std::string(); },
                .version = "test"};
    }
    std::shared_ptr<FakeSigner> signer(const std::string& name) { return made.at(name); }

    FakeClock clock;
    FakeWorld world;
    FakeStore store;
    Board board;
    WatchedStore watched{store, [this](const auto& record, const auto&) { board.update(record); },
                         [this](const auto& zone) { board.remove(zone); }};
    FakeSecrets secrets;
    FakeLedger ledger;
    std::map<std::string, std::shared_ptr<FakeSigner>> made;
    Signers signers{"signer", store,
                    [this](const port::SignerSettings& s) -> Expected<std::shared_ptr<port::SignerDriver>> {
                        return made[s.name] = std::make_shared<FakeSigner>(s);
                    }};
    Parents parents{"parent", store,
                    [](const port::ParentSettings& s) -> Expected<std::shared_ptr<port::ParentDriver>> {
                        return std::make_shared<FakeParent>(s);
                    }};
    std::vector<std::string> looks;
    std::set<dns::Name> zones;
};

} // namespace tutti::serve
