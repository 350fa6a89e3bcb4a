#include "sim/scenario.hpp"

#include "model/json.hpp"
#include "sim/json_fields.hpp"
#include "sim/scenario_names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::sim {

namespace json = boost::json;
using What = EventSpec::What;

namespace {

constexpr double kLongest_s = 3.2e9;
constexpr int kMostSigners = 16, kMostServers = 8, kMostNames = 4;

std::uint32_t ttl_of(Fields& f, std::string_view name, double otherwise) {
    return static_cast<std::uint32_t>(f.number(name, 0, 2147483647.0, otherwise));
}

std::vector<Duration> lags_of(Fields& f) {
    const auto* list = f.find("server_lag");
    if (list == nullptr) return {Duration{0}};
    std::vector<Duration> out;
    for (const auto& v : array_of(*list, f.where("server_lag")))
        out.push_back(seconds(number_of(v, f.where("server_lag"), 0, kLongest_s)));
    if (out.empty() || out.size() > kMostServers)
        bad_json(f.where("server_lag"),
                 fmt::format("one number for each server is expected here, 1 to {}", kMostServers));
    return out;
}

// "none" is written as `false`-like absence elsewhere; here each word has its place in a list.
template <class Enum, std::size_t N>
Enum word_of(Fields& f, std::string_view name, const std::array<std::string_view, N>& names) {
    const auto text = f.text(name, names[0]);
    if (std::ranges::find(names, text) == names.end()) {
        std::string all;
        for (auto n : names) all += (all.empty() ? "" : ", ") + std::string{n};
        bad_json(f.where(name), fmt::format("\"{}\" is not known", text), "write one of " + all);
    }
    return enum_of<Enum>(names, text);
}

ParentSpec read_parent(const json::value& v) {
    Fields f(v, "parent");
    ParentSpec p;
    if (const auto* ttl = f.find("ttl")) {
        Fields t(*ttl, "parent.ttl");
        p.ds_ttl = ttl_of(t, "ds", p.ds_ttl);
        p.ns_ttl = ttl_of(t, "ns", p.ns_ttl);
        t.done();
    }
    p.mode = word_of<ParentSpec::Mode>(f, "mode", kModeNames);
    p.poll_interval = seconds(f.number("poll_interval", 0.001, kLongest_s, to_seconds(p.poll_interval)));
    p.publish_delay = f.span("publish_delay", to_seconds(p.publish_delay));
    p.server_lag = lags_of(f);
    p.consistency = f.flag("consistency", p.consistency);
    p.gives_up_after = static_cast<int>(f.number("gives_up_after", 1, 1e6, p.gives_up_after));
    p.notify = f.flag("notify", p.notify);
    p.csync = f.flag("csync", p.csync);
    f.done();
    return p;
}

SignerSpec read_signer(std::string name, const json::value& v) {
    Fields f(v, "signers." + name);
    SignerSpec s;
    s.name = std::move(name);
    if (const auto* ttl = f.find("ttl")) {
        Fields t(*ttl, f.where("ttl"));
        s.dnskey_ttl = ttl_of(t, "dnskey", s.dnskey_ttl);
        s.ns_ttl = ttl_of(t, "ns", s.ns_ttl);
        s.data_max = ttl_of(t, "data_max", s.data_max);
        t.done();
    }
    s.csk = f.choice("keys", {"ksk+zsk", "csk"}) == "csk";
    s.algorithm = static_cast<std::uint8_t>(f.number("algorithm", 1, 255, s.algorithm));
    s.write_delay = f.span("write_delay", to_seconds(s.write_delay));
    s.server_lag = lags_of(f);
    if (f.find("ns") != nullptr) s.ns = f.texts("ns");
    if (s.ns.size() > kMostNames) bad_json(f.where("ns"), fmt::format("at most {} names", kMostNames));
    s.own_cds = f.flag("own_cds", s.own_cds);
    s.own_cds_delay = f.span("own_cds_delay", to_seconds(s.own_cds_delay));
    s.foreign_sep = word_of<SignerSpec::Sep>(f, "foreign_sep", kSepNames);
    s.ttl_floor = ttl_of(f, "ttl_floor", s.ttl_floor);
    s.throttle = f.span("throttle", 0);
    s.api = f.flag("api", s.api);
    s.transfer = f.flag("transfer", s.transfer);
    s.signed_dnskey = f.flag("signed_dnskey", s.signed_dnskey);
    s.resign = f.span("resign", 0);
    s.hidden = static_cast<int>(f.number("hidden", 0, static_cast<double>(s.server_lag.size()) - 1, -1));
    f.done();
    return s;
}

class Reader {
  public:
    explicit Reader(const json::value& v) : root_(v, "") {}

    Scenario read() {
        if (auto f = root_.text("format"); f != kScenarioFormat)
            bad_json("format", fmt::format("\"{}\" is not {}", f, kScenarioFormat));
        s_.zone = root_.text("zone", s_.zone);
        s_.seed = static_cast<std::uint64_t>(root_.number("seed", 0, 9007199254740991.0, 1));
        s_.until = root_.span("until", to_seconds(s_.until));
        s_.parent = read_parent(root_.need("parent"));
        for (const auto& [name, v] : object_of(root_.need("signers"), "signers"))
            s_.signers.push_back(read_signer(std::string{name}, v));
        if (s_.signers.empty() || s_.signers.size() > kMostSigners)
            bad_json("signers", fmt::format("1 to {} signers are expected", kMostSigners));
        s_.initial = members(root_.need("initial"), "initial");
        const auto* intent = root_.find("intent");
        s_.intent = intent == nullptr ? s_.initial : members(*intent, "intent");
        if (root_.find("ksk_holder") != nullptr) s_.ksk_holder = holder(root_);
        s_.secure = root_.flag("secure", true);
        s_.strangers = root_.flag("strangers", false);
        if (s_.strangers && (!s_.secure || s_.ksk_holder >= 0))
            bad_json("strangers", "a DS is wanted there, and each signer has a KSK");
        s_.expect = root_.text("expect", "done");
        s_.controllers = static_cast<int>(root_.number("controllers", 1, 2, 1));
        if (const auto* p = root_.find("policy")) policy(*p);
        if (const auto* n = root_.find("network")) network(*n);
        if (const auto* list = root_.find("events")) {
            std::size_t i = 0;
            for (const auto& v : array_of(*list, "events")) event(v, fmt::format("events[{}]", i++));
        }
        root_.done();
        std::ranges::stable_sort(s_.events, {}, &EventSpec::at);
        return std::move(s_);
    }

  private:
    int signer(const std::string& name, const std::string& where) const {
        auto it = std::ranges::find(s_.signers, name, &SignerSpec::name);
        if (it == s_.signers.end()) bad_json(where, fmt::format("\"{}\" is not in \"signers\"", name));
        return static_cast<int>(it - s_.signers.begin());
    }
    int holder(Fields& f) const {
        const auto name = f.text("ksk_holder");
        return name.empty() ? -1 : signer(name, f.where("ksk_holder"));
    }
    std::vector<int> members(const json::value& v, const std::string& where) const {
        std::vector<int> out;
        for (const auto& name : array_of(v, where)) {
            const int i = signer(text_of(name, where), where);
            if (std::ranges::find(out, i) != out.end())
                bad_json(where, fmt::format("{} twice", s_.signers[static_cast<std::size_t>(i)].name));
            out.push_back(i);
        }
        if (out.empty()) bad_json(where, "at least one signer is expected here");
        return out;
    }

    void policy(const json::value& v) {
        Fields f(v, "policy");
        auto& p = s_.policy;
        p.margin = f.span("margin", 0);
        p.strict_algorithms = f.flag("strict_algorithms", true);
        p.patience = f.span("patience", to_seconds(p.patience));
        p.data_ttl_max = ttl_of(f, "data_ttl_max", p.data_ttl_max);
        p.trust_past = f.flag("trust_past", p.trust_past);
        f.done();
    }

    void network(const json::value& v) {
        Fields f(v, "network");
        auto& n = s_.network;
        if (const auto* delay = f.find("delay")) {
            const auto& pair = array_of(*delay, "network.delay");
            if (pair.size() != 2) bad_json("network.delay", "[least, most] is expected here");
            n.least = seconds(number_of(pair[0], "network.delay", 0, 60));
            n.most = seconds(number_of(pair[1], "network.delay", to_seconds(n.least), 60));
        }
        n.loss = f.number("loss", 0, 1, 0);
        n.duplicate = f.number("duplicate", 0, 1, 0);
        f.done();
    }

    void place(EventSpec& e, Fields& f) const {
        e.parent = f.flag("parent", false);
        if (e.parent == (f.find("signer") != nullptr))
            bad_json(f.where("signer"), "either \"signer\" or \"parent\": true is expected");
        if (!e.parent) e.signer = signer(f.text("signer"), f.where("signer"));
    }
    static std::optional<Duration> optional_span(Fields& f, std::string_view name) {
        if (f.find(name) == nullptr) return std::nullopt;
        return f.span(name, 0);
    }
    static std::optional<std::uint32_t> optional_ttl(Fields& f, std::string_view name) {
        if (f.find(name) == nullptr) return std::nullopt;
        return ttl_of(f, name, 0);
    }

    static std::uint8_t algorithm(Fields& f) { return static_cast<std::uint8_t>(f.number("algorithm", 1, 255)); }
    void event(const json::value& v, const std::string& where) {
        Fields f(v, where);
        EventSpec e;
        e.at = f.span("at", 0);
        const auto name = f.text("do");
        if (std::ranges::find(kEventNames, name) == kEventNames.end())
            bad_json(where, fmt::format("event \"{}\" is not known", name));
        e.what = enum_of<What>(kEventNames, name);
        switch (e.what) {
        case What::intent:
            e.members = members(f.need("members"), f.where("members"));
            if (const auto* dead = f.find("dead")) e.dead = members(*dead, f.where("dead"));
            if (f.find("secure") != nullptr) e.secure = f.flag("secure", true);
            if (const auto* list = f.find("algorithms"))
                for (const auto& a : array_of(*list, f.where("algorithms")))
                    e.algorithms.push_back(static_cast<std::uint8_t>(number_of(a, f.where("algorithms"), 1, 255)));
            if (f.find("ksk_holder") != nullptr) e.ksk_holder = holder(f);
            if (f.find("distrust") != nullptr) e.distrust = f.texts("distrust");
            break;
        case What::zsk_rollover:
        case What::ksk_rollover:
            e.use_after = optional_span(f, "use_after");
            e.retire_after = optional_span(f, "retire_after");
            if (e.use_after && e.retire_after && *e.retire_after < *e.use_after)
                bad_json(where, "retire_after is less than use_after");
            if (e.what == What::ksk_rollover && f.find("algorithm") != nullptr) e.algorithm = algorithm(f);
            e.signer = signer(f.text("signer"), f.where("signer"));
            break;
        case What::algorithm_rollover:
            e.algorithm = algorithm(f);
            e.signer = signer(f.text("signer"), f.where("signer"));
            break;
        case What::signer_down:
            e.lasts = optional_span(f, "for");
            [[fallthrough]];
        case What::new_keys:
        case What::parent_drops_ds:
        case What::declare_dead:
        case What::sign:
        case What::unsign:
            e.signer = signer(f.text("signer"), f.where("signer"));
            break;
        case What::parent_down:
        case What::parent_silent:
            e.lasts = optional_span(f, "for");
            break;
        case What::server_lag:
            place(e, f);
            e.server = static_cast<int>(f.number("server", 0, kMostServers, 0));
            check_server(e, f.where("server"));
            e.lag = f.span("lag", 0);
            e.lasts = optional_span(f, "for");
            break;
        case What::write_fault:
            place(e, f);
            e.fault = word_of<EventSpec::Fault>(f, "mode", kFaultNames);
            e.lasts = optional_span(f, "for");
            break;
        case What::ttl:
            place(e, f);
            e.ttl_a = optional_ttl(f, e.parent ? "ds" : "dnskey");
            e.ttl_ns = optional_ttl(f, "ns");
            if (!e.parent) e.ttl_data = optional_ttl(f, "data_max");
            break;
        case What::crash:
            e.after = f.span("after", 1);
            e.calls = static_cast<int>(f.number("calls", 1, 1000, 1));
            e.half = word_of<EventSpec::Half>(f, "half", kHalfNames);
            break;
        case What::store_loss:
            break;
        case What::clock_jump:
            e.by = seconds(f.number("by", -kLongest_s, kLongest_s));
            break;
        }
        f.done();
        s_.events.push_back(std::move(e));
    }
    void check_server(const EventSpec& e, const std::string& where) const {
        const auto& lags = e.parent ? s_.parent.server_lag : s_.signers[static_cast<std::size_t>(e.signer)].server_lag;
        if (e.server >= static_cast<int>(lags.size())) bad_json(where, fmt::format("there is no server {}", e.server));
    }

    Fields root_;
    Scenario s_;
};

} // namespace

Expected<Scenario> parse_scenario(std::string_view text) {
    auto v = model::parse_json(text);
    if (!v) return std::unexpected(v.error());
    try {
        return Reader(*v).read();
    } catch (const BadJson& bad) {
        return std::unexpected(bad.error);
    }
}

std::string_view to_string(What what) {
    return kEventNames[static_cast<std::size_t>(what)];
}

} // namespace tutti::sim
