#pragma once
// Bounded reading and writing of the wire format (RFC 1035 section 4). For this folder and src/dnssec; everything else
// works with Message and Record.
#include "dns/name.hpp"
#include "dns/record.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::dns {

inline std::string_view as_view(std::span<const std::uint8_t> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Reads forward and never beyond the limit. A failure is remembered: what is read after it is zero or empty, and the
// caller looks once at the end of each record instead of after each field.
class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes), limit_(bytes.size()) {}

    std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
    std::uint64_t u48() { return number(6); }
    std::string_view bytes(std::size_t count);
    // A name, decompressed, in the case that it has on the wire.
    std::string name();

    bool failed() const { return failed_; }
    void set_failed() { failed_ = true; }
    std::size_t position() const { return at_; }
    std::size_t left() const { return failed_ ? 0 : limit_ - at_; }
    // Moves the limit to `count` octets ahead (for RDATA); returns the old one for restore().
    std::size_t narrow(std::size_t count);
    void restore(std::size_t limit) { limit_ = limit; }

  private:
    std::uint64_t number(std::size_t octets);

    std::string_view bytes_;
    std::size_t at_ = 0;
    std::size_t limit_;
    bool failed_ = false;
};

class Writer {
  public:
    void u8(std::uint8_t v) { out_.push_back(v); }
    void u16(std::uint16_t v);
    void u32(std::uint32_t v);
    void u48(std::uint64_t v);
    void bytes(std::string_view v) { out_.insert(out_.end(), v.begin(), v.end()); }
    void name(const Name& name) { bytes(name.wire()); }
    // Owner, type, class, TTL, length and RDATA.
    void record(const Name& owner, Type type, std::uint16_t rr_class, Ttl ttl, std::string_view rdata);
    std::vector<std::uint8_t> take() { return std::move(out_); }
    std::size_t size() const { return out_.size(); }

  private:
    std::vector<std::uint8_t> out_;
};

inline constexpr std::uint16_t kClassIn = 1, kClassNone = 254, kClassAny = 255;

// The head of a record up to its RDATA.
struct RecordHead {
    std::string owner; // wire form, decompressed
    Type type;
    std::uint16_t rr_class, rdata_length;
    Ttl ttl;
};
RecordHead read_record_head(Reader& reader);

// The RDATA of `length` octets ahead: names decompressed, and in lower case for the types of RFC 4034 6.2.
Rdata read_rdata(Reader& reader, Type type, std::size_t length);

} // namespace tutti::dns
