#pragma once
// What the API shows: values of the model in words and RFC 3339 times.
#include "model/signal.hpp"
#include "plan/forecast.hpp"
#include "port/driver.hpp"
#include "port/store.hpp"
#include "serve/problem.hpp"

namespace tutti::serve {

// RFC 3339, or null for never and for long ago.
Json time_json(Instant t);
const char* to_string(port::Mode mode);

Json event_json(const dns::Name& zone, const port::Event& event);
Json probe_json(const std::string& who, const port::ProbeReport& report);

// What is known: per signer its keys, NS, CDS; at the parent DS and NS.
Json world_json(const model::Knowledge& knowledge, Instant now);
// All versions of all tracks, as far as they may still be in some cache.
boost::json::array versions_json(const model::Knowledge& knowledge);
Json timeline_json(const model::Knowledge& knowledge, Instant now);
// Every key: whose it is, what it does, who publishes it.
Json all_keys_json(const model::Knowledge& knowledge);
// The last decision: what to do, what to wait for.
Json decision_json(const port::ZoneRecord& record, Instant now);
Json intent_json(const port::ZoneRecord& record);
// Over what the operator sets (intent, mode, pause, steps); what the engine learns does not change it.
std::string etag_of(const port::ZoneRecord& record);
// Why the zone is as it is, what comes next, who must act.
Json explain_json(const port::ZoneRecord& record, Instant now);
Json zone_json(const port::ZoneRecord& record, const std::vector<port::Transition>& ended, Instant now);

// One line of the list of zones: small, so that it can be kept for thousands.
struct Summary {
    dns::Name zone;
    std::string parent;
    std::vector<std::string> members, dead, settled;
    std::string state, waits_for, etag;
    port::Mode mode;
    bool paused, secure;
    int steps;
    std::size_t alarms;
    Instant since, until;
    std::uint64_t revision;
};
Summary summary_of(const port::ZoneRecord& record);
boost::json::object to_json(const Summary& summary);
// Signals (RFC 9615) that we publish for the zone; null if there is nothing to tell.
Json signals_json(const model::SignalState& state);
Json zone_summary_json(const port::ZoneRecord& record);
Json forecast_json(const plan::Forecast& forecast, const model::Intent& intent, Instant now);

} // namespace tutti::serve
