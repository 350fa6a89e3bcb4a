#pragma once
// Small parts of answers, shared by the views.
#include "model/knowledge.hpp"

#include <boost/json.hpp>

namespace tutti::serve {

inline boost::json::array names_json(const std::vector<std::string>& names) {
    boost::json::array out;
    for (const auto& n : names) out.emplace_back(boost::json::string(n));
    return out;
}

inline boost::json::array keys_json(const model::Knowledge& k, model::KeySet keys) {
    boost::json::array out;
    for (int i : keys) out.emplace_back(boost::json::string(model::key_label(k, i)));
    return out;
}

inline boost::json::array ns_json(const model::Knowledge& k, model::NameSet names) {
    boost::json::array out;
    for (int i : names) out.emplace_back(boost::json::string(k.ns_names[static_cast<std::size_t>(i)].name.text()));
    return out;
}

template <class List, class One>
boost::json::array list_json(const List& list, One one) {
    boost::json::array out;
    for (const auto& item : list) out.push_back(one(item));
    return out;
}

inline const char* role(const model::Key& key) {
    if (key.signs_keys && key.signs_data) return "csk";
    if (key.signs_keys || key.sep) return "ksk";
    return "zsk";
}

} // namespace tutti::serve
