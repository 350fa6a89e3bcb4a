#pragma once
// The columns of a zone that hold JSON.
#include "port/store.hpp"

namespace tutti::store {

struct ZoneTexts {
    std::string intent, decision, settled;
    std::optional<std::string> knowledge, transition;
};

ZoneTexts to_texts(const port::ZoneRecord& record);
// Errors say which zone and which field cannot be read.
Expected<void> from_texts(const ZoneTexts& texts, port::ZoneRecord& record);

std::string transition_to_text(const port::Transition& transition);
Expected<port::Transition> transition_from_text(std::string_view text);

} // namespace tutti::store
