#include "scan/wire_view.hpp"

namespace tutti::scan {

namespace {

constexpr std::size_t kHeader = 12, kMaxName = 255;

std::uint16_t u16_at(Octets m, std::size_t at) {
    return static_cast<std::uint16_t>(m[at] << 8 | m[at + 1]);
}

std::uint8_t lower(std::uint8_t c) {
    return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
}

// Moves behind the name at `at`. A pointer ends it and is not followed; the name that it leads to was in front of it.
bool skip_name(Octets m, std::size_t& at) {
    for (std::size_t octets = 0;;) {
        if (at >= m.size()) return false;
        const std::size_t length = m[at];
        if ((length & 0xc0) == 0xc0) {
            if (at + 2 > m.size()) return false;
            const std::size_t target = (length & 0x3f) << 8 | m[at + 1];
            if (target < kHeader || target >= at) return false; // into the header, or forward: never valid
            at += 2;
            return true;
        }
        octets += 1 + length;
        if (length > 63 || octets > kMaxName || at + 1 + length > m.size()) return false;
        at += 1 + length;
        if (length == 0) return true;
    }
}

// Is the name at `at` the uncompressed name `wanted`, whatever the case? Each jump goes before the run it leaves, so it
// ends.
bool same_name(Octets m, std::size_t at, Octets wanted) {
    std::size_t run = at;
    for (std::size_t i = 0; i < wanted.size();) {
        if (at >= m.size()) return false;
        const std::size_t length = m[at];
        if ((length & 0xc0) == 0xc0) {
            if (at + 2 > m.size()) return false;
            const std::size_t target = (length & 0x3f) << 8 | m[at + 1];
            if (target >= run) return false;
            at = run = target;
            continue;
        }
        if (length > 63 || at + 1 + length > m.size() || i + 1 + length > wanted.size() || wanted[i] != length)
            return false;
        for (std::size_t k = 1; k <= length; ++k)
            if (lower(m[at + k]) != lower(wanted[i + k])) return false;
        at += 1 + length;
        i += 1 + length;
        if (length == 0) return i == wanted.size();
    }
    return false;
}

struct Head {
    std::size_t owner, rdata;
    std::uint16_t type, rr_class, length;
    std::uint8_t ttl_high; // of OPT: the upper bits of the rcode
};

bool read_head(Octets m, std::size_t& at, Head& head) {
    head.owner = at;
    if (!skip_name(m, at) || at + 10 > m.size()) return false;
    head.type = u16_at(m, at);
    head.rr_class = u16_at(m, at + 2);
    head.ttl_high = m[at + 4];
    head.length = u16_at(m, at + 8);
    head.rdata = at + 10;
    at = head.rdata + head.length;
    return at <= m.size();
}

// One record of the answer section.
void take_answer(Octets m, const Head& head, WireView& view) {
    const Octets name = view.question.first(view.question.size() - 4);
    const std::uint16_t asked = u16_at(view.question, name.size());
    const bool ours = head.rr_class == 1 && same_name(m, head.owner, name);
    if (ours && head.type == asked && view.count < WireView::kMaxItems) {
        view.items[view.count++] = m.subspan(head.rdata, head.length);
        return;
    }
    const bool signature = ours && head.type == static_cast<std::uint16_t>(dns::Type::RRSIG) && head.length > 18 &&
                           u16_at(m, head.rdata) == asked;
    if (!signature) view.odd = true;
}

bool read_question(Octets m, std::uint16_t count, std::size_t& at, WireView& view) {
    if (count == 0) return true;
    const std::size_t begin = at;
    // No pointer can be valid here: nothing is in front of the first name but the header.
    for (std::size_t i = begin; i < m.size() && m[i] != 0; i += 1U + m[i])
        if (m[i] > 63) return false;
    if (count > 1 || !skip_name(m, at) || at + 4 > m.size()) return false;
    at += 4;
    view.question = m.subspan(begin, at - begin);
    return true;
}

} // namespace

bool read_view(Octets m, WireView& view) {
    view = WireView{};
    if (m.size() < kHeader) return false;
    view.id = u16_at(m, 0);
    const std::uint16_t flags = u16_at(m, 2);
    view.response = (flags & 0x8000) != 0;
    view.opcode = static_cast<std::uint8_t>(flags >> 11 & 0xf);
    view.authoritative = (flags & 0x0400) != 0;
    view.truncated = (flags & 0x0200) != 0;
    view.rcode = flags & 0xf;
    view.answers = u16_at(m, 6);
    std::size_t at = kHeader;
    if (!read_question(m, u16_at(m, 4), at, view)) return false;
    const std::size_t authority = u16_at(m, 8), additional = u16_at(m, 10);
    const std::size_t total = view.answers + authority + additional;
    for (std::size_t i = 0; i < total; ++i) {
        Head head{};
        if (!read_head(m, at, head)) return false;
        if (i < view.answers) {
            if (view.question.empty())
                view.odd = true;
            else
                take_answer(m, head, view);
        } else if (i >= view.answers + authority && head.type == static_cast<std::uint16_t>(dns::Type::OPT)) {
            view.has_edns = true;
            view.rcode = static_cast<std::uint16_t>(view.rcode | head.ttl_high << 4);
        }
    }
    return at == m.size();
}

} // namespace tutti::scan
