#include "app/trace_route.hpp"

#include "app/history_trace.hpp"
#include "model/json.hpp"

namespace tutti::app {

namespace {

constexpr std::size_t kAll = 1'000'000;

serve::Result<serve::Reply> trace(serve::Service& service, const std::string& zone) {
    const auto explain = service.explain(zone);
    if (!explain) return std::unexpected(explain.error());
    const auto history = service.history(zone, 0, kAll);
    if (!history) return std::unexpected(history.error());
    const auto out = trace_of(*history, *explain);
    if (!out) return std::unexpected(serve::Problem("trace-absent", out.error()));
    auto parsed = model::parse_json(sim::compose(*out));
    if (!parsed) return serve::problem(parsed.error());
    return *std::move(parsed);
}

} // namespace

std::vector<serve::Route> trace_route(serve::Service& service) {
    return {{"GET", "/v1/zones/{zone}/trace", "All that was served, as tutti-trace/1", serve::Scope::read,
             [&service](const serve::Request& r) { return trace(service, r.params.at("zone")); }}};
}

} // namespace tutti::app
