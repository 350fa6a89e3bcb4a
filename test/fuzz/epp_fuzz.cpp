// What a registry, or somebody in its place, may send: octets in pieces, frames, XML. Nothing of it may do more than
// give an error, and what is read must be bounded.
#include "epp/commands.hpp"
#include "epp/frame.hpp"
#include "epp/parse.hpp"
#include "epp/reactions.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace {

using namespace tutti::epp;

// Ends the run where it is not so, and says which line asked.
void require(bool good, std::source_location where = std::source_location::current()) {
    if (good) return;
    std::fprintf(stderr, "not so: line %u\n", static_cast<unsigned>(where.line()));
    std::abort();
}

void read_frame(std::string_view xml) {
    // The log must be readable whatever comes, and never longer than what came and its marks.
    require(masked(xml).size() <= xml.size() + 3 * xml.size());
    const auto frame = parse_server_frame(xml);
    if (!frame) return require(!frame.error().seen.empty());
    if (const auto* response = std::get_if<Response>(&*frame)) {
        require(!response->results.empty() && response->code() >= 1000);
        const auto& rule = rule_for(*response);
        // What is no known success is never taken for one.
        if (rule.reaction == Reaction::done || rule.reaction == Reaction::pending) require(response->code() < 2000);
        static_cast<void>(response->text());
    }
}

// In pieces of the sizes that the first octets say.
void read_stream(std::string_view octets) {
    constexpr std::size_t kLimit = 4096;
    FrameReader reader{kLimit};
    std::size_t piece = octets.empty() ? 1 : 1 + static_cast<unsigned char>(octets[0]) % 64;
    while (!octets.empty()) {
        const auto part = octets.substr(0, piece);
        octets.remove_prefix(part.size());
        reader.feed(part);
        for (;;) {
            const auto frame = reader.next();
            if (!frame) return;
            if (!*frame) break;
            require((*frame)->size() <= kLimit - kFrameHeader);
            read_frame(**frame);
        }
        piece = piece * 7 % 97 + 1;
    }
}

// What we write can be read, and says the same.
void write_and_read(std::string_view text) {
    Element e{.ns = "urn:ietf:params:xml:ns:epp-1.0", .name = "epp", .text = std::string{text.substr(0, 1000)}};
    const auto xml = to_xml(e);
    if (!xml) return;
    const auto again = parse_xml(*xml);
    require(again && again->name == e.name && again->children.empty());
    FrameReader reader{1U << 20};
    reader.feed(framed(*xml));
    const auto frame = reader.next();
    require(frame && *frame && **frame == *xml && !reader.within_frame());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size); // as libFuzzer calls it

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view octets{reinterpret_cast<const char*>(data), size};
    read_frame(octets);
    read_stream(octets);
    write_and_read(octets);
    return 0;
}
