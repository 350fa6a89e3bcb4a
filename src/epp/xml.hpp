#pragma once
// XML as EPP needs it: a tree of values, read and written by libxml2. What a peer sends is not trusted: no DOCTYPE, so
// no entities; no network; bounds on size, depth and number of elements.
#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tutti::epp {

struct Element {
    std::string ns;   // namespace URI
    std::string name; // without prefix
    std::string text; // its own character data, without white space at both ends
    std::vector<std::pair<std::string, std::string>> attributes{};
    std::vector<Element> children{};

    bool is(std::string_view uri, std::string_view local) const { return ns == uri && name == local; }
    // The first child of this name in the same namespace; nullptr: none.
    const Element* child(std::string_view local) const;
    std::vector<const Element*> all(std::string_view local) const;
    // nullptr: not there.
    const std::string* attribute(std::string_view local) const;
    bool operator==(const Element&) const = default;
};

inline constexpr std::size_t kMaxXml = 1U << 20, kMaxElements = 20'000;
inline constexpr int kMaxDepth = 32;

// Fails with `bad_answer` and says why.
Expected<Element> parse_xml(std::string_view text);
// UTF-8, with the XML declaration. Each namespace is declared where it begins, by the prefix that its RFC uses.
// Text that cannot stand in XML (control characters, broken UTF-8) fails with `invalid`.
Expected<std::string> to_xml(const Element& root);

} // namespace tutti::epp
