#pragma once
// Zones as the engine and the planner meet them: at rest, and in the middle of a change.
#include "model/observation.hpp"
#include "plan/forecast.hpp"
#include "plan/learn.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace tutti::bench {

inline constexpr Instant kStart{std::chrono::seconds(1'800'000'000)};

inline dns::Name name_of(const std::string& text) {
    return dns::Name::parse(text).value();
}

inline dnssec::Dnskey key_of(int signer, std::uint16_t flags) {
    std::string octets(64, static_cast<char>('a' + signer));
    octets[0] = static_cast<char>(flags & 0xff);
    return {.flags = flags, .algorithm = 13, .public_key = octets};
}

// Signers numbered from 0, each with a KSK, a ZSK, a primary and a secondary; those below `members` serve the zone
// together.
class Group {
  public:
    Group(int signers, int members, dns::Name zone) : signers_(signers), members_(members), zone_(std::move(zone)) {}

    model::Observation look(Instant now) const {
        model::Observation o{.zone = zone_, .parent = {}, .signers = {}, .started = now, .ended = now};
        o.parent.name = "parent";
        o.parent.mode = model::ParentMode::cds;
        o.parent.reads_cds = true;
        for (const auto* host : {"192.0.2.1", "192.0.2.2"}) {
            o.parent.ds.push_back({seen(host, now), all_ds(), 3600});
            o.parent.ns.push_back({seen(host, now), all_names(), 3600});
        }
        for (int s = 0; s < signers_; ++s) o.signers.push_back(look_at(s, now));
        return o;
    }

    std::vector<std::string> names(int from, int to) const {
        std::vector<std::string> out;
        for (int s = from; s < to; ++s) out.push_back(fmt::format("signer{}", s));
        return out;
    }

  private:
    static model::Seen seen(std::string address, Instant now) {
        return {.address = std::move(address), .asked = now, .answered = now, .problem = {}};
    }
    static dns::Name ns(int s, int i) { return name_of(fmt::format("ns{}.signer{}.test.", i, s)); }

    std::vector<dns::Name> all_names() const {
        std::vector<dns::Name> out;
        for (int s = 0; s < members_; ++s)
            for (int i : {1, 2}) out.push_back(ns(s, i));
        return out;
    }
    std::vector<dnssec::Ds> all_ds() const {
        std::vector<dnssec::Ds> out;
        for (int s = 0; s < members_; ++s) out.push_back(dnssec::make_ds(zone_, key_of(s, 257), 2).value());
        return out;
    }
    std::vector<dnssec::Dnskey> all_cdnskeys() const {
        std::vector<dnssec::Dnskey> out;
        for (int s = 0; s < members_; ++s) out.push_back(key_of(s, 257));
        return out;
    }

    model::SignerReport look_at(int s, Instant now) const {
        const bool member = s < members_;
        model::SignerReport r{.name = fmt::format("signer{}", s), .ns = {ns(s, 1), ns(s, 2)}};
        std::vector<dnssec::Dnskey> keys{key_of(s, 257), key_of(s, 256)};
        for (int other = 0; member && other < members_; ++other)
            if (other != s) keys.push_back(key_of(other, 256));
        for (int i : {1, 2}) {
            const model::Seen here = seen(fmt::format("198.51.100.{}", 10 * s + i), now);
            r.dnskey.push_back({here, keys, {0}, 3600, {}});
            r.data.push_back({here, {key_of(s, 256)}, {}, 86400, true, true, {}});
            r.ns_child.push_back({here, member ? all_names() : std::vector{ns(s, 1), ns(s, 2)}, 3600});
            r.cds.push_back({here, member ? all_ds() : std::vector<dnssec::Ds>{},
                             member ? all_cdnskeys() : std::vector<dnssec::Dnskey>{}, 3600});
            r.csync.push_back({here, false, false, 3600});
        }
        return r;
    }

    int signers_, members_;
    dns::Name zone_;
};

struct Moment {
    model::Knowledge knowledge;
    Instant now;
};

// `signers` signers in all: the last one joins, the first one leaves. Every moment at which something was decided.
struct History {
    model::Intent intent;
    std::vector<Moment> moments;

    explicit History(int signers) {
        const Group group(signers, signers - 1, name_of("example.test."));
        intent.signers = group.names(1, signers);
        intent.policy.trust_past = true;
        const auto seen = group.look(kStart);
        model::Knowledge knowledge{.zone = seen.zone, .keys = {}, .signers = {}, .ns_names = {}, .parent = {}};
        plan::learn(knowledge, seen, intent);
        auto forecast = plan::forecast(intent, std::move(knowledge), kStart + Duration{1});
        if (forecast.end != plan::Forecast::End::done)
            throw std::runtime_error("the change does not end: " + forecast.because.at(0).text);
        for (auto& step : forecast.steps) moments.push_back({std::move(step.before), step.at});
    }
};

} // namespace tutti::bench
