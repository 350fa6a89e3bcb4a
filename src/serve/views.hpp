#pragma once
// What the API shows: values of the model in words and RFC 3339 times.
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
// Why the zone is as it is, what comes next, who must act.
Json explain_json(const port::ZoneRecord& record, Instant now);
Json zone_json(const port::ZoneRecord& record, const std::vector<port::Transition>& ended, Instant now);
// One line of the list of zones.
Json zone_summary_json(const port::ZoneRecord& record);
Json forecast_json(const plan::Forecast& forecast, const model::Intent& intent, Instant now);

} // namespace tutti::serve
