// What anybody may send to the port for NOTIFY: octets. At most one answer comes of it, hardly longer than what came;
// it can be read, and a look follows only for a child that we have.
#include "agent/hear.hpp"
#include "net/notify_answer.hpp"

#include <cstdio>
#include <cstdlib>
#include <source_location>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace tutti;

void require(bool good, std::source_location where = std::source_location::current()) {
    if (good) return;
    std::fprintf(stderr, "not so: line %u\n", static_cast<unsigned>(where.line()));
    std::abort();
}

constexpr std::size_t kReason = 6; // octets of an Extended DNS Error without text
constexpr std::size_t kHeader = 12;

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto child = dns::Name::parse("child.example").value();
    static int looks = 0;
    // Its tables are large: one for all inputs, and an hour between two, in which every limit is forgotten.
    static agent::Hearing hearing{{}, 1, [](const dns::Name& name) {
                                      looks += name == child ? 1 : 0;
                                      return name == child ? agent::Desk::Hint::taken : agent::Desk::Hint::unknown;
                                  }};
    static Instant now = at_seconds(1000);
    now += std::chrono::hours{1};
    looks = 0;
    int heard = 0;
    const auto handler = [&](const net::Notification& n) -> net::NotifyAnswer {
        ++heard;
        const auto said = hearing.hear({n.zone, n.type, n.source.address}, now);
        require(said.taken == (looks == 1));
        return {said.rcode, said.ede};
    };
    const auto reply = net::answer_notify({data, size}, {"192.0.2.1"}, handler);
    require(heard <= 1 && looks <= heard);
    if (!reply) return 0;
    require(size >= kHeader && (data[2] & 0x80) == 0 && reply->size() <= size + kReason);
    const auto read = dns::parse_message(*reply);
    require(read && read->response && (*reply)[0] == data[0] && (*reply)[1] == data[1]);
    require(read->rcode != dns::Rcode::noerror || looks == 1);
    return 0;
}
