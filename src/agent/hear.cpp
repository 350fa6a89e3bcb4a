#include "agent/hear.hpp"

namespace tutti::agent {

namespace {

constexpr std::uint16_t kBlocked = 15, kNotSupported = 21, kNotAuthoritative = 20, kNotReady = 14; // RFC 8914

} // namespace

// A source that is over its limit does not use up a zone's: otherwise it could silence whom it likes.
HeardAnswer Hearing::hear(const Heard& heard, Instant now) {
    if (!sources_.take(source_key(heard.source), now)) return {dns::Rcode::refused, kBlocked};
    if (heard.type != dns::Type::CDS && heard.type != dns::Type::CSYNC) return {dns::Rcode::notimp, kNotSupported};
    if (!zones_.take(heard.child.wire(), now)) return {dns::Rcode::refused, kBlocked};
    switch (look_(heard.child)) {
    case Desk::Hint::taken:
        return {dns::Rcode::noerror, {}, true};
    case Desk::Hint::unknown:
        return {dns::Rcode::refused, kNotAuthoritative};
    case Desk::Hint::not_now:
        return {dns::Rcode::servfail, kNotReady};
    }
    return {dns::Rcode::servfail, kNotReady};
}

} // namespace tutti::agent
