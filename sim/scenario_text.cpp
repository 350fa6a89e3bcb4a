// Writing scenarios: only what differs from the defaults, so that a shrunk scenario shows what matters.
#include "sim/scenario.hpp"
#include "sim/scenario_names.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace tutti::sim {

using What = EventSpec::What;

namespace {

std::string quoted(std::string_view text) {
    return boost::json::serialize(boost::json::string(text));
}
std::string number(double n) {
    return fmt::format("{}", n);
}
std::string number(Duration d) {
    return number(to_seconds(d));
}

// {"name": value, ...} on one line.
class Object {
  public:
    void put(std::string_view name, std::string value) {
        text_ += fmt::format("{}\"{}\": {}", text_.empty() ? "" : ", ", name, value);
    }
    template <class T>
    void put(std::string_view name, const T& value, const T& otherwise, auto&& write) {
        if (!(value == otherwise)) put(name, write(value));
    }
    void span(std::string_view name, Duration value, Duration otherwise) {
        if (value != otherwise) put(name, number(value));
    }
    void flag(std::string_view name, bool value, bool otherwise) {
        if (value != otherwise) put(name, value ? "true" : "false");
    }
    std::string text() const { return "{" + text_ + "}"; }

  private:
    std::string text_;
};

std::string list(const auto& items, auto&& write) {
    std::string out = "[";
    for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + write(item);
    return out + "]";
}
std::string lags(const std::vector<Duration>& lags) {
    return list(lags, [](Duration d) { return number(d); });
}

std::string parent(const ParentSpec& p) {
    const ParentSpec d;
    Object o;
    o.put("ttl", fmt::format("{{\"ds\": {}, \"ns\": {}}}", p.ds_ttl, p.ns_ttl));
    o.put("mode", quoted(kModeNames[static_cast<std::size_t>(p.mode)]));
    o.span("poll_interval", p.poll_interval, d.poll_interval);
    o.span("publish_delay", p.publish_delay, d.publish_delay);
    o.put("server_lag", p.server_lag, d.server_lag, lags);
    o.flag("consistency", p.consistency, d.consistency);
    if (p.gives_up_after != d.gives_up_after) o.put("gives_up_after", number(p.gives_up_after));
    o.flag("notify", p.notify, d.notify);
    o.flag("csync", p.csync, d.csync);
    return o.text();
}

std::string signer(const SignerSpec& s) {
    const SignerSpec d;
    Object o;
    o.put("ttl", fmt::format("{{\"dnskey\": {}, \"ns\": {}, \"data_max\": {}}}", s.dnskey_ttl, s.ns_ttl, s.data_max));
    o.put("keys", s.csk ? "\"csk\"" : "\"ksk+zsk\"");
    if (s.algorithm != d.algorithm) o.put("algorithm", number(s.algorithm));
    o.span("write_delay", s.write_delay, d.write_delay);
    o.put("server_lag", s.server_lag, d.server_lag, lags);
    o.put("ns", s.ns, d.ns, [](const auto& names) { return list(names, [](const auto& n) { return quoted(n); }); });
    o.flag("own_cds", s.own_cds, d.own_cds);
    o.span("own_cds_delay", s.own_cds_delay, d.own_cds_delay);
    o.put("foreign_sep", s.foreign_sep, d.foreign_sep,
          [](auto sep) { return quoted(kSepNames[static_cast<std::size_t>(sep)]); });
    if (s.ttl_floor != d.ttl_floor) o.put("ttl_floor", number(s.ttl_floor));
    o.span("throttle", s.throttle, d.throttle);
    o.flag("api", s.api, d.api);
    o.flag("transfer", s.transfer, d.transfer);
    o.flag("signed_dnskey", s.signed_dnskey, d.signed_dnskey);
    o.span("resign", s.resign, d.resign);
    if (s.hidden != d.hidden) o.put("hidden", number(s.hidden));
    return o.text();
}

std::string policy(const PolicySpec& p) {
    const PolicySpec d;
    Object o;
    o.span("margin", p.margin, d.margin);
    o.flag("strict_algorithms", p.strict_algorithms, d.strict_algorithms);
    o.span("patience", p.patience, d.patience);
    if (p.data_ttl_max != d.data_ttl_max) o.put("data_ttl_max", number(p.data_ttl_max));
    o.flag("trust_past", p.trust_past, d.trust_past);
    return o.text();
}

std::string network(const NetworkSpec& n) {
    Object o;
    o.put("delay", fmt::format("[{}, {}]", number(n.least), number(n.most)));
    if (n.loss != 0) o.put("loss", number(n.loss));
    if (n.duplicate != 0) o.put("duplicate", number(n.duplicate));
    return o.text();
}

class EventWriter {
  public:
    EventWriter(const Scenario& s, const EventSpec& e) : s_(s), e_(e) {}

    std::string write() {
        o_.put("at", number(e_.at));
        o_.put("do", quoted(to_string(e_.what)));
        if (e_.parent) o_.put("parent", "true");
        if (e_.signer >= 0) o_.put("signer", name(e_.signer));
        const EventSpec d;
        switch (e_.what) {
        case What::intent:
            o_.put("members", names(e_.members));
            if (!e_.dead.empty()) o_.put("dead", names(e_.dead));
            if (e_.secure) o_.put("secure", *e_.secure ? "true" : "false");
            if (!e_.algorithms.empty()) o_.put("algorithms", list(e_.algorithms, [](int a) { return number(a); }));
            if (e_.ksk_holder) o_.put("ksk_holder", *e_.ksk_holder < 0 ? "\"\"" : name(*e_.ksk_holder));
            if (!e_.distrust.empty()) o_.put("distrust", list(e_.distrust, [](const auto& k) { return quoted(k); }));
            break;
        case What::zsk_rollover:
        case What::ksk_rollover:
            optional("use_after", e_.use_after);
            optional("retire_after", e_.retire_after);
            [[fallthrough]];
        case What::algorithm_rollover:
            if (e_.algorithm) o_.put("algorithm", number(*e_.algorithm));
            break;
        case What::server_lag:
            o_.put("server", number(e_.server));
            o_.put("lag", number(e_.lag));
            break;
        case What::write_fault:
            o_.put("mode", quoted(kFaultNames[static_cast<std::size_t>(e_.fault)]));
            break;
        case What::ttl:
            if (e_.ttl_a) o_.put(e_.parent ? "ds" : "dnskey", number(*e_.ttl_a));
            if (e_.ttl_ns) o_.put("ns", number(*e_.ttl_ns));
            if (e_.ttl_data) o_.put("data_max", number(*e_.ttl_data));
            break;
        case What::crash:
            o_.span("after", e_.after, d.after);
            if (e_.calls != d.calls) o_.put("calls", number(e_.calls));
            if (e_.half != d.half) o_.put("half", quoted(kHalfNames[static_cast<std::size_t>(e_.half)]));
            break;
        case What::clock_jump:
            o_.put("by", number(e_.by));
            break;
        default:
            break;
        }
        optional("for", e_.lasts);
        return o_.text();
    }

  private:
    std::string name(int i) const { return quoted(s_.signers[static_cast<std::size_t>(i)].name); }
    std::string names(const std::vector<int>& all) const {
        return list(all, [&](int i) { return name(i); });
    }
    void optional(std::string_view field, std::optional<Duration> d) {
        if (d) o_.put(field, number(*d));
    }
    const Scenario& s_;
    const EventSpec& e_;
    Object o_;
};

std::string names_of(const Scenario& s, const std::vector<int>& all, std::string_view between, auto&& write) {
    std::string out;
    for (int i : all)
        out += (out.empty() ? "" : std::string{between}) + write(s.signers[static_cast<std::size_t>(i)].name);
    return out;
}

} // namespace

std::string compose(const Scenario& s) {
    const auto members = [&](const std::vector<int>& all) { return "[" + names_of(s, all, ", ", quoted) + "]"; };
    std::string out = fmt::format(
        "{{\"format\": \"{}\", \"zone\": {}, \"seed\": {}, \"until\": {},\n \"parent\": {},\n \"signers\": {{",
        kScenarioFormat, quoted(s.zone), s.seed, number(s.until), parent(s.parent));
    for (std::size_t i = 0; i < s.signers.size(); ++i)
        out += fmt::format("{}\n   {}: {}", i == 0 ? "" : ",", quoted(s.signers[i].name), signer(s.signers[i]));
    out += fmt::format("}},\n \"initial\": {},\n \"intent\": {}", members(s.initial), members(s.intent));
    if (s.ksk_holder >= 0)
        out += ",\n \"ksk_holder\": " + quoted(s.signers[static_cast<std::size_t>(s.ksk_holder)].name);
    if (!s.secure) out += ",\n \"secure\": false";
    if (s.strangers) out += ",\n \"strangers\": true";
    if (s.expect != "done") out += ",\n \"expect\": " + quoted(s.expect);
    if (s.controllers != 1) out += fmt::format(",\n \"controllers\": {}", s.controllers);
    if (!(s.policy == PolicySpec{})) out += ",\n \"policy\": " + policy(s.policy);
    if (!(s.network == NetworkSpec{})) out += ",\n \"network\": " + network(s.network);
    out += ",\n \"events\": [";
    for (std::size_t i = 0; i < s.events.size(); ++i)
        out += (i == 0 ? "\n   " : ",\n   ") + EventWriter(s, s.events[i]).write();
    return out + "]}\n";
}

std::string event_text(const Scenario& s, const EventSpec& e) {
    std::string out{to_string(e.what)};
    const auto plain = [](const std::string& n) { return n; };
    if (e.what == What::intent) {
        out = "intent: " + names_of(s, e.members, " + ", plain);
        if (!e.dead.empty()) out += ", dead: " + names_of(s, e.dead, " ", plain);
        if (e.secure) out += *e.secure ? ", secure" : ", insecure";
        for (auto a : e.algorithms) out += fmt::format(", algorithm {}", a);
        if (e.ksk_holder)
            out += *e.ksk_holder < 0 ? ", no KSK holder" : ", KSK holder " + names_of(s, {*e.ksk_holder}, "", plain);
        for (const auto& k : e.distrust) out += ", distrusts " + k;
    }
    if (e.signer >= 0) out += " " + s.signers[static_cast<std::size_t>(e.signer)].name;
    if (e.parent) out += " parent";
    if (e.what == What::write_fault) out += fmt::format(" ({})", kFaultNames[static_cast<std::size_t>(e.fault)]);
    if (e.what == What::server_lag) out += fmt::format(" server {}, {}", e.server, human(e.lag));
    if (e.lasts) out += " for " + human(*e.lasts);
    return out;
}

} // namespace tutti::sim
