#include "parent/direct.hpp"

#include "parent/checks.hpp"
#include "parent/delegation.hpp"

#include <fmt/format.h>

namespace tutti::parent {

using port::Check;
using port::Submission;

Expected<void> Direct::apply(const dns::Name& zone, std::span<const model::RrChange> changes) {
    if (changes.empty()) return {};
    const auto change = from_records(zone, changes);
    if (!change) return std::unexpected(change.error());
    auto outcome = registry_->apply(*change);
    if (!outcome) return std::unexpected(std::move(outcome.error()));
    if (outcome->state != Submission::State::held) return {};
    return fail(ErrorKind::refused, outcome->text, name(), "lift the lock, or wait until it is lifted");
}

Expected<port::ProbeReport> Direct::probe(const dns::Name& zone) {
    port::ProbeReport report;
    report.checks = check_delegation(ports_.dns, settings_, zone);
    const auto what = fmt::format("the registry lets us read {}", zone.text());
    const auto seen = registry_->read(zone);
    if (!seen) {
        report.checks.push_back(make_check(what, Check::Verdict::failed, seen.error().text(), seen.error().remedy));
        return report;
    }
    report.checks.push_back(make_check(what, Check::Verdict::ok,
                                       fmt::format("{} NS and {} DS records there", seen->ns.size(), seen->ds.size())));
    for (const auto& status : seen->statuses)
        if (status.ends_with("UpdateProhibited") || status.starts_with("pending"))
            report.checks.push_back(make_check("the registry lets us change it", Check::Verdict::failed,
                                               "it has the status " + status, "have the lock lifted"));
    return report;
}

} // namespace tutti::parent
