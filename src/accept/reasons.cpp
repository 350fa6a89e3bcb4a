#include "accept/reasons.hpp"

#include <algorithm>

namespace tutti::accept {

namespace {

// RFC 8914
constexpr std::uint16_t kOther = 0, kUnsupportedAlgorithm = 1, kUnsupportedDigest = 2, kBogus = 6, kExpired = 7,
                        kNotYetValid = 8, kDnskeyMissing = 9, kRrsigMissing = 10, kNoZoneKeyBit = 11, kNsecMissing = 12,
                        kProhibited = 18, kNotAuthoritative = 20, kNoReachable = 22, kInvalidData = 24,
                        kNsec3Iterations = 27;

constexpr ReasonKind kKinds[] = {
    // the evidence as a whole
    {"internal", "R70", {}},
    {"evidence-incomplete", "R2", {}},
    {"evidence-old", "R70", {}},
    {"too-few-vantage-points", "R11", {}},
    {"server-not-in-delegation", "R1", {}},
    {"work-limit", "R71", kOther},
    {"too-big", "R71", kInvalidData},
    {"too-many-records", "R71", kInvalidData},
    {"too-many-signatures", "R71", kInvalidData},
    {"too-many-servers", "R71", kOther},
    {"key-too-big", "R71", kInvalidData},
    {"same-tag", "R71", kInvalidData},
    {"nsec3-iterations", "R71", kNsec3Iterations},
    {"address-forbidden", "R72", kProhibited},
    // who answers
    {"server-silent", "R6", kNoReachable},
    {"server-lame", "R6", kNotAuthoritative},
    {"server-ignored", "R6", kNoReachable},
    {"server-veto", "R9", kNoReachable},
    {"no-answer", "R9", kNoReachable},
    {"wrong-answer", "R3", kInvalidData},
    {"malformed", "R3", kInvalidData},
    // nothing to do
    {"no-cds", "R12", {}},
    {"ds-current", "R8", {}},
    {"delete-done", "R44", {}},
    {"no-csync", "R8", {}},
    {"csync-current", "R8", {}},
    {"csync-processed", "R55", {}},
    // consistency
    {"inconsistent", "R13", kOther},
    {"inconsistent-delete", "R16", kOther},
    {"cds-cdnskey-differ", "R15", kInvalidData},
    {"both-required", "R15", kInvalidData},
    {"source-missing", "R19", kInvalidData},
    // content
    {"delete-mixed", "R16", kInvalidData},
    {"delete-wrong-fields", "R17", kInvalidData},
    {"cdnskey-protocol", "R20", kInvalidData},
    {"cdnskey-zone-bit", "R20", kNoZoneKeyBit},
    {"cdnskey-revoked", "R20", kInvalidData},
    {"not-sep", "R20", {}},
    {"too-many-ds", "R20", kInvalidData},
    {"digest-ignored", "R14", {}},
    {"digest-unusable", "R14", kUnsupportedDigest},
    {"digest-length", "R14", kInvalidData},
    {"digest-drops-key", "R18", kUnsupportedDigest},
    {"algorithm-refused", "R18", kUnsupportedAlgorithm},
    {"digests-uneven", "R26", {}},
    // authentication
    {"dnskey-missing", "R23", kDnskeyMissing},
    {"no-ds-key", "R22", kDnskeyMissing},
    {"dnskey-unsigned", "R23", kRrsigMissing},
    {"dnskey-bogus", "R23", kBogus},
    {"unsigned", "R22", kRrsigMissing},
    {"signer-not-in-ds", "R22", kBogus},
    {"signer-not-in-dnskey", "R22", kBogus},
    {"signature-expired", "R22", kExpired},
    {"signature-early", "R22", kNotYetValid},
    {"signature-bad", "R22", kBogus},
    {"replay", "R27", kOther},
    {"replay-out-of-band", "R27", kOther},
    // continuity
    {"continuity-broken", "R24", kDnskeyMissing},
    {"continuity-algorithm", "R25", kDnskeyMissing},
    // bootstrap
    {"bootstrap-off", "R37", {}},
    {"bootstrap-server-failed", "R6", kNoReachable},
    {"registrar-cannot-disable", "R40", {}},
    {"signal-all-in-domain", "R31", {}},
    {"signal-name-too-long", "R35", {}},
    {"signal-not-in-delegation", "R34", {}},
    {"signal-missing", "R30", kOther},
    {"signal-insecure", "R30", kOther},
    {"signal-bogus", "R30", kBogus},
    {"signal-failed", "R30", kNoReachable},
    {"signal-differs", "R30", kOther},
    {"signal-zone-cut", "R32", kOther},
    {"delay-counting", "R38", {}},
    {"delay-restarted", "R38", {}},
    {"delay-needs-tcp", "R4", {}},
    // delete, locks, channels
    {"delete-off", "R42", {}},
    {"suspended", "R43", {}},
    {"suspension-over", "R44", {}},
    {"locked", "R68", {}},
    {"lock-noted", "R68", {}},
    // CSYNC
    {"csync-off", "R45", {}},
    {"csync-insecure", "R45", kOther},
    {"csync-unvalidated", "R45", kBogus},
    {"denial-missing", "R45", kNsecMissing},
    {"csync-flags", "R46", kInvalidData},
    {"csync-types", "R46", kInvalidData},
    {"csync-not-immediate", "R47", {}},
    {"csync-soaminimum", "R48", {}},
    {"csync-soaminimum-differs", "R48", kOther},
    {"csync-differs", "R49", kOther},
    {"csync-serial-moved", "R50", {}},
    {"csync-several", "R54", kInvalidData},
    {"csync-data-differs", "R52", kOther},
    {"csync-data-missing", "R50", kOther},
    {"csync-ns-empty", "R52", kInvalidData},
    {"csync-new-server-failed", "R53", kNotAuthoritative},
    {"csync-new-server-insecure", "R53", kDnskeyMissing},
    {"csync-glue-missing", "R54", kInvalidData},
    {"csync-glue-ignored", "R51", {}},
    // accepted
    {"accept-update", "R29", {}},
    {"accept-bootstrap", "R30", {}},
    {"accept-bootstrap-delay", "R37", {}},
    {"accept-delete", "R42", {}},
    {"accept-csync", "R51", {}},
};

} // namespace

std::span<const ReasonKind> reason_kinds() {
    return kKinds;
}

const ReasonKind& reason_kind(std::string_view code) {
    const auto found = std::ranges::find(reason_kinds(), code, &ReasonKind::code);
    return found == reason_kinds().end() ? reason_kinds().front() : *found;
}

} // namespace tutti::accept
