#include "parent/manual.hpp"

#include "parent/checks.hpp"

namespace tutti::parent {

Expected<port::ProbeReport> Manual::probe(const dns::Name& zone) {
    port::ProbeReport report;
    report.checks = check_delegation(ports_.dns, settings_, zone);
    return report;
}

Expected<void> Manual::apply(const dns::Name&, std::span<const model::RrChange>) {
    return {};
}

} // namespace tutti::parent
