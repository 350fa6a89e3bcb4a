#pragma once
// A track is the history of one thing that caches can hold: a list of versions, each with the interval in which some
// authoritative server may have served it. Facts, never assumptions: an address that does not answer still serves what
// it served last.
#include "base/time.hpp"
#include "dns/record.hpp"

#include <string>
#include <vector>

namespace tutti::model {

template <class Content>
struct Version {
    Content content;
    dns::Ttl ttl = 0; // seconds; what caches may count with
    // What servers say. Less than `ttl` where that may have been more at another server, or before; 0: the same.
    dns::Ttl shown = 0;
    // The last moment at which the state before it was proven at every address.
    Instant from = kLongAgo;
    // The first moment at which every address was proven to have moved on; kNever while some server may serve it.
    Instant until = kNever;
    // A write of ours that has not been seen yet: it may be done or not. Lives beside what is served.
    bool pending = false;
    int tries = 0;            // how often it was sent
    Instant tried = kLongAgo; // when last
    std::string refused;      // why it was refused for certain: it was never served; kept to know when to try again
    // What was served before the first observation: content unknown, never in agreement with anything new.
    bool unknown = false;

    bool open() const { return until == kNever; }
    // No answer ever held it: it may have been served between two looks.
    bool supposed() const { return shown == 0 && tries == 0 && !unknown && ttl != 0; }
    dns::Ttl ttl_shown() const { return shown != 0 ? shown : ttl; }
    Instant dies() const { return open() ? kNever : until + std::chrono::seconds(ttl); }
    bool operator==(const Version&) const = default;
};

// What one address served when it last answered.
struct Sight {
    std::string address;
    int version = -1;              // index into Track::versions
    Instant asked = kLongAgo;      // when the question left
    Instant at = kLongAgo;         // when the answer came
    Instant silent_since = kNever; // first unanswered question after `at`; kNever when the last one was answered
    std::string problem;           // why the last question got no usable answer
    // Of the signatures in the last answer: when the first of them ends, and when its last tenth begins.
    Instant expires = kNever, renew_by = kNever;
    bool operator==(const Sight&) const = default;
};

template <class Content>
struct Track {
    std::vector<Version<Content>> versions; // each server goes through them in this order, and may leave some out
    std::vector<Sight> sights;

    const Version<Content>& version(const Sight& s) const { return versions[static_cast<std::size_t>(s.version)]; }

    // What the primary (the first address) served when it last answered; of the next one if it never did. A short
    // silence does not bring back what a secondary that trails behind still shows.
    const Version<Content>* current() const {
        for (const auto& s : sights)
            if (s.version >= 0) return &version(s);
        return nullptr;
    }
    // The write that is under way, if any: the one sent last.
    const Version<Content>* in_flight() const {
        const Version<Content>* last = nullptr;
        for (const auto& v : versions)
            if (v.pending && v.open() && (last == nullptr || v.tried > last->tried)) last = &v;
        return last;
    }
    // True if every address has answered at some time, and served `content` when it last did.
    bool everywhere(const Content& content) const {
        for (const auto& s : sights)
            if (s.version < 0 || !(version(s).content == content)) return false;
        return !sights.empty();
    }
    bool operator==(const Track&) const = default;
};

} // namespace tutti::model
