#include "net/notify_answer.hpp"

namespace tutti::net {

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 12;
constexpr std::uint8_t kQuery = 0, kNotify = 4;

// The header alone, with FORMERR; nothing for what is itself an answer.
std::optional<Bytes> formerr(std::span<const std::uint8_t> wire) {
    if (wire.size() < kHeader || (wire[2] & 0x80) != 0) return std::nullopt;
    Bytes reply(kHeader, 0);
    reply[0] = wire[0];
    reply[1] = wire[1];
    reply[2] = static_cast<std::uint8_t>(0x80 | (wire[2] & 0x78));
    reply[3] = 1;
    return reply;
}

NotifyAnswer ask_handler(const NotifyHandler& handler, const dns::Message& message, const port::Endpoint& source) {
    if (!message.question) return dns::Rcode::formerr;
    try {
        return handler({message.question->name, message.question->type, source,
                        message.edns ? message.edns->report_channel : std::nullopt});
    } catch (const std::exception&) {
        return dns::Rcode::servfail; // the sender tries again
    }
}

} // namespace

std::optional<Bytes> answer_notify(std::span<const std::uint8_t> wire, const port::Endpoint& source,
                                   const NotifyHandler& handler) {
    const auto message = dns::parse_message(wire);
    if (!message) return formerr(wire);
    if (message->response) return std::nullopt;
    switch (message->opcode) {
    case kNotify: {
        const auto said = ask_handler(handler, *message, source);
        return dns::compose_notify_reply(*message, said.rcode, said.ede);
    }
    case kQuery:
        return dns::compose_notify_reply(*message, dns::Rcode::refused);
    default:
        return dns::compose_notify_reply(*message, dns::Rcode::notimp);
    }
}

} // namespace tutti::net
