// What comes back: is it an answer to what was asked (RFC 5452), and what if it is not, or if nothing comes.
#include "scan/asker.hpp"

#include <algorithm>

namespace tutti::scan {

namespace {

using accept::Outcome;

bool same_octets(Octets a, Octets b) {
    return std::ranges::equal(a, b);
}

bool same_in_any_case(Octets a, Octets b) {
    const auto lower = [](std::uint8_t c) { return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c; };
    return std::ranges::equal(a, b, {}, lower, lower);
}

// RFC 1035: header and nothing else, as some servers say FORMERR and NOTIMP.
bool bare_error(const WireView& view) {
    return view.question.empty() && view.rcode != 0;
}

Outcome meaning(const WireView& view) {
    switch (static_cast<dns::Rcode>(view.rcode)) {
    case dns::Rcode::noerror:
        return Outcome::records;
    case dns::Rcode::nxdomain:
        return Outcome::nxdomain;
    case dns::Rcode::refused:
        return Outcome::refused;
    case dns::Rcode::servfail:
        return Outcome::servfail;
    default:
        return Outcome::other_rcode;
    }
}

} // namespace

void Asker::received(std::size_t source, const SocketAddress& from, Octets message) {
    if (message.size() < 2) return;
    const std::uint32_t i = by_id_[static_cast<std::size_t>(message[0] << 8 | message[1])];
    if (i == kNone) return; // late, or forged
    Slot& slot = slots_[i];
    if (slot.question.source != source || !(servers_.at(slot.question.server).address == from)) return;
    WireView view;
    // What does not fit may be forged: keep listening until the time is over, and tell of it only then.
    if (!read_view(message, view)) {
        slot.heard = Outcome::malformed;
        return;
    }
    if (!view.response || view.opcode != 0) {
        slot.heard = Outcome::mismatched;
        return;
    }
    if (!bare_error(view) && !same_octets(view.question, slot.wire.question())) {
        slot.heard = Outcome::mismatched;
        // A server that does not keep the case cannot be told from a forger, except over TCP.
        if (same_in_any_case(view.question, slot.wire.question())) slot.tcp = true;
        return;
    }
    wheel_->clear(i);
    by_id_[slot.id] = kNone;
    leave(i);
    take(i, message, view);
}

void Asker::received_tcp(std::uint32_t i, Octets message, const char* problem) {
    Slot& slot = slots_[i];
    wheel_->clear(i);
    leave(i);
    WireView view;
    if (problem != nullptr) return give_up(i, Outcome::unreachable, problem);
    if (!read_view(message, view)) return give_up(i, Outcome::malformed, "over TCP: not a DNS message");
    if (!view.response || view.opcode != 0 || view.id != slot.id ||
        (!bare_error(view) && !same_in_any_case(view.question, slot.wire.question())))
        return give_up(i, Outcome::mismatched, "over TCP: an answer to something else");
    take(i, message, view);
}

// A fitting answer, which is no longer waited for.
void Asker::take(std::uint32_t i, Octets message, const WireView& view) {
    Slot& slot = slots_[i];
    Server& server = servers_.at(slot.question.server);
    const bool slip = view.truncated && view.answers == 0 && !slot.tcp; // what rate limiting sends
    if (view.rcode == static_cast<std::uint16_t>(dns::Rcode::refused) || slip) {
        server.unanswered = 0;
        server.answered = now_;
        servers_.trouble(server, now_);
    } else {
        servers_.answered(server, now_);
    }
    if (falls_back(i, view)) return;
    const bool over_tcp = slot.state == Slot::State::tcp;
    if (over_tcp && view.truncated) return give_up(i, Outcome::malformed, "truncated over TCP");
    finish(i, {meaning(view),
               message,
               &view,
               over_tcp ? accept::Transport::tcp : accept::Transport::udp,
               std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{now_ - slot.sent_at}),
               {}});
}

// True: the same question goes out in another way.
bool Asker::falls_back(std::uint32_t i, const WireView& view) {
    Slot& slot = slots_[i];
    const auto rcode = static_cast<dns::Rcode>(view.rcode);
    if (view.truncated && slot.state == Slot::State::udp) {
        slot.tcp = true;
        line_up(i);
        return true;
    }
    // RFC 6891 section 7: a server from before EDNS. One that answers with OPT means something else.
    const bool no_edns = rcode == dns::Rcode::formerr || rcode == dns::Rcode::notimp;
    if (slot.edns && no_edns && !view.has_edns) {
        slot.edns = false;
        line_up(i);
        return true;
    }
    if (!slot.edns && rcode == dns::Rcode::noerror) servers_.at(slot.question.server).no_edns = true;
    return false;
}

void Asker::timed_out(std::uint32_t i) {
    Slot& slot = slots_[i];
    Server& server = servers_.at(slot.question.server);
    if (slot.state == Slot::State::tcp) {
        tcp_->stop(i);
        leave(i);
        servers_.unanswered(server, now_);
        return give_up(i, Outcome::timeout, "over TCP: no whole answer in time");
    }
    by_id_[slot.id] = kNone;
    leave(i);
    ++slot.attempt;
    const bool heard_of_it = slot.heard != Outcome::timeout;
    if (slot.attempt < options_.waits.size() && !(slot.tcp && heard_of_it) && server.silent_until <= now_)
        return line_up(i);
    if (slot.tcp && slot.heard == Outcome::mismatched) { // another case all the time: once more, where it is no matter
        slot.heard = Outcome::timeout;
        return line_up(i);
    }
    if (!heard_of_it) servers_.unanswered(server, now_);
    give_up(i, slot.heard,
            slot.heard == Outcome::malformed    ? "only malformed messages came"
            : slot.heard == Outcome::mismatched ? "only answers to something else came"
                                                : "no answer");
}

void Asker::leave(std::uint32_t i) {
    --in_flight_;
    Server& server = servers_.at(slots_[i].question.server);
    --server.in_flight;
    make_runnable(slots_[i].question.server);
}

void Asker::finish(std::uint32_t i, Reply reply) {
    const std::uint64_t cookie = slots_[i].question.cookie;
    slots_[i].state = Slot::State::free;
    free_.push_back(i);
    listener_.replied(cookie, reply);
}

void Asker::give_up(std::uint32_t i, accept::Outcome outcome, std::string_view detail) {
    finish(i, {outcome,
               {},
               nullptr,
               slots_[i].state == Slot::State::tcp ? accept::Transport::tcp : accept::Transport::udp,
               std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{now_ - slots_[i].sent_at}),
               detail});
}

} // namespace tutti::scan
