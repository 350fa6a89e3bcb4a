#include "sim/trace.hpp"

#include "model/json.hpp"
#include "sim/json_fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <ranges>
#include <set>

namespace tutti::sim {

namespace json = boost::json;

namespace {

constexpr std::string_view kFormat = "tutti-trace/1";
constexpr std::array<std::string_view, 6> kKinds{"ds", "ns-parent", "ns-child", "dnskey", "data", "down"};
constexpr double kFar_s = 1e12;

// --- reading ---

class Reader {
  public:
    explicit Reader(const json::value& v) : root_(v, "") {}

    Trace read() {
        if (auto f = root_.text("format"); f != kFormat)
            bad_json("format", fmt::format("\"{}\" is not {}", f, kFormat));
        trace_.zone = root_.text("zone");
        trace_.start = at_seconds(root_.number("start", -kFar_s, kFar_s));
        trace_.end = at_seconds(root_.number("end", -kFar_s, kFar_s));
        if (trace_.end < trace_.start) bad_json("end", "it lies before the start");
        trace_.result = root_.text("result", "");
        trace_.minimum_s = root_.number("minimum", 0, kFar_s, 0);
        signers();
        keys();
        each("tracks", [&](const json::value& v, const std::string& where) { track(v, where); });
        each("actions", [&](const json::value& v, const std::string& where) { action(v, where); });
        for (auto [field, list] :
             {std::pair{"events", &trace_.events}, {"waits", &trace_.waits}, {"alarms", &trace_.alarms}})
            each(field, [&](const json::value& v, const std::string& where) { list->push_back(note(v, where)); });
        root_.done();
        return std::move(trace_);
    }

  private:
    void each(std::string_view name, auto&& take) {
        const auto* list = root_.find(name);
        if (list == nullptr) return;
        std::size_t i = 0;
        for (const auto& v : array_of(*list, std::string{name})) take(v, fmt::format("{}[{}]", name, i++));
    }

    // The signers have no list of their own in the format: they are the owners of keys and the places of tracks. An
    // explicit list keeps those that have neither.
    void signers() {
        if (const auto* list = root_.find("signers"))
            for (const auto& v : array_of(*list, "signers")) signer(text_of(v, "signers"));
    }
    int signer(const std::string& name) {
        auto& all = trace_.signers;
        auto it = std::ranges::find(all, name);
        if (it == all.end()) {
            if (static_cast<int>(all.size()) == SignerBits::kCapacity) bad_json("signers", "more than 64 signers");
            it = all.insert(all.end(), name);
        }
        return static_cast<int>(it - all.begin());
    }

    void keys() {
        for (const auto& [label, v] : object_of(root_.need("keys"), "keys")) {
            const std::string where = fmt::format("keys.{}", std::string_view{label});
            if (std::string_view{label}.contains('+')) bad_json(where, "the name of a key must not contain a +");
            if (static_cast<int>(trace_.keys.size()) == KeyBits::kCapacity) bad_json(where, "more than 64 keys");
            Fields f(v, where);
            TraceKey key{std::string{label}, signer(f.text("owner"))};
            key.flags = static_cast<std::uint16_t>(f.number("flags", 0, 65535, 257));
            key.algorithm = static_cast<std::uint8_t>(f.number("algorithm", 0, 255, 13));
            key.tag = static_cast<std::uint16_t>(f.number("tag", 0, 65535, 0));
            f.done();
            index_[key.label] = static_cast<int>(trace_.keys.size());
            trace_.keys.push_back(std::move(key));
        }
    }
    int key(std::string_view label, const std::string& where) const {
        auto it = index_.find(label);
        if (it == index_.end()) bad_json(where, fmt::format("\"{}\" is not in \"keys\"", label));
        return it->second;
    }
    KeyBits key_set(const json::value& v, const std::string& where) const {
        KeyBits out;
        for (const auto& label : array_of(v, where)) out.add(key(text_of(label, where), where));
        return out;
    }

    void track(const json::value& v, const std::string& where) {
        Fields f(v, where);
        TraceTrack t;
        auto name = f.choice("track", {"ds", "ns-parent", "ns-child", "dnskey", "data", "down"});
        t.kind = static_cast<TrackKind>(std::ranges::find(kKinds, name) - kKinds.begin());
        const bool at_parent = t.kind == TrackKind::ds || t.kind == TrackKind::ns_parent;
        if (!at_parent) t.signer = signer(f.text("signer"));
        std::size_t i = 0;
        for (const auto& version : array_of(f.need("versions"), where + ".versions"))
            t.versions.push_back(this->version(version, t.kind, fmt::format("{}.versions[{}]", where, i++)));
        f.done();
        auto same = [&](const TraceTrack& other) { return other.kind == t.kind && other.signer == t.signer; };
        if (std::ranges::any_of(trace_.tracks, same)) bad_json(where, "there is such a track already");
        trace_.tracks.push_back(std::move(t));
    }

    TraceVersion version(const json::value& v, TrackKind kind, const std::string& where) {
        Fields f(v, where);
        TraceVersion out;
        out.from = at_seconds(f.number("from", -kFar_s, kFar_s));
        if (const auto& until = f.need("until"); !until.is_null())
            out.until = at_seconds(number_of(until, where + ".until", -kFar_s, kFar_s));
        if (out.until < out.from) bad_json(where, "it ends before it begins");
        if (kind == TrackKind::down) {
            f.done();
            return out;
        }
        out.ttl = static_cast<std::uint32_t>(f.number("ttl", 0, 4294967295.0));
        content(out, kind, f.need("content"), where + ".content");
        if (kind == TrackKind::dnskey) out.signed_by = key_set(f.need("signed_by"), where + ".signed_by");
        f.done();
        return out;
    }

    void content(TraceVersion& out, TrackKind kind, const json::value& v, const std::string& where) {
        switch (kind) {
        case TrackKind::ds:
        case TrackKind::dnskey:
            out.keys = key_set(v, where);
            return;
        case TrackKind::ns_parent:
        case TrackKind::ns_child:
            for (const auto& name : array_of(v, where)) out.signers.add(signer(text_of(name, where)));
            return;
        case TrackKind::data:
            for (const auto& joined : array_of(v, where)) {
                KeyBits together;
                const auto text = text_of(joined, where);
                for (auto part : std::views::split(text, '+'))
                    together.add(key(std::string_view{part.begin(), part.end()}, where));
                out.signatures.push_back(together);
            }
            return;
        case TrackKind::down:
            return;
        }
    }

    void action(const json::value& v, const std::string& where) {
        Fields f(v, where);
        TraceAction a;
        a.at = at_seconds(f.number("at", -kFar_s, kFar_s));
        a.what = f.text("do");
        a.where = f.text("at_signer", "");
        for (std::string_view name : {"keys", "names"})
            if (const auto* list = f.find(name))
                for (const auto& item : array_of(*list, f.where(name))) a.items.push_back(text_of(item, f.where(name)));
        a.because = f.text("because", "");
        f.done();
        trace_.actions.push_back(std::move(a));
    }

    static TraceNote note(const json::value& v, const std::string& where) {
        Fields f(v, where);
        TraceNote n;
        n.from = at_seconds(f.number("from", -kFar_s, kFar_s));
        if (const auto* until = f.find("until"); until != nullptr && !until->is_null())
            n.until = at_seconds(number_of(*until, f.where("until"), -kFar_s, kFar_s));
        n.text = f.text("text");
        f.done();
        return n;
    }

    Fields root_;
    Trace trace_;
    std::map<std::string, int, std::less<>> index_;
};

// --- writing: one line for each key, version and action, so that a person can read it and diff shows little ---

std::string quoted(std::string_view text) {
    return json::serialize(json::string(text));
}

std::string list_of(const auto& items, auto&& text) {
    std::string out = "[";
    for (const auto& item : items) out += (out.size() > 1 ? ", " : "") + quoted(text(item));
    return out + "]";
}

class Writer {
  public:
    explicit Writer(const Trace& trace) : t_(trace) {}

    std::string write() {
        out_ =
            fmt::format("{{\"format\": \"{}\", \"zone\": {}, \"start\": {}, \"end\": {}, \"result\": {}, "
                        "\"minimum\": {},\n \"signers\": {},\n \"keys\": {{",
                        kFormat, quoted(t_.zone), seconds_text(t_.start), seconds_text(t_.end), quoted(t_.result),
                        seconds_text(at_seconds(t_.minimum_s)), list_of(t_.signers, [](const auto& s) { return s; }));
        each(t_.keys, [&](const TraceKey& k) {
            return fmt::format("{}: {{\"owner\": {}, \"flags\": {}, \"algorithm\": {}, \"tag\": {}}}", quoted(k.label),
                               quoted(name(k.owner)), k.flags, k.algorithm, k.tag);
        });
        out_ += "},\n \"tracks\": [";
        each(t_.tracks, [&](const TraceTrack& t) { return track(t); });
        out_ += "],\n \"actions\": [";
        each(t_.actions, [&](const TraceAction& a) { return action(a); });
        out_ += "]";
        notes("events", t_.events);
        notes("waits", t_.waits);
        notes("alarms", t_.alarms);
        return out_ + "}\n";
    }

  private:
    void each(const auto& items, auto&& text) {
        bool first = true;
        for (const auto& item : items) {
            out_ += (first ? "\n  " : ",\n  ") + text(item);
            first = false;
        }
    }
    const std::string& name(int signer) const { return t_.signers[static_cast<std::size_t>(signer)]; }
    const std::string& label(int key) const { return t_.keys[static_cast<std::size_t>(key)].label; }
    std::string labels(KeyBits keys) const {
        return list_of(keys, [&](int i) { return label(i); });
    }

    std::string content(TrackKind kind, const TraceVersion& v) const {
        switch (kind) {
        case TrackKind::ds:
        case TrackKind::dnskey:
            return labels(v.keys);
        case TrackKind::ns_parent:
        case TrackKind::ns_child:
            return list_of(v.signers, [&](int i) { return name(i); });
        case TrackKind::data:
            return list_of(v.signatures, [&](KeyBits together) {
                std::string joined;
                for (int i : together) joined += (joined.empty() ? "" : "+") + label(i);
                return joined;
            });
        case TrackKind::down:
            break;
        }
        return "[]";
    }

    std::string track(const TraceTrack& t) const {
        auto out = fmt::format("{{\"track\": \"{}\"", to_string(t.kind));
        if (t.signer >= 0) out += fmt::format(", \"signer\": {}", quoted(name(t.signer)));
        out += ", \"versions\": [";
        for (std::size_t i = 0; i < t.versions.size(); ++i) {
            const auto& v = t.versions[i];
            out += fmt::format("{}\n    {{\"from\": {}, \"until\": {}", i == 0 ? "" : ",", seconds_text(v.from),
                               v.until == kNever ? "null" : seconds_text(v.until));
            if (t.kind != TrackKind::down)
                out += fmt::format(", \"ttl\": {}, \"content\": {}", v.ttl, content(t.kind, v));
            if (t.kind == TrackKind::dnskey) out += fmt::format(", \"signed_by\": {}", labels(v.signed_by));
            out += "}";
        }
        return out + "]}";
    }

    static std::string action(const TraceAction& a) {
        auto out = fmt::format("{{\"at\": {}, \"do\": {}", seconds_text(a.at), quoted(a.what));
        if (!a.where.empty()) out += fmt::format(", \"at_signer\": {}", quoted(a.where));
        out += fmt::format(", \"{}\": {}", a.what.contains("ns-") ? "names" : "keys",
                           list_of(a.items, [](const auto& s) { return s; }));
        return out + fmt::format(", \"because\": {}}}", quoted(a.because));
    }

    void notes(std::string_view field, const std::vector<TraceNote>& notes) {
        if (notes.empty()) return;
        out_ += fmt::format(",\n \"{}\": [", field);
        each(notes, [](const TraceNote& n) {
            return fmt::format("{{\"from\": {}, \"until\": {}, \"text\": {}}}", seconds_text(n.from),
                               n.until == kNever ? "null" : seconds_text(n.until), quoted(n.text));
        });
        out_ += "]";
    }

    const Trace& t_;
    std::string out_;
};

} // namespace

std::string_view to_string(TrackKind kind) {
    return kKinds[static_cast<std::size_t>(kind)];
}

std::string seconds_text(Instant t) {
    const std::int64_t us = t.time_since_epoch().count(), size = us < 0 ? -us : us;
    auto out = fmt::format("{}{}", us < 0 ? "-" : "", size / 1'000'000);
    if (size % 1'000'000 == 0) return out;
    out += fmt::format(".{:06}", size % 1'000'000);
    while (out.back() == '0') out.pop_back();
    return out;
}

Expected<Trace> parse_trace(std::string_view text) {
    auto v = model::parse_json(text);
    if (!v) return std::unexpected(v.error());
    try {
        return Reader(*v).read();
    } catch (const BadJson& bad) {
        return std::unexpected(bad.error);
    }
}

std::string compose(const Trace& trace) {
    return Writer(trace).write();
}

} // namespace tutti::sim
