#include "app/history_trace.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace tutti::app {

namespace json = boost::json;

namespace {

// Before the first look: longer ago than any TTL.
constexpr double kLongBefore_s = 7 * 86400.0;

class Builder {
  public:
    Builder(const Json& history, const Json& explain) : explain_(explain) {
        for (const auto& e : array_at(history, "events")) {
            const auto kind = text_at(e, "kind");
            const auto& detail = at(e, "detail");
            if (kind == "version") version(detail, e);
            if (kind == "action") action(detail);
            if (kind == "intent") bury(at(detail, "intent"), instant(e, "at"));
        }
    }

    json::object build() {
        json::object out{{"format", "tutti-trace/1"}, {"zone", text_at(explain_, "zone")}};
        const double end = instant(explain_, "now");
        out["start"] = std::min(start_, end);
        out["end"] = end;
        const auto state = text_at(explain_, "state");
        out["result"] = state == "wait" || state == "act" ? "waiting" : state;
        out["minimum"] = number_at(at(explain_, "transition"), "minimum");
        json::array tracks;
        for (auto& [name, versions] : tracks_) tracks.push_back(track(name, versions));
        for (const auto& [signer, since] : dead_since_) tracks.push_back(down(signer, since));
        out["tracks"] = std::move(tracks);
        out["keys"] = keys();
        out["actions"] = std::move(actions_);
        return out;
    }

  private:
    using Name = std::pair<std::string, std::string>; // track, signer
    using Start = std::pair<double, std::string>;     // from, content: what identifies a version

    static double instant(const Json& v, std::string_view key) {
        const auto t = parse_rfc3339(text_at(v, key));
        return t ? to_seconds(*t) : 0;
    }

    static json::object down(const std::string& signer, double since) {
        json::array versions;
        versions.emplace_back(json::object{{"from", since}, {"until", nullptr}});
        return {{"track", "down"}, {"signer", signer}, {"versions", std::move(versions)}};
    }

    // A version is told of when it begins, and again when it has ended: the last word holds.
    void version(const Json& v, const Json& event) {
        start_ = std::min(start_, instant(event, "at"));
        const bool began = at(v, "from").is_number();
        const Start id{began ? number_at(v, "from") : -1e12, serialize(at(v, "content"))};
        tracks_[{text_at(v, "track"), text_at(v, "signer")}][id] = v;
        if (text_at(v, "track") == "dnskey") note(v, "signed_by", true);
        if (text_at(v, "track") == "ds") note(v, "content", true);
        if (text_at(v, "track") == "dnskey" || text_at(v, "track") == "data") note(v, "content", false);
    }

    // Who was declared dead serves nobody from then on; nothing would ever be seen to end there. One who is called back
    // was perhaps not dead: then what was seen counts alone.
    void bury(const Json& intent, double now) {
        std::map<std::string, double> dead;
        for (const auto& name : array_at(intent, "dead")) {
            const std::string who(name.as_string());
            const auto known = dead_since_.find(who);
            dead[who] = known == dead_since_.end() ? now : known->second;
        }
        dead_since_ = std::move(dead);
    }

    Json last_served(const std::string& signer, const Json& version) const {
        const auto dead = dead_since_.find(signer);
        const auto& until = at(version, "until");
        if (dead == dead_since_.end() || (until.is_number() && number_at(version, "until") <= dead->second))
            return until;
        return at(version, "from").is_number() ? std::max(dead->second, number_at(version, "from")) : dead->second;
    }

    void note(const Json& v, std::string_view field, bool sep) {
        for (const auto& label : array_at(v, field))
            if (label.is_string()) labels_[std::string(label.get_string())] |= sep;
    }

    void action(const Json& v) {
        const bool adds = !array_at(v, "add").empty();
        json::object out{{"at", at(v, "at")}, {"do", (adds ? "add-" : "remove-") + text_at(v, "do")}};
        if (const auto where = text_at(v, "at_signer"); !where.empty()) out["at_signer"] = where;
        json::array items = array_at(v, "add");
        for (const auto& item : array_at(v, "remove")) items.push_back(item);
        out[text_at(v, "do").starts_with("ns") ? "names" : "keys"] = std::move(items);
        out["because"] = text_at(v, "because");
        actions_.push_back(std::move(out));
    }

    Json track(const Name& name, const std::map<Start, Json>& versions) const {
        json::object out{{"track", name.first}};
        if (!name.second.empty()) out["signer"] = name.second;
        json::array list;
        for (const auto& [id, v] : versions) {
            json::object one{{"from", at(v, "from")},
                             {"until", last_served(name.second, v)},
                             {"ttl", at(v, "ttl")},
                             {"content", at(v, "content")}};
            if (one["from"].is_null()) one["from"] = start_ - kLongBefore_s;
            if (name.first == "dnskey") one["signed_by"] = at(v, "signed_by");
            list.push_back(std::move(one));
        }
        out["versions"] = std::move(list);
        return out;
    }

    // "blue/4711" says owner and tag; algorithm and role of those that are still known come from the view.
    json::object keys() const {
        std::map<std::string, Json> known;
        std::uint8_t algorithm = 13;
        for (const auto& s : array_at(at(explain_, "view"), "signers"))
            for (const auto& k : array_at(s, "own_keys")) {
                known[text_at(k, "key")] = k;
                algorithm = static_cast<std::uint8_t>(number_at(k, "algorithm"));
            }
        json::object out;
        for (const auto& [label, sep] : labels_) {
            const auto slash = label.find('/');
            unsigned tag = 0;
            if (slash != std::string::npos) std::from_chars(label.data() + slash + 1, label.data() + label.size(), tag);
            const auto found = known.find(label);
            const auto alg =
                found == known.end() ? algorithm : static_cast<std::uint8_t>(number_at(found->second, "algorithm"));
            out[label] = json::object{
                {"owner", label.substr(0, slash)}, {"flags", sep ? 257 : 256}, {"algorithm", alg}, {"tag", tag}};
        }
        return out;
    }

    const Json& explain_;
    double start_ = 1e11;
    std::map<Name, std::map<Start, Json>> tracks_;
    std::map<std::string, double> dead_since_;
    std::map<std::string, bool> labels_; // true: it signs keys
    json::array actions_;
};

} // namespace

Expected<sim::Trace> trace_of(const Json& history, const Json& explain) {
    const auto trace = Builder(history, explain).build();
    if (trace.at("tracks").as_array().empty())
        return fail(ErrorKind::not_found, "nothing was seen yet of this zone", text_at(explain, "zone"),
                    "wait for the first look");
    return sim::parse_trace(serialize(trace));
}

} // namespace tutti::app
