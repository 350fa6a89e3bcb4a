#include "epp/values.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tutti::epp {

bool Greeting::offers(std::string_view uri) const {
    return std::ranges::find(objects, uri) != objects.end() || std::ranges::find(extensions, uri) != extensions.end();
}

bool DomainInfo::has_status(std::string_view status) const {
    return std::ranges::find(statuses, status) != statuses.end();
}

std::string Response::text() const {
    std::string out;
    for (const auto& r : results) {
        out += fmt::format("{}{} {}", out.empty() ? "" : "; ", r.code, r.message);
        if (!r.details.empty()) out += fmt::format(" ({})", fmt::join(r.details, "; "));
    }
    return out;
}

} // namespace tutti::epp
