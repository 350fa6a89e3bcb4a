#pragma once
// Frames on the wire (RFC 5734 4): four octets of length, which count themselves, then XML. Pure: octets in, frames
// out.
#include "base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tutti::epp {

inline constexpr std::size_t kFrameHeader = 4;

// The octets to send. `xml` must be shorter than 4 GiB; what is composed here always is.
std::string framed(std::string_view xml);

class FrameReader {
  public:
    // `limit`: of a whole frame with its header.
    explicit FrameReader(std::size_t limit) : limit_(limit) {}

    // Octets as they come, in pieces of any size.
    void feed(std::string_view octets) { buffer_ += octets; }
    // The XML of the next frame; nothing: more octets are needed. A length that cannot be right (0 to 4, or beyond the
    // limit) is `bad_answer`: nothing after it can be understood, so the connection is of no more use.
    Expected<std::optional<std::string>> next();
    // Octets of an unfinished frame are there.
    bool within_frame() const { return !buffer_.empty(); }

  private:
    std::size_t limit_;
    std::string buffer_;
};

} // namespace tutti::epp
