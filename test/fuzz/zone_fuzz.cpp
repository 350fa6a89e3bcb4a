// Text of zone files and lists of delegations, and what is made of it.
#include "scan/zone_text.hpp"

#include <sstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace tutti;
    const bool list = size > 0 && data[0] == 'L';
    std::istringstream in{std::string(reinterpret_cast<const char*>(data), size)};
    scan::Delegations out;
    scan::TextOptions options{.file = "f", .origin = {}, .longest = 4096};
    if (!list) {
        options.origin = dns::Name::parse("example").value();
        out.set_zone(*options.origin);
    }
    (void)scan::read_text(in, options, out);
    out.seal();
    for (scan::ChildId child = 0; child < out.size(); ++child) (void)out.registry(child);
    return 0;
}
