#pragma once
// Millions of names, each once and numbered, in a few octets more than their own.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::scan {

inline constexpr std::uint32_t kNoName = UINT32_MAX;

class NameTable {
  public:
    NameTable();

    // Wire form, lower case. At most 2^32 octets altogether; then it throws std::length_error.
    std::uint32_t add(std::string_view wire);
    std::uint32_t find(std::string_view wire) const; // kNoName
    // Valid until the next add().
    std::string_view at(std::uint32_t id) const {
        const char* p = octets_.data() + starts_[id];
        return {p + 1, static_cast<unsigned char>(*p)};
    }
    std::uint32_t size() const { return static_cast<std::uint32_t>(starts_.size()); }
    std::size_t octets() const;

  private:
    std::uint64_t hash(std::string_view wire) const;
    std::size_t place(std::string_view wire) const;
    void grow();

    std::string octets_; // length, name
    std::vector<std::uint32_t> starts_;
    std::vector<std::uint32_t> places_; // open addressing; a power of two
    std::uint64_t seed_;                // names are chosen by others: their places must not be
};

} // namespace tutti::scan
