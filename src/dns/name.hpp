#pragma once
// A domain name (RFC 1035, RFC 4343). Never empty: the shortest is the root. Kept in canonical form (RFC 4034 6.2:
// lower case), since every use here compares names. IDN is left alone: labels are octets.
#include "base/error.hpp"

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tutti::dns {

class Name {
  public:
    Name() = delete;
    static Name root();
    // Presentation form, with or without the final dot; always taken as absolute. Escapes as in RFC 1035 5.1.
    static Expected<Name> parse(std::string_view text);
    // Uncompressed wire form; the whole of `wire` must be one name.
    static Expected<Name> from_wire(std::string_view wire);

    // "example.com." (final dot; octets outside printable ASCII, and dots in labels, are escaped).
    std::string text() const;
    const std::string& wire() const { return wire_; }
    std::size_t labels() const; // without the root label
    bool is_root() const { return wire_.size() == 1; }
    // True if this name equals `ancestor` or lies below it.
    bool is_at_or_below(const Name& ancestor) const;
    // The name without its first label; the root's parent is the root.
    Name parent() const;
    // `label` in front of this name; fails if too long.
    Expected<Name> child(std::string_view label) const;

    bool operator==(const Name&) const = default;
    // Canonical order (RFC 4034 6.1).
    std::strong_ordering operator<=>(const Name& other) const;

  private:
    explicit Name(std::string wire) : wire_(std::move(wire)) {}
    std::string wire_;
};

} // namespace tutti::dns
