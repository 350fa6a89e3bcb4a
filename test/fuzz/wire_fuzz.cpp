// DNS messages through the view of the fast path and through the reader of evidence. What the view takes as plain, the
// reader must see the same way: else the fast path would say "nothing would change" of what a judgement sees otherwise.
#include "scan/evidence_reader.hpp"
#include "scan/wire_view.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace tutti;

// Another server's reply, an octet of it changed, is read as if nothing had been read before it.
void read_after(const dns::Question& question, const scan::RawReply& raw) {
    static const accept::Policy limits;
    const std::size_t size = raw.message.size();
    for (const std::size_t at : {0UL, 2UL, 5UL, 13UL, size / 2, size - 1}) { // ID, flags, count, name, and beyond
        if (at >= size) continue;
        scan::RawReply other = raw;
        other.message[at] ^= 0x20;
        for (const bool denial : {false, true}) {
            scan::AnswerReader reader(limits, denial);
            (void)reader.read(question, raw);
            if (reader.read(question, other) != scan::read_answer(question, other, limits, denial)) std::abort();
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    scan::WireView view;
    const bool plain = scan::read_view({data, size}, view);
    for (std::size_t i = 0; i < view.count; ++i)
        if (view.items[i].data() < data || view.items[i].data() + view.items[i].size() > data + size) std::abort();
    const auto message = dns::parse_message({data, size});
    const scan::RawReply raw{accept::Outcome::records, {data, data + size}, accept::Transport::udp, {}, {}};
    const auto question = message && message->question
                              ? *message->question
                              : dns::Question{dns::Name::parse("child.example").value(), dns::Type::CDS};
    const auto answer = scan::read_answer(question, raw, {}, true);
    if ((answer.outcome == accept::Outcome::records) != answer.set.has_value()) std::abort();
    read_after(question, raw);
    if (!plain || !message || view.odd || view.opcode != 0 || view.rcode != 0 || !view.authoritative) return 0;
    // Types whose RDATA is taken as it is; each record once and in order in the one, as they came in the other.
    const bool octets = question.type == dns::Type::CDS || question.type == dns::Type::CDNSKEY;
    if (!octets || answer.outcome == accept::Outcome::malformed || answer.outcome == accept::Outcome::too_big) return 0;
    if ((view.count == 0) != !answer.set.has_value()) std::abort();
    if (answer.set && answer.set->rdata.size() > view.count) std::abort();
    return 0;
}
