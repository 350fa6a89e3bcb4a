#include "sim/player.hpp"

#include "sim/recorder.hpp"
#include "sim/run.hpp"
#include "sim/sim_world.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::sim {

using What = Step::What;

namespace {

bool is_rollover(const EventSpec& e) {
    return e.what == EventSpec::What::zsk_rollover || e.what == EventSpec::What::ksk_rollover ||
           e.what == EventSpec::What::algorithm_rollover;
}
Scenario without_rollovers(Scenario s) {
    std::erase_if(s.events, is_rollover);
    return s;
}

class Player {
  public:
    Player(const Sequence& sequence, const Scenario& scenario)
        : q_(sequence), s_(scenario), world_(without_rollovers(scenario), Instant{} - warm_up(scenario)) {
        for (const auto& s : world_.signers()) old_.push_back(s.active());
        fresh_.resize(old_.size());
        for (const auto& e : s_.events)
            if (is_rollover(e)) rolling_.push_back(e.signer);
    }

    Played play() {
        world_.advance(Instant{});
        for (const auto& step : q_.steps) {
            if (!take(step)) break;
            ended_[step.name] = world_.time();
        }
        out_.ended = out_.waiting.empty();
        out_.elapsed = world_.time() - Instant{};
        const Instant end = world_.time() + longest();
        world_.advance(end);
        auto notes = std::move(out_.trace);
        out_.trace = record(world_, Instant{}, end);
        out_.trace.events = std::move(notes.events);
        out_.trace.waits = std::move(notes.waits);
        out_.trace.result = out_.ended ? "done" : "waiting";
        return std::move(out_);
    }

  private:
    // --- roles ---

    bool has(const std::vector<int>& list, int i) const { return std::ranges::find(list, i) != list.end(); }
    bool plays(int i, std::string_view role) const {
        const bool before = has(s_.initial, i), after = has(s_.intent, i);
        if (role == "joining") return after && !before;
        if (role == "leaving") return before && !after;
        if (role == "remaining") return after;
        if (role == "rolling") return has(rolling_, i);
        if (role == "others") return (before || after) && !has(rolling_, i);
        return before || after;
    }
    std::vector<int> those(std::string_view role) const {
        std::vector<int> out;
        for (int i = 0; i < static_cast<int>(old_.size()); ++i)
            if (plays(i, role)) out.push_back(i);
        return out;
    }
    static KeyBits of_kind(const OwnKeys& keys, std::string_view kind) {
        if (kind == "zsk") return keys.data - keys.seps;
        if (kind == "csk") return keys.data & keys.seps;
        if (kind == "ksk") return keys.seps - keys.data;
        if (kind == "sep") return keys.seps;
        return kind == "data" ? keys.data : keys.all();
    }
    KeyBits keys_of(int i, std::string_view words) const {
        const auto kind = words.substr(words.find(' ') + 1); // the whole if there is no space
        const KeyBits old = of_kind(old_[static_cast<std::size_t>(i)], kind);
        const KeyBits fresh = of_kind(fresh_[static_cast<std::size_t>(i)], kind);
        if (words.starts_with("old ")) return old;
        if (words.starts_with("new ")) return fresh;
        if (words.starts_with("current ")) return fresh.empty() ? old : fresh;
        return old | fresh;
    }
    KeyBits keys_of(std::string_view role, std::string_view words) const {
        KeyBits out;
        for (int i : those(role)) out |= keys_of(i, words);
        return out;
    }
    NameBits names_of(std::string_view role) const {
        NameBits out;
        for (int i : those(role)) out |= world_.keys().names_of(i);
        return out;
    }

    // --- steps ---

    bool take(const Step& step) {
        if (step.what == What::wait) return wait(step);
        if (step.what == What::until) return look_until(step);
        note(step);
        auto places = those(step.at);
        // Sent side by side: each place takes its own time, and the step is over when the last has taken it.
        std::ranges::stable_sort(places, {}, [&](int i) { return world_.signer(i).spec().write_delay; });
        const Instant sent = world_.time();
        for (int i : places) {
            world_.advance(sent + world_.signer(i).spec().write_delay);
            write(step, i);
        }
        if (step.what == What::sign_data) finish_signing(step, places);
        return true;
    }

    void write(const Step& step, int i) {
        auto& signer = world_.signer(i);
        ZoneContent c = signer.served().primary();
        switch (step.what) {
        case What::make_keys:
            c.keys |= make(i, step.keys);
            break;
        case What::add_dnskey:
            c.keys |= keys_of(step.of, step.keys);
            break;
        case What::remove_dnskey:
            c.keys = c.keys - keys_of(step.of, step.keys);
            c.signed_by = c.signed_by & c.keys;
            break;
        case What::sign_dnskey:
            c.signed_by = keys_of(i, step.keys);
            break;
        case What::sign_data:
            c.signatures = {keys_of(i, step.keys),
                            signer.spec().resign > Duration{0} ? c.signatures[0] : keys_of(i, step.keys)};
            break;
        case What::retire_keys:
            retire(c, keys_of(i, step.keys), fresh_[static_cast<std::size_t>(i)].data);
            break;
        case What::publish_cds:
            cds_ = keys_of(step.of, step.keys);
            c.cds = {cds_, {}};
            c.cdnskey = cds_;
            break;
        case What::remove_cds:
            c.cds = {};
            c.cdnskey = {};
            break;
        case What::set_ns:
            c.ns = names_of(step.of);
            break;
        case What::remove_ns:
            c.ns = c.ns - names_of(step.of);
            break;
        case What::publish_csync:
        case What::remove_csync:
            c.csync = step.what == What::publish_csync;
            break;
        case What::stop_answering:
            signer.served().stop(world_.time());
            return;
        case What::wait:
        case What::until:
            return;
        }
        signer.put(world_.time(), c);
    }
    static void retire(ZoneContent& c, KeyBits keys, KeyBits fresh) {
        c.keys = c.keys - keys;
        c.signed_by = c.signed_by - keys;
        for (auto& signers : c.signatures) {
            signers = signers - keys;
            if (signers.empty()) signers = fresh;
        }
    }
    KeyBits make(int i, std::string_view words) {
        auto& signer = world_.signer(i);
        auto& fresh = fresh_[static_cast<std::size_t>(i)];
        const auto algorithm = algorithm_of(i);
        const bool csk = signer.spec().csk;
        if (words == "all" || words == "sep" || words == (csk ? "csk" : "ksk"))
            fresh.seps.add(signer.make_key(true, algorithm));
        if (csk)
            fresh.data = fresh.seps;
        else if (words == "all" || words == "zsk" || words == "data")
            fresh.data.add(signer.make_key(false, algorithm));
        return fresh.all();
    }
    std::uint8_t algorithm_of(int i) const {
        for (const auto& e : s_.events)
            if (e.signer == i && e.what == EventSpec::What::algorithm_rollover) return *e.algorithm;
        return world_.signers()[static_cast<std::size_t>(i)].spec().algorithm;
    }
    // Signing a zone anew takes time; the step is over when the last RRset is signed.
    void finish_signing(const Step& step, std::vector<int> places) {
        std::ranges::stable_sort(places, {}, [&](int i) { return world_.signer(i).spec().resign; });
        const Instant began = world_.time();
        for (int i : places) {
            world_.advance(began + world_.signer(i).spec().resign);
            ZoneContent c = world_.signer(i).served().primary();
            c.signatures.fill(keys_of(i, step.keys));
            world_.signer(i).put(world_.time(), c);
        }
    }

    // --- waits ---

    bool wait(const Step& step) {
        const Instant from = world_.time();
        const auto d = value_of(step.wait);
        if (!d) throw std::logic_error(d.error().text()); // the reader has checked it
        const auto since = step.since.empty() ? from : ended_.at(step.since);
        world_.advance(std::max(from, since + *d));
        note_wait(step, from,
                  fmt::format(" ({} = {} s{})", step.wait, seconds_text(Instant{} + *d),
                              step.since.empty() ? "" : " since step " + step.since));
        return true;
    }
    Expected<Duration> value_of(std::string_view text) const {
        return evaluate(text, [&](const std::string& name) -> std::optional<Duration> {
            if (auto it = q_.define.find(name); it != q_.define.end()) {
                const auto d = value_of(it->second);
                return d ? std::optional(*d) : std::nullopt;
            }
            return quantity(name);
        });
    }
    std::optional<Duration> quantity(std::string_view name) const {
        const auto& parent = world_.parent().served();
        const Instant now = world_.time();
        if (name == "ds") return std::chrono::seconds(parent.longest_ttl(now, &ParentContent::ds_ttl));
        if (name == "ns-parent") return std::chrono::seconds(parent.longest_ttl(now, &ParentContent::ns_ttl));
        if (name == "ns-signers") return longest_at("group", &ZoneContent::ns_ttl);
        for (std::string_view role : {"group", "leaving", "rolling"}) {
            const auto of = role == "group" ? "" : "-" + std::string(role);
            if (name == "dnskey" + of) return longest_at(role, &ZoneContent::dnskey_ttl);
            if (name == "data" + of) return longest_at(role, &ZoneContent::data_ttl);
        }
        if (name != "secondaries") return std::nullopt;
        Duration most{0};
        for (int i : those("group"))
            for (auto lag : world_.signers()[static_cast<std::size_t>(i)].spec().server_lag) most = std::max(most, lag);
        return most;
    }
    Duration longest_at(std::string_view role, std::uint32_t ZoneContent::* ttl) const {
        std::uint32_t most = 0;
        for (int i : those(role))
            most =
                std::max(most, world_.signers()[static_cast<std::size_t>(i)].served().longest_ttl(world_.time(), ttl));
        return std::chrono::seconds(most);
    }

    bool look_until(const Step& step) {
        const Instant from = world_.time();
        while (!seen(step.sight)) {
            if (world_.time() >= Instant{s_.until}) {
                out_.waiting = fmt::format("step {}: {}", step.name, step.text);
                note_wait(step, from, ": it never comes to that");
                return false;
            }
            world_.advance(world_.time() + q_.look_every);
        }
        note_wait(step, from, "");
        return true;
    }
    bool seen(Step::Sight sight) const {
        const Instant now = world_.time();
        const auto& parent = world_.parent().served();
        if (sight == Step::Sight::served)
            return std::ranges::all_of(those("group"), [&](int i) {
                return world_.signers()[static_cast<std::size_t>(i)].served().settled() <= now;
            });
        const auto wanted = names_of("remaining");
        for (std::size_t i = 0; i < parent.size(); ++i) {
            const auto& c = parent.at(i, now);
            if (sight == Step::Sight::parent_ds ? c.ds.keys() != cds_ : c.ns != wanted) return false;
        }
        return true;
    }

    // --- what is told of it ---

    void note(const Step& step) {
        out_.trace.events.push_back({world_.time(), kNever, fmt::format("step {}: {}", step.name, step.text)});
    }
    void note_wait(const Step& step, Instant from, const std::string& more) {
        if (world_.time() > from)
            out_.trace.waits.push_back({from, world_.time(), fmt::format("step {}: {}{}", step.name, step.text, more)});
    }
    // Twice the longest TTL: a resolver may ask those that an NS RRset names until that is out of its cache.
    Duration longest() const {
        std::uint32_t most = std::max(s_.parent.ds_ttl, s_.parent.ns_ttl);
        for (const auto& x : s_.signers) most = std::max({most, x.dnskey_ttl, x.ns_ttl, x.data_max});
        return 2 * std::chrono::seconds(most) + seconds(60);
    }

    const Sequence& q_;
    const Scenario& s_;
    SimWorld world_;
    std::vector<OwnKeys> old_, fresh_; // by signer
    std::vector<int> rolling_;
    KeyBits cds_;                          // what the CDS asked for last
    std::map<std::string, Instant> ended_; // by step
    Played out_;
};

} // namespace

Expected<Played> play(const Sequence& sequence, const Scenario& scenario) {
    if (scenario.parent.mode != ParentSpec::Mode::cds)
        return fail(ErrorKind::invalid, "a sequence needs a parent that reads CDS", "parent.mode", "write \"cds\"");
    return Player(sequence, scenario).play();
}

Duration last_change(const Trace& trace) {
    Instant last = trace.start;
    for (const auto& track : trace.tracks)
        for (const auto& v : track.versions) {
            last = std::max(last, v.from);
            if (v.until != kNever) last = std::max(last, v.until);
        }
    return last - trace.start;
}

} // namespace tutti::sim
