#include "accept/vantages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace tutti::accept {

namespace {

// A place that could not find a server's addresses outweighs one that could.
int severity(Resolution r) {
    switch (r) {
    case Resolution::not_tried:
        return 5;
    case Resolution::bogus:
        return 4;
    case Resolution::failed:
        return 3;
    case Resolution::no_address:
        return 2;
    case Resolution::glue:
        return 1;
    case Resolution::resolved:
        break;
    }
    return 0;
}

// All addresses that anybody found: each place must have asked them all.
void add_host(std::vector<Host>& hosts, const Host& more) {
    const auto known = std::ranges::find(hosts, more.name, &Host::name);
    if (known == hosts.end()) return hosts.push_back(more);
    if (severity(more.resolution) > severity(known->resolution)) {
        known->resolution = more.resolution;
        known->detail = more.detail;
    }
    for (const auto& address : more.addresses)
        if (std::ranges::find(known->addresses, address) == known->addresses.end()) known->addresses.push_back(address);
}

template <class Said>
void add_all(std::vector<Said>& to, std::vector<Said>& from, const std::string& place) {
    for (auto& said : from) {
        said.vantage = said.vantage.empty() ? place : fmt::format("{} at {}", said.vantage, place);
        to.push_back(std::move(said));
    }
}

} // namespace

Expected<Evidence> together(std::vector<SeenFrom> all) {
    if (all.empty()) return fail(ErrorKind::invalid, "there is no evidence");
    Evidence out{.child = all.front().evidence.child};
    out.subject = all.front().evidence.subject;
    out.trigger = all.front().evidence.trigger;
    out.started = all.front().evidence.started;
    out.attempt = all.front().evidence.attempt;
    for (auto& [place, e] : all) {
        if (e.child != out.child || e.subject != out.subject)
            return fail(ErrorKind::invalid, "evidence of different things", e.child.text());
        out.started = std::min(out.started, e.started);
        out.ended = std::max(out.ended, e.ended);
        out.attempt = std::min(out.attempt, e.attempt); // who has tried least often tries again
        for (const auto& host : e.hosts) add_host(out.hosts, host);
        add_all(out.servers, e.servers, place);
        add_all(out.candidates, e.candidates, place);
        add_all(out.signals, e.signals, place);
        if (out.work_limit.empty()) out.work_limit = e.work_limit;
    }
    return out;
}

} // namespace tutti::accept
