#include "serve/checks.hpp"

#include "plan/learn.hpp"
#include "port/nearest.hpp"
#include "serve/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <set>

namespace tutti::serve {

Result<dns::Name> parse_zone(const std::string& text) {
    auto name = dns::Name::parse(text);
    if (!name) {
        Error e = name.error();
        if (e.where.empty()) e.where = "zone";
        return std::unexpected(Problem("zone-invalid", std::move(e)));
    }
    if (!text.ends_with('.'))
        return problem("zone-invalid", ErrorKind::invalid, '"' + text + "\" is not an absolute name", "zone",
                       "end it with a dot: \"" + text + ".\"");
    if (name->is_root())
        return problem("zone-invalid", ErrorKind::invalid, "the root has no parent", "zone", "name another zone");
    return *name;
}

Result<void> check_members(const std::vector<std::string>& members, const Signers& signers) {
    if (members.empty())
        return problem("signers-empty", ErrorKind::invalid, "no signer is named: nobody would serve the zone",
                       "signers", "name at least one");
    std::set<std::string> once;
    for (const auto& name : members) {
        if (auto found = signers.find(name); !found) return std::unexpected(found.error());
        if (!once.insert(name).second)
            return problem("signers-duplicate", ErrorKind::invalid, name + " is named twice", "signers",
                           "name each one once");
    }
    return {};
}

Result<void> check_dead(const std::vector<std::string>& dead, const std::vector<std::string>& members,
                        const std::vector<std::string>& known) {
    std::set<std::string> once;
    for (const auto& name : dead) {
        if (std::ranges::find(known, name) == known.end())
            return problem("signer-unknown", ErrorKind::invalid, name + " has no part in this zone", "dead",
                           port::suggestion(name, known, "the zone has no signers"));
        if (std::ranges::find(members, name) != members.end())
            return problem("signer-dead-and-member", ErrorKind::invalid, name + " cannot be dead and sign the zone",
                           "dead", "leave it out of one of the two");
        if (!once.insert(name).second)
            return problem("signers-duplicate", ErrorKind::invalid, name + " is named twice", "dead",
                           "name each one once");
    }
    return {};
}

namespace {

struct Probed {
    std::string name;
    Expected<port::ProbeReport> report;
};

// All at once: each may take seconds.
std::vector<Probed> run_probes(const dns::Name& zone, const std::vector<std::string>& signers,
                               const std::string& parent, const ServiceDeps& deps) {
    std::vector<std::pair<std::string, std::future<Expected<port::ProbeReport>>>> running;
    for (const auto& name : signers)
        if (auto driver = deps.signers.driver(name))
            running.emplace_back(name, std::async(std::launch::async, [driver, zone] { return driver->probe(zone); }));
    if (auto driver = parent.empty() ? nullptr : deps.parents.driver(parent))
        running.emplace_back("parent " + parent,
                             std::async(std::launch::async, [driver, zone] { return driver->probe(zone); }));
    std::vector<Probed> out;
    out.reserve(running.size());
    for (auto& [name, future] : running) out.push_back({name, future.get()});
    return out;
}

// Once each.
void append(std::string& text, const std::string& more) {
    if (more.empty() || text.find(more) != std::string::npos) return;
    text += (text.empty() ? "" : "; ") + more;
}

// All that is wrong, in one error.
class Failures {
  public:
    void note(const std::string& who, const Error& e) {
        add(who, (e.where.empty() || e.seen.find(e.where) != std::string::npos ? "" : e.where + ": ") + e.seen,
            e.remedy);
        error_.kind = e.kind;
    }
    void note(const std::string& who, const port::Check& c) {
        add(who, "not so: " + c.what + (c.seen.empty() ? "" : " (" + c.seen + ")"), c.remedy);
    }
    bool any() const { return !error_.seen.empty(); }
    Problem problem(boost::json::array reports) && {
        Problem out("probe-failed", std::move(error_));
        out.more["probes"] = std::move(reports);
        return out;
    }

  private:
    void add(const std::string& who, const std::string& what, const std::string& remedy) {
        append(error_.seen, who == last_ ? what : who + " cannot take part: " + what);
        append(error_.where, who);
        append(error_.remedy, remedy);
        last_ = who;
    }
    Error error_{ErrorKind::refused, {}, {}, {}};
    std::string last_;
};

} // namespace

Result<boost::json::array> probe_all(const dns::Name& zone, const std::vector<std::string>& signers,
                                     const std::string& parent, const ServiceDeps& deps) {
    boost::json::array reports;
    Failures failures;
    for (const auto& [name, report] : run_probes(zone, signers, parent, deps)) {
        if (!report) {
            failures.note(name, report.error());
            continue;
        }
        reports.push_back(probe_json(name, *report));
        for (const auto& check : report->checks)
            if (check.verdict == port::Check::Verdict::failed) failures.note(name, check);
    }
    if (!failures.any()) return reports;
    return std::unexpected(std::move(failures).problem(std::move(reports)));
}

Result<void> check_match(const std::string& match, const std::string& etag, const std::string& what) {
    if (match.empty() || match == "*") return {};
    std::string_view rest = match;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        auto one = rest.substr(0, comma);
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (one == etag) return {};
        rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
    }
    return problem("etag-mismatch", 412, ErrorKind::conflict,
                   "somebody else changed it meanwhile: it is " + etag + " now", what,
                   "look again, and repeat with the ETag of what you saw");
}

model::Knowledge fresh_knowledge(const port::ZoneRecord& record, const model::Intent& intent, port::World& world) {
    auto knowledge = record.knowledge ? *record.knowledge : model::Knowledge{record.zone, {}, {}, {}, {}};
    plan::learn(knowledge, world.observe(engine::setup_of(record, intent)), intent);
    return knowledge;
}

namespace {

// Own keys that sign data, of a member.
std::vector<const model::Key*> data_keys(const model::Knowledge& k, const std::string& member) {
    std::vector<const model::Key*> out;
    for (const auto& key : k.keys)
        if (key.owner == k.signer_index(member) && key.owner != model::kNobody && key.signs_data) out.push_back(&key);
    return out;
}

// "blue with ECDSAP256SHA256, red with RSASHA256"; empty if all sign alike.
std::string different_algorithms(const model::Intent& intent, const model::Knowledge& k) {
    std::string out;
    std::set<std::set<std::string>> kinds;
    for (const auto& member : intent.signers) {
        std::set<std::string> names;
        for (const auto* key : data_keys(k, member)) names.insert(dnssec::algorithm_name(key->algorithm));
        if (names.empty()) continue;
        out += fmt::format("{}{} with {}", out.empty() ? "" : ", ", member, fmt::join(names, " and "));
        kinds.insert(std::move(names));
    }
    return kinds.size() > 1 ? out : "";
}

} // namespace

Result<void> check_reachable(const model::Intent& intent, const model::Knowledge& knowledge, Instant now) {
    const auto forecast = plan::forecast(intent, knowledge, now);
    if (forecast.end == plan::Forecast::End::done) return {};
    Error refused{ErrorKind::refused, {}, {}, {}};
    for (const auto& r : forecast.because) {
        // A silent server or a slow parent may come round; a person can act later.
        if (r.kind != model::Reason::Kind::capability && r.kind != model::Reason::Kind::broken) continue;
        append(refused.seen, r.text);
        append(refused.where, r.who);
        append(refused.remedy, r.remedy);
    }
    if (refused.seen.empty()) return {};
    if (const auto differ = different_algorithms(intent, knowledge); !differ.empty())
        refused.seen = fmt::format("the algorithms differ ({}): {}", differ, refused.seen);
    return std::unexpected(Problem("cannot-be-reached", std::move(refused)));
}

Result<std::vector<dnssec::Dnskey>> find_keys(const std::vector<std::string>& labels, const model::Knowledge& known) {
    std::vector<dnssec::Dnskey> out;
    for (const auto& label : labels) {
        std::vector<std::string> there;
        const model::Key* found = nullptr;
        for (std::size_t i = 0; i < known.keys.size(); ++i) {
            if (!known.keys[i].dnskey) continue;
            there.push_back(model::key_label(known, static_cast<int>(i)));
            if (there.back() == label) found = &known.keys[i];
        }
        if (found == nullptr)
            return problem("key-unknown", ErrorKind::invalid, "there is no key \"" + label + "\" in this zone",
                           "distrust", port::suggestion(label, there, "the zone has no keys yet"));
        out.push_back(*found->dnskey);
    }
    return out;
}

Result<void> check_holder(const std::string& holder, const std::vector<std::string>& members) {
    if (holder.empty() || std::ranges::find(members, holder) != members.end()) return {};
    return problem("ksk-holder-invalid", ErrorKind::invalid,
                   holder + " holds the only KSK and is not among the signers: nobody could sign the DNSKEY RRset",
                   "ksk_holder", port::suggestion(holder, members, "name one of the signers"));
}

Result<std::vector<std::uint8_t>> read_algorithms(const std::vector<std::string>& numbers) {
    std::vector<std::uint8_t> out;
    for (const auto& text : numbers) {
        unsigned value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > 255)
            return problem("algorithm-invalid", ErrorKind::invalid, '"' + text + "\" is no algorithm number",
                           "algorithms", "DNSSEC algorithm numbers, for example 13");
        out.push_back(static_cast<std::uint8_t>(value));
    }
    return out;
}

Result<void> check_breakage(const plan::Forecast& forecast) {
    Error refused{ErrorKind::refused, {}, {}, {}};
    for (const auto& step : forecast.steps)
        for (const auto& r : step.breaks) append(refused.seen, r.text);
    if (refused.seen.empty()) return {};
    refused.where = "distrust";
    refused.remedy = "add --accept-breakage if the key has to go all the same; nothing was changed";
    return std::unexpected(Problem("breakage", std::move(refused)));
}

} // namespace tutti::serve
