#include "epp/frame.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace tutti::epp {

std::string framed(std::string_view xml) {
    const auto length = static_cast<std::uint32_t>(xml.size() + kFrameHeader);
    std::string out;
    out.reserve(length);
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(length >> shift & 0xff);
    out += xml;
    return out;
}

Expected<std::optional<std::string>> FrameReader::next() {
    if (buffer_.size() < kFrameHeader) return std::nullopt;
    std::uint32_t length = 0;
    for (std::size_t i = 0; i < kFrameHeader; ++i) length = length << 8 | static_cast<unsigned char>(buffer_[i]);
    if (length <= kFrameHeader)
        return fail(ErrorKind::bad_answer, fmt::format("a frame says that it is {} octets long: the length counts its "
                                                       "own 4 octets (RFC 5734 4), so no frame is that short",
                                                       length));
    if (length > limit_)
        return fail(ErrorKind::bad_answer,
                    fmt::format("a frame says that it is {} octets long; more than {} are not read", length, limit_));
    if (buffer_.size() < length) return std::nullopt;
    std::string xml = buffer_.substr(kFrameHeader, length - kFrameHeader);
    buffer_.erase(0, length);
    return xml;
}

} // namespace tutti::epp
