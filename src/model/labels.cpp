// Names for people: keys by their owner and tag, name servers by their names.
#include "model/knowledge.hpp"

namespace tutti::model {

namespace {

std::string owner_of(const Knowledge& k, const Key& key) {
    const bool known = key.owner >= 0 && key.owner < static_cast<int>(k.signers.size());
    return known ? k.signers[static_cast<std::size_t>(key.owner)].name : "unknown";
}

} // namespace

std::string key_label(const Knowledge& k, int key) {
    const auto& wanted = k.keys[static_cast<std::size_t>(key)];
    // Tags collide (RFC 4034 8.1): the second one of the same owner and tag is "blue/4711#2".
    int nth = 1;
    for (int i = 0; i < key; ++i) {
        const auto& other = k.keys[static_cast<std::size_t>(i)];
        if (other.owner == wanted.owner && other.tag == wanted.tag) ++nth;
    }
    std::string out = owner_of(k, wanted) + '/' + std::to_string(wanted.tag);
    if (nth > 1) out += '#' + std::to_string(nth);
    return out;
}

std::string key_labels(const Knowledge& k, KeySet keys) {
    std::string out;
    for (int i : keys) out += (out.empty() ? "" : " ") + key_label(k, i);
    return out.empty() ? "none" : out;
}

std::string name_labels(const Knowledge& k, NameSet names) {
    std::string out;
    for (int i : names) out += (out.empty() ? "" : " ") + k.ns_names[static_cast<std::size_t>(i)].name.text();
    return out.empty() ? "none" : out;
}

} // namespace tutti::model
